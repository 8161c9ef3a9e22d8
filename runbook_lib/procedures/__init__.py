"""One module a procedure: `Params`, `MINUTES` and `plan()`."""
