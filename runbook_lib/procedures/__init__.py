"""One module per procedure: `Params`, `MINUTES`, `NEEDS`, and `plan()` or `inspect()`."""

from runbook_lib.procedures._registry import broken, changing, every, find, inspecting, names, require_valid
from runbook_lib.procedures._rights import read as database_rights

__all__ = ["broken", "changing", "database_rights", "every", "find", "inspecting", "names", "require_valid"]
