"""Turn notebook and command-line scalars into a typed `Params`, or refuse.

A procedure declares its parameters once, as a frozen dataclass whose fields are made by `param`. That declaration feeds
the check here, ``runbook show``, the table on the procedure's page, and papermill's engine.

papermill guesses types from text (``-p version_name 1.10`` arrives as the number 1.1), so a value of another type than
the declared one is never converted back: what was typed is lost. It is refused, with the option that keeps it.
"""

from runbook_lib.params.check import check, from_text, unknown
from runbook_lib.params.convert import LARGEST_ID, as_json
from runbook_lib.params.declaration import Field, Kind, fields, param
from runbook_lib.params.problems import problems

__all__ = ("LARGEST_ID", "Field", "Kind", "as_json", "check", "fields", "from_text", "param", "problems", "unknown")
