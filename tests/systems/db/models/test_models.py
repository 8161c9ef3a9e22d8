"""The models match upstream's tables: compared with the recorded schema on a real PostgreSQL, column by column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core import checks
from django.db import IntegrityError, connections, models, transaction

from runbook_lib.model import DATABASES, Database
from runbook_lib.systems.db.models.atmosphere.models import (
    AtmosphereUser,
    AuthGroup,
    Group,
    MachineRequest,
    Quota,
    SSHKey,
    Tag,
)
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser, UserPreferences
from tests.systems.db.models import catalog

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "schema.json").read_text())


@pytest.mark.parametrize("database", DATABASES)
def test_tables_made_from_the_models_match_the_schema(database: Database, postgresql: dict[Database, str]) -> None:
    """Tables, columns, types, lengths, NULLs, uniques and keys match, and no column has a database default."""
    assert catalog.read(postgresql[database]) == SCHEMA[database]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE tag ALTER description TYPE varchar(1025)",
        "ALTER TABLE tag ALTER description DROP NOT NULL",
        "ALTER TABLE tag ALTER description SET DEFAULT 'none'",
        "ALTER TABLE tag ALTER id DROP IDENTITY",
        "ALTER TABLE allocation_source_snapshot ALTER compute_used TYPE numeric(19, 2)",
        "ALTER TABLE quota ADD suspended_count integer",
        "DROP TABLE access_token",
        "ALTER TABLE group_members ADD UNIQUE (group_id, user_id)",
        "ALTER TABLE provider ADD UNIQUE (location)",
        "ALTER TABLE pattern_match DROP COLUMN type_id, ADD type_id integer NOT NULL",
        "ALTER TABLE pattern_match DROP COLUMN type_id, ADD type_id integer NOT NULL REFERENCES core_matchtype",
    ],
)
def test_any_difference_from_the_schema_is_detected(
    statement: str, postgresql: dict[Database, str], shell: Callable[[str], None]
) -> None:
    """The comparison above detects each kind of difference."""
    shell(statement)
    assert catalog.read(postgresql["atmosphere"]) != SCHEMA["atmosphere"]


@pytest.mark.parametrize("database", DATABASES)
def test_sqlite_gets_the_same_tables_and_columns(database: Database, sqlite: dict[Database, str]) -> None:
    """SQLite has every table and column too."""
    with connections[database].cursor() as cursor:
        cursor.execute(
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type='table'"
        )
        columns = {(table, column) for table, column in cursor.fetchall() if not table.startswith("sqlite_")}
    assert {(table, column) for table, body in SCHEMA[database].items() for column in body["columns"]} == columns


def test_foreign_keys_are_enforced_at_the_commit(databases: dict[Database, str]) -> None:
    """A row can refer to a missing row until the commit, and not after it."""
    atomic = transaction.atomic(using="atmosphere")
    atomic.__enter__()
    Tag.objects.create(name="lost", description="", user_id=999)
    assert Tag.objects.count() == 1
    with pytest.raises(IntegrityError):
        atomic.__exit__(None, None, None)
    assert Tag.objects.count() == 0


@pytest.mark.parametrize("database", DATABASES)
def test_no_model_is_managed_and_no_deletion_cascades(database: Database) -> None:
    """Django neither migrates these tables nor deletes a row outside the plan."""
    for model in apps.get_app_config(database).get_models():
        assert not model._meta.managed
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                assert field.remote_field.on_delete is models.DO_NOTHING


def test_django_checks_accept_the_models() -> None:
    """No reverse accessors clash, and Django's own checks report nothing."""
    assert checks.run_checks(tags=["models"]) == []


def test_python_side_defaults_complete_an_insert(databases: dict[Database, str]) -> None:
    """The models have upstream's defaults for columns without a database default."""
    quota = Quota.objects.create()
    user = AtmosphereUser.objects.create(username="joetest")
    SSHKey.objects.create(name="laptop", pub_key="ssh-ed25519 AAAA", atmo_user=user)
    quota.refresh_from_db()
    user.refresh_from_db()
    stored = (quota.cpu, quota.memory, quota.storage, quota.instance_count, quota.port_count)
    assert stored == (16, 128, 10, 10, 10)
    assert (user.is_staff, user.is_superuser, user.is_active, user.end_date) == (False, False, True, None)
    assert len(SSHKey.objects.get().uuid) == len(str(user.uuid))


def test_imaging_request_has_upstream_defaults() -> None:
    """An imaging request gets upstream's default texts."""
    request = MachineRequest()
    assert (request.new_version_name, request.new_application_visibility) == ("1.0", "private")
    assert (request.new_version_allow_imaging, request.old_status, request.admin_message) == (True, "", "")


def test_timestamp_is_written_as_given(databases: dict[Database, str]) -> None:
    """Nothing changes modified_date outside the plan, not even a second save."""
    user = TroposphereUser.objects.create(username="joetest")
    preferences = UserPreferences.objects.create(user=user)
    before = preferences.modified_date
    preferences.airport_ui = True
    preferences.save()
    assert UserPreferences.objects.get().modified_date == before


def test_table_with_a_reserved_name_is_usable(databases: dict[Database, str]) -> None:
    """Atmosphere's group, whose table name is a reserved word, is the child row of Django's group."""
    parent = AuthGroup.objects.create(name="joetest")
    Group.objects.create(group_ptr=parent)
    assert list(Group.objects.values_list("pk", "group_ptr__name")) == [(parent.pk, "joetest")]
