"""One module per procedure: `Params`, `MINUTES`, `NEEDS`, and `plan()` or `inspect()`."""

from runbook_lib.procedures._registry import changing, every, find, inspecting, names

__all__ = ["changing", "every", "find", "inspecting", "names"]
