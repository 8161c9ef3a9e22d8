"""One module per procedure: `Params`, `MINUTES`, `NEEDS`, and `plan()` or `inspect()`."""

from runbook_lib.procedures._registry import broken, changing, every, find, inspecting, names, require_valid

__all__ = ["broken", "changing", "every", "find", "inspecting", "names", "require_valid"]
