"""show_account: both sites, quotas and use, allocations, instances, requests, and never a credential."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import engine, procedures, render
from runbook_lib.errors import ParamError, TargetNotFound
from runbook_lib.fixture.rows.people import LONGEST_NAME
from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSourceSnapshot,
    AtmosphereUser,
    EventTable,
    Identity,
    MaintenanceRecord,
    Quota,
    ResourceRequest,
)
from tests import sessions
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "show_account"
IU = "4 Jetstream - Indiana University"


def table(inspection: Any, title: str) -> list[dict[str, Any]]:
    """Return the rows of the part with this title, by column."""
    return [
        dict(zip(part.columns, row, strict=True))
        for part in inspection.parts
        if part.title == title
        for row in part.rows
    ]


def quota(inspection: Any, provider: str = IU) -> dict[str, dict[str, Any]]:
    """Return the mapping from resource to its row, on one provider."""
    return {row["resource"]: row for row in table(inspection, "Quotas and usage") if row["provider"] == provider}


def open_again() -> None:
    """End every maintenance of Atmosphere."""
    MaintenanceRecord.objects.all().delete()


def test_account_is_shown_on_both_sites(world: World, bench: Bench) -> None:
    """With its flags, whether it is active, its end and its last login."""
    inspection = check_inspection(world, bench, NAME, username="staffmember")

    rows = {row["site"]: row for row in table(inspection, "Account")}
    assert {"superuser and staff"} == {row["rights"] for row in rows.values()}
    assert ("atmosphere", "troposphere") == tuple(rows)
    assert [True, True] == [row["active"] for row in rows.values()]
    assert inspection.answer.startswith(
        "staffmember: superuser and staff on Atmosphere, superuser and staff on Troposphere."
    )


@pytest.mark.parametrize(
    ("username", "text"),
    [
        ("newcomer", "no rights on Atmosphere, no account on Troposphere"),
        ("troponly", "no account on Atmosphere, no rights on Troposphere"),
        ("enddated", "no rights, disabled on Atmosphere, no rights, disabled on Troposphere"),
    ],
)
def test_missing_or_disabled_account_is_reported(world: World, bench: Bench, username: str, text: str) -> None:
    """The first sentence says so."""
    inspection = check_inspection(world, bench, NAME, username=username)

    assert inspection.answer.startswith(f"{username}: {text}.")


def test_unknown_name_is_refused_with_a_similar_one(world: World, bench: Bench) -> None:
    """Upper and lower case matter."""
    with pytest.raises(TargetNotFound, match="there is no user 'Joetest' in the atmosphere database") as caught:
        check_inspection(world, bench, NAME, username="Joetest")
    assert "'joetest'" in caught.value.why


def test_missing_name_is_refused(world: World, bench: Bench) -> None:
    """There is no default account."""
    with pytest.raises(ParamError, match="username is missing"):
        check_inspection(world, bench, NAME)


@pytest.mark.parametrize("username", ["0042", "nan", "True", 'O\'Brien; DROP TABLE "group"; --', "zoë", LONGEST_NAME])
def test_special_characters_in_names_are_literal(world: World, bench: Bench, username: str) -> None:
    """In the databases and in Keystone."""
    inspection = check_inspection(world, bench, NAME, username=username)

    assert inspection.answer.startswith(f"{username}: no rights on Atmosphere")
    assert () == inspection.gaps


def test_quotas_are_shown_next_to_the_use(world: World, bench: Bench) -> None:
    """The use in OpenStack and in the database, in the same unit."""
    listed = quota(check_inspection(world, bench, NAME, username="joetest"))

    assert [
        "CPUs",
        "memory, GB",
        "storage, GB",
        "instances",
        "snapshots",
        "volumes",
        "floating addresses",
        "ports",
    ] == [*listed]
    assert (16, 16, 128, 128) == tuple(
        listed[what][column] for what in ("CPUs", "memory, GB") for column in ("quota", "limit in OpenStack")
    )
    assert 0 < listed["CPUs"]["used in OpenStack"]
    assert (2, 60) == (listed["volumes"]["used in the database"], listed["storage, GB"]["used in the database"])
    assert listed["snapshots"]["used in the database"] is None


def test_database_counts_running_instances_by_their_present_size(world: World, bench: Bench) -> None:
    """Only one small instance is on TACC, *unreachable*. A shelved, offloaded one counts only as an instance."""
    tacc = quota(check_inspection(world, bench, NAME, username="joetest"), "5 Jetstream - TACC")

    assert (2, 4, 1) == tuple(tacc[what]["used in the database"] for what in ("CPUs", "memory, GB", "instances"))


def test_quota_without_limits_is_never_used_up(world: World, bench: Bench) -> None:
    """Empty or negative means no limit, and so does 0 for volumes."""
    for key in (34, 35):
        Identity.objects.filter(created_by__username="unlimited").update(quota_id=key)
        listed = quota(check_inspection(world, bench, NAME, username="unlimited"))
        assert {"no limit"} == {row["quota"] for row in listed.values()}
        assert {""} == {row["remark"] for row in listed.values()}


def test_different_limit_in_openstack_is_reported(world: World, bench: Bench) -> None:
    """Somebody changed only the row: a launch is checked against the cloud's limit."""
    Identity.objects.filter(created_by__username="zoë", provider_id=4).update(quota_id=57)
    inspection = check_inspection(world, bench, NAME, username="zoë")

    listed = quota(inspection)
    assert (44, 16, "OpenStack has another limit") == (
        listed["CPUs"]["quota"],
        listed["CPUs"]["limit in OpenStack"],
        listed["CPUs"]["remark"],
    )
    assert f"OpenStack and Atmosphere have different limits on provider {IU}." in inspection.answer
    assert "runbooks/change-quota.html" in [step.page for step in inspection.steps]


def test_used_up_quota_is_reported(world: World, bench: Bench) -> None:
    """At the last unit, not before; by the database where OpenStack does not count."""
    Quota.objects.filter(pk=33).update(storage=60, storage_count=3)
    listed = quota(check_inspection(world, bench, NAME, username="joetest"))

    assert ("used up", "") == (listed["storage, GB"]["remark"], listed["volumes"]["remark"])
    assert "used up" == listed["instances"]["remark"]


def test_two_identities_on_one_provider_are_both_shown(world: World, bench: Bench) -> None:
    """No constraint forbids it, and it confuses upstream's scripts."""
    inspection = check_inspection(world, bench, NAME, username="twoaccounts")

    assert [IU, IU] == [row["provider"] for row in table(inspection, "Identities")]
    assert 16 == len(table(inspection, "Quotas and usage"))


def test_identities_show_their_groups_and_state(world: World, bench: Bench) -> None:
    """The groups that can use it, whether it has credentials, and whether a membership continues."""
    joe = table(check_inspection(world, bench, NAME, username="joetest"), "Identities")[0]
    unfinished = table(check_inspection(world, bench, NAME, username="unlimited"), "Identities")[0]
    ended = table(check_inspection(world, bench, NAME, username="enddated"), "Identities")[0]

    assert ("joetest, joetest-lab", True, "in use") == (
        joe["groups that can use it"],
        joe["has credentials"],
        joe["state"],
    )
    assert unfinished["has credentials"] is False
    assert "all memberships have ended" == ended["state"]


def test_provider_without_a_cloud_is_not_read(world: World, bench: Bench) -> None:
    """The type mock has no cloud; a real provider without the setting is a missing source."""
    inspection = check_inspection(world, bench, NAME, username="imageauthor")

    assert ["nova:9"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_CLOUDS" in inspection.gaps[0].how


def renewals(world: World, bench: Bench, username: str) -> dict[str, str]:
    """Return the mapping from allocation source to its next renewal."""
    inspection = check_inspection(world, bench, NAME, username=username)
    return {row["allocation source"]: row["renews"] for row in table(inspection, "Allocations")}


@pytest.mark.both_databases
def test_renewal_counts_from_the_last_event(world: World, bench: Bench) -> None:
    """The snapshot's ``last_renewed`` keeps its first value; Atmosphere's rules read the event.

    Source: cyverse_allocation/tasks.py:58-72 and core/models/allocation_source.py:185 of Atmosphere v37-5.
    """
    payload = {"allocation_source_name": "TG-OVERUSED"}
    EventTable.objects.create(
        name="allocation_source_created_or_renewed",
        entity_id="TG-OVERUSED",
        payload=payload,
        timestamp=datetime(2026, 1, 14, tzinfo=UTC),
    )
    assert renewals(world, bench, "joetest")["TG-OVERUSED"].startswith("on 2026-01-21: ")

    EventTable.objects.filter(payload__allocation_source_name="TG-OVERUSED").delete()
    assert renewals(world, bench, "joetest")["TG-OVERUSED"].startswith("never: it has no event")


def test_allocations_show_remaining_hours_and_renewal(world: World, bench: Bench) -> None:
    """Ended, overused and never renewed ones too."""
    listed = {
        row["allocation source"]: row
        for row in table(check_inspection(world, bench, NAME, username="joetest"), "Allocations")
    }

    guide = listed["TG-ASC160018"]
    assert ("1000", "412.500", "587.500", "never (strategy custom)") == (
        guide["allowed, h"],
        guide["used, h"],
        guide["left, h"],
        guide["renews"],
    )
    assert listed["joetest"]["renews"].startswith("on 2026-02-01: ")
    assert listed["TG-OVERUSED"]["renews"].startswith("due since 2026-01-08: ")
    assert listed["TG-ENDED"]["renews"].startswith("never: it ended on ")
    assert "0.000" == listed["TG-OVERUSED"]["left, h"]


def test_allocation_without_limit_or_snapshot(world: World, bench: Bench) -> None:
    """Neither means that no hours remain."""
    endless = table(check_inspection(world, bench, NAME, username="unlimited"), "Allocations")[0]
    AllocationSourceSnapshot.objects.filter(allocation_source__name="unlimited").delete()
    rows = table(check_inspection(world, bench, NAME, username="unlimited"), "Allocations")
    unknown = next(row for row in rows if row["allocation source"] == "unlimited")

    assert ("no limit", "no limit") == (endless["allowed, h"], endless["left, h"])
    assert (None, None) == (unknown["used, h"], unknown["left, h"])


def test_running_instances_show_their_allocation(world: World, bench: Bench) -> None:
    """Latest change first; instances without a status are counted."""
    inspection = check_inspection(world, bench, NAME, username="0042")
    joe = check_inspection(world, bench, NAME, username="joetest")

    assert ["active"] == [row["state"] for row in table(inspection, "Running instances")]
    assert 40 == len(table(joe, "Running instances"))
    note = next(part.note for part in joe.parts if part.title == "Running instances")
    assert "37 more that changed earlier are left out; 1 without any status are not listed" == note


@pytest.mark.both_databases
def test_open_requests_of_both_kinds_are_shown(world: World, bench: Bench) -> None:
    """Pending ones, and failed ones with their meaning; approved and denied ones are over."""
    rows = table(check_inspection(world, bench, NAME, username="joetest"), "Open requests")

    assert ["more CPUs for a course"] == [row["asks for"] for row in rows if row["request"] == "resources"]
    meanings = {row["asks for"]: row["meaning"] for row in rows if row["request"] == "imaging"}
    assert {"waiting": "", "in-flight": ""} == {name: meanings[name] for name in ("waiting", "in-flight")}
    assert meanings["nbd"]
    assert "refused" not in meanings
    assert 5 == ResourceRequest.objects.count()


def test_emulation_of_the_account_is_shown(world: World, bench: Bench) -> None:
    """Not during a maintenance, but afterwards; never for a name that the URL does not accept."""
    closed = check_inspection(world, bench, NAME, username="joetest")
    open_again()
    opened = check_inspection(world, bench, NAME, username="joetest")
    odd = check_inspection(world, bench, NAME, username="user.name@example.org")

    assert closed.answer.endswith("Emulating the account does not work: a maintenance closes Atmosphere's API (503).")
    assert opened.answer.endswith("Emulating the account works.")
    assert "tools/emulation.html" in [step.page for step in opened.steps]
    assert "the URL does not accept '.' in a name" in odd.answer


@pytest.mark.parametrize(("username", "can"), [("staffmember", True), ("staffonly", False), ("joetest", False)])
def test_emulation_by_the_account_is_shown(world: World, bench: Bench, username: str, *, can: bool) -> None:
    """Superusers can emulate others; staff without superuser cannot, nor can a disabled superuser."""
    note = f"the account itself {'can' if can else 'cannot'} emulate others"
    inspection = check_inspection(world, bench, NAME, username=username)
    assert note == inspection.parts[1].note  # type: ignore[union-attr]

    AtmosphereUser.objects.filter(username=username).update(is_active=False)
    off = check_inspection(world, bench, NAME, username=username)
    assert "the account itself cannot emulate others" == off.parts[1].note  # type: ignore[union-attr]


def test_credentials_stay_in_the_database(world: World) -> None:
    """Their table is only checked for a row; no password, token or secret is selected or shown."""
    with sessions.statements() as statements:
        inspection = engine.inspect(procedures.find(NAME), world, {"username": "joetest"})

    sql = " ".join(statements)
    assert '"credential"' in sql
    assert [] == [
        word for word in ('"credential"."value"', '"password"', '"token"', "provider_credential") if word in sql
    ]
    shown = (
        render.inspection_text(inspection) + render.inspection_markdown(inspection) + json.dumps(inspection.as_json())
    )
    assert "fixture-secret" not in shown


def test_next_steps_lead_to_the_problems(world: World, bench: Bench) -> None:
    """An instance that is not active and a failed request; none for an account without problems."""
    open_again()
    joe = [step.command for step in check_inspection(world, bench, NAME, username="joetest").steps]
    fine = [step.page for step in check_inspection(world, bench, NAME, username="0042").steps]

    assert any(command.startswith("runbook inspect triage_instance -p instance_id=") for command in joe)
    assert any(command.startswith("runbook inspect triage_imaging_request -p request_id=") for command in joe)
    assert ["tools/emulation.html"] == fine


@pytest.mark.parametrize(
    ("values", "is_disabled"),
    [
        ({"is_active": False}, True),
        ({"end_date": datetime(2026, 1, 1, tzinfo=UTC)}, True),
        ({"end_date": datetime(2030, 1, 1, tzinfo=UTC)}, False),
    ],
)
def test_account_is_disabled_from_its_end_date_on(
    world: World, bench: Bench, values: dict[str, object], *, is_disabled: bool
) -> None:
    """Before that date it is enabled, and can emulate: core/models/user.py:129-138 of Atmosphere v37-5."""
    AtmosphereUser.objects.filter(username="staffmember").update(**values)

    answer = check_inspection(world, bench, "show_account", username="staffmember").answer

    assert is_disabled is ("superuser and staff, disabled on Atmosphere" in answer)
    assert "superuser and staff" in answer
