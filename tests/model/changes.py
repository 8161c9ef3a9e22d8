"""One change of each kind, for the tests of objects that hold changes."""

from __future__ import annotations

from runbook_lib.model import Call, RowDelete, RowInsert, RowUpdate, Sealed, SystemId, fingerprint

UPDATE = RowUpdate(
    database="atmosphere",
    table="application_version",
    pk={"id": 7},
    before={"application_id": 1378, "name": "1.0"},
    after={"application_id": 1144, "name": "1.2"},
)
INSERT = RowInsert(
    database="troposphere",
    table="api_userpreferences",
    pk={"id": None},
    row={"user_id": 5, "airport_ui": None},
    unless=("user_id",),
)
DELETE = RowDelete(database="atmosphere", table="user_profile", pk={"user_id": 5}, row={"send_emails": True})
CALL = Call(system=SystemId.parse("glance:4"), target="f77cb286", action="visibility", before="private", after="public")
HASH = Sealed(source="database", fingerprint=fingerprint("pbkdf2_sha256$old"))
PASSWORD = RowUpdate(
    database="atmosphere",
    table="atmosphere_user",
    pk={"id": 5},
    before={"is_staff": False, "password": HASH},
    after={"is_staff": True, "password": Sealed(source="env:NEW_PASSWORD")},
)
