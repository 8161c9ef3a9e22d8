"""The rights of procedures, as a value."""

from __future__ import annotations

from runbook_lib.model.database_rights import DatabaseRights, TablePrivileges

RIGHTS = DatabaseRights(
    read={"atmosphere": {"tag": ("id", "name")}},
    procedures={"name_tag": {"atmosphere": {"tag": TablePrivileges(select=("name", "secret"), update=("name",))}}},
    keys={"atmosphere": {"tag": "id"}},
)


def test_own_rights_are_those_beyond_reading() -> None:
    """A procedure that uses nothing more has none."""
    assert {"tag": TablePrivileges(select=("secret",), update=("name",))} == RIGHTS.own("name_tag", "atmosphere")
    assert {} == RIGHTS.own("other", "atmosphere")


def test_rights_of_procedure_include_reading() -> None:
    """All columns, each once."""
    assert ("id", "name", "secret") == RIGHTS.including_reading("name_tag", "atmosphere")["tag"].select
    assert ("id", "name") == RIGHTS.including_reading("", "atmosphere")["tag"].select


def test_json_form_keeps_everything() -> None:
    """Reading and writing are inverse."""
    assert RIGHTS == DatabaseRights.from_json(RIGHTS.as_json())
