"""The SQL of the database roles; tests/registry/test_database_roles.py runs it on a real server."""

from __future__ import annotations

from runbook_lib.model.database_rights import TablePrivileges
from runbook_lib.render import roles_sql

KEYS = {"tag": "id", "quota": "uuid"}


def test_role_of_procedure_gets_its_columns_and_reads_as_everybody() -> None:
    """One line per table and privilege, and the membership in the role that reads."""
    own = {"tag": TablePrivileges(select=("name",), insert=("id", "name"), update=("name",), delete=True, lock=True)}

    sql = roles_sql({"tag": TablePrivileges(select=("id",))}, {"name_tag": own}, keys=KEYS).splitlines()

    assert "GRANT SELECT (id) ON public.tag TO runbook_read;" in sql
    assert [
        "GRANT SELECT (name) ON public.tag TO runbook_name_tag;",
        "GRANT INSERT (id, name) ON public.tag TO runbook_name_tag;",
        "GRANT UPDATE (name) ON public.tag TO runbook_name_tag;",
        "GRANT DELETE ON public.tag TO runbook_name_tag;",
    ] == [line for line in sql if line.endswith("ON public.tag TO runbook_name_tag;")]
    assert "GRANT runbook_read TO runbook_name_tag;" in sql


def test_role_that_only_locks_may_change_the_key() -> None:
    """PostgreSQL lets nobody lock a row who may change none of its columns."""
    sql = roles_sql({}, {"lock_quota": {"quota": TablePrivileges(lock=True)}}, keys=KEYS)

    assert "GRANT UPDATE (uuid) ON public.quota TO runbook_lock_quota;" in sql


def test_roles_are_created_without_login_and_emptied_first() -> None:
    """The SQL can run again after an upgrade: what a role no longer uses is revoked; all or nothing is done."""
    sql = roles_sql({}, {}, keys={}, schema="old")

    assert "CREATE ROLE runbook_read NOLOGIN" in sql
    assert "REVOKE ALL ON ALL TABLES IN SCHEMA old FROM runbook_read;" in sql
    assert ("BEGIN;", "COMMIT;") == (sql.splitlines()[0], sql.splitlines()[-1])
