"""Convert scalars from notebooks and the command line to a typed `Params`, or refuse them.

A procedure declares its parameters once, as a frozen dataclass whose fields are made by `param`. The check here,
``runbook show``, the table on the procedure's page, and papermill's engine use that declaration.

papermill guesses types: ``-p version_name 1.10`` arrives as the number 1.1, and the typed text is lost. A value
of another type is therefore never converted back. It is refused, and the message names the option that keeps the text.
"""

from runbook_lib.params.check import check, from_text, unknown
from runbook_lib.params.convert import LARGEST_ID, as_json
from runbook_lib.params.declaration import Field, Kind, fields, param
from runbook_lib.params.problems import problems

__all__ = ("LARGEST_ID", "Field", "Kind", "as_json", "check", "fields", "from_text", "param", "problems", "unknown")
