"""Changes of rows and of outside systems: plain frozen values, no I/O.

Every value of a row is held in its JSON form: text, whole number, boolean, null, list or object; a timestamp is
ISO 8601 in UTC; a uuid, a decimal and an IP address are text. ``runbook_lib.systems.db`` converts from and to the
column's type. A value that must not be shown is a `Sealed`.
"""

from runbook_lib.model.calls import Call
from runbook_lib.model.row_changes import RowChange, RowDelete, RowExpect, RowInsert, RowUpdate, row_name
from runbook_lib.model.serialization import Change, changes_as_json, changes_from_json
from runbook_lib.model.system_id import System, SystemId
from runbook_lib.model.values import (
    DATABASES,
    Database,
    Json,
    KeyOf,
    Sealed,
    canonical,
    decode,
    encode,
    fingerprint,
    show,
)

__all__ = (
    "DATABASES",
    "Call",
    "Change",
    "Database",
    "Json",
    "KeyOf",
    "RowChange",
    "RowDelete",
    "RowExpect",
    "RowInsert",
    "RowUpdate",
    "Sealed",
    "System",
    "SystemId",
    "canonical",
    "changes_as_json",
    "changes_from_json",
    "decode",
    "encode",
    "fingerprint",
    "row_name",
    "show",
)
