"""show_account: both sites, quotas beside what is used, allocations, instances, requests, and never a credential."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import engine, procedures, render
from runbook_lib.errors import ParamError, TargetNotFound
from runbook_lib.fixture.rows.people import LONGEST_NAME
from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSourceSnapshot,
    AtmosphereUser,
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
    """Return the rows of the part of this title, by column."""
    return [
        dict(zip(part.columns, row, strict=True))
        for part in inspection.parts
        if part.title == title
        for row in part.rows
    ]


def quota(inspection: Any, provider: str = IU) -> dict[str, dict[str, Any]]:
    """Return what is counted → its row, on one provider."""
    return {row["resource"]: row for row in table(inspection, "Quotas and usage") if row["provider"] == provider}


def open_again() -> None:
    """End every maintenance of Atmosphere."""
    MaintenanceRecord.objects.all().delete()


def test_the_account_is_shown_on_both_sites(world: World, bench: Bench) -> None:
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
    ("username", "words"),
    [
        ("newcomer", "no rights on Atmosphere, no account on Troposphere"),
        ("troponly", "no account on Atmosphere, no rights on Troposphere"),
        ("enddated", "no rights, disabled on Atmosphere, no rights, disabled on Troposphere"),
    ],
)
def test_an_account_on_one_site_or_disabled_is_said(world: World, bench: Bench, username: str, words: str) -> None:
    """In the first sentence."""
    inspection = check_inspection(world, bench, NAME, username=username)

    assert inspection.answer.startswith(f"{username}: {words}.")


def test_a_name_that_nobody_has_is_refused_with_one_like_it(world: World, bench: Bench) -> None:
    """Upper and lower case count."""
    with pytest.raises(TargetNotFound, match="there is no user 'Joetest' in the atmosphere database") as caught:
        check_inspection(world, bench, NAME, username="Joetest")
    assert "'joetest'" in caught.value.why


def test_a_name_must_be_given(world: World, bench: Bench) -> None:
    """There is no account to begin with."""
    with pytest.raises(ParamError, match="username is missing"):
        check_inspection(world, bench, NAME)


@pytest.mark.parametrize("username", ["0042", "nan", "True", 'O\'Brien; DROP TABLE "group"; --', "zoë", LONGEST_NAME])
def test_awkward_names_are_taken_literally(world: World, bench: Bench, username: str) -> None:
    """In the databases and in Keystone."""
    inspection = check_inspection(world, bench, NAME, username=username)

    assert inspection.answer.startswith(f"{username}: no rights on Atmosphere")
    assert () == inspection.gaps


def test_quotas_stand_beside_what_is_used(world: World, bench: Bench) -> None:
    """By OpenStack, and by the database, in the same unit."""
    found = quota(check_inspection(world, bench, NAME, username="joetest"))

    assert [
        "CPUs",
        "memory, GB",
        "storage, GB",
        "instances",
        "snapshots",
        "volumes",
        "floating addresses",
        "ports",
    ] == [*found]
    assert (16, 16, 128, 128) == tuple(
        found[what][column] for what in ("CPUs", "memory, GB") for column in ("quota", "limit in OpenStack")
    )
    assert 0 < found["CPUs"]["used in OpenStack"]
    assert (2, 60) == (found["volumes"]["used in the database"], found["storage, GB"]["used in the database"])
    assert found["snapshots"]["used in the database"] is None


def test_what_the_database_counts_is_the_living_by_their_present_size(world: World, bench: Bench) -> None:
    """Unreachable is the only one on TACC: a small one. A shelved, offloaded one counts as an instance alone."""
    tacc = quota(check_inspection(world, bench, NAME, username="joetest"), "5 Jetstream - TACC")

    assert (2, 4, 1) == tuple(tacc[what]["used in the database"] for what in ("CPUs", "memory, GB", "instances"))


def test_a_quota_without_limits_says_so(world: World, bench: Bench) -> None:
    """Empty or negative, and 0 for volumes; nothing can be used up."""
    for key in (34, 35):
        Identity.objects.filter(created_by__username="unlimited").update(quota_id=key)
        found = quota(check_inspection(world, bench, NAME, username="unlimited"))
        assert {"no limit"} == {row["quota"] for row in found.values()}
        assert {""} == {row["remark"] for row in found.values()}


def test_a_quota_that_openstack_does_not_have_is_named(world: World, bench: Bench) -> None:
    """Somebody changed the row alone: what counts at a launch is the cloud's."""
    Identity.objects.filter(created_by__username="zoë", provider_id=4).update(quota_id=57)
    inspection = check_inspection(world, bench, NAME, username="zoë")

    found = quota(inspection)
    assert (44, 16, "OpenStack has another limit") == (
        found["CPUs"]["quota"],
        found["CPUs"]["limit in OpenStack"],
        found["CPUs"]["remark"],
    )
    assert f"OpenStack has other limits than Atmosphere on provider {IU}." in inspection.answer
    assert "runbooks/change-quota.html" in [step.page for step in inspection.steps]


def test_a_quota_that_is_used_up_is_named(world: World, bench: Bench) -> None:
    """At the last one, and not one before; by the database where OpenStack does not count."""
    Quota.objects.filter(pk=33).update(storage=60, storage_count=3)
    found = quota(check_inspection(world, bench, NAME, username="joetest"))

    assert ("used up", "") == (found["storage, GB"]["remark"], found["volumes"]["remark"])
    assert "used up" == found["instances"]["remark"]


def test_two_identities_on_one_provider_are_both_shown(world: World, bench: Bench) -> None:
    """No constraint forbids it, and it confuses every script of upstream's."""
    inspection = check_inspection(world, bench, NAME, username="twoaccounts")

    assert [IU, IU] == [row["provider"] for row in table(inspection, "Identities")]
    assert 16 == len(table(inspection, "Quotas and usage"))


def test_identities_say_who_may_use_them_and_whether_they_are_finished(world: World, bench: Bench) -> None:
    """By groups; whether there are credentials, and whether a membership goes on."""
    joe = table(check_inspection(world, bench, NAME, username="joetest"), "Identities")[0]
    unfinished = table(check_inspection(world, bench, NAME, username="unlimited"), "Identities")[0]
    left = table(check_inspection(world, bench, NAME, username="enddated"), "Identities")[0]

    assert ("joetest, joetest-lab", True, "in use") == (
        joe["groups that can use it"],
        joe["has credentials"],
        joe["state"],
    )
    assert unfinished["has credentials"] is False
    assert "all memberships have ended" == left["state"]


def test_a_provider_without_a_cloud_is_not_asked(world: World, bench: Bench) -> None:
    """Of the mock kind; one that lacks only the setting is a gap."""
    inspection = check_inspection(world, bench, NAME, username="imageauthor")

    assert ["nova:9"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_CLOUDS" in inspection.gaps[0].how


def test_allocations_say_what_is_left_and_when_they_renew(world: World, bench: Bench) -> None:
    """Ended, overused and never renewed ones too."""
    found = {
        row["allocation source"]: row
        for row in table(check_inspection(world, bench, NAME, username="joetest"), "Allocations")
    }

    guide = found["TG-ASC160018"]
    assert ("1000", "412.500", "587.500", "never (strategy custom)") == (
        guide["allowed, h"],
        guide["used, h"],
        guide["left, h"],
        guide["renews"],
    )
    assert found["joetest"]["renews"].startswith("on 2026-02-01: ")
    assert found["TG-OVERUSED"]["renews"].startswith("due since 2026-01-08: ")
    assert found["TG-ENDED"]["renews"].startswith("never: it ended on ")
    assert "0.000" == found["TG-OVERUSED"]["left, h"]


def test_an_allocation_without_limit_or_snapshot(world: World, bench: Bench) -> None:
    """Neither is taken for nothing left."""
    endless = table(check_inspection(world, bench, NAME, username="unlimited"), "Allocations")[0]
    AllocationSourceSnapshot.objects.filter(allocation_source__name="unlimited").delete()
    rows = table(check_inspection(world, bench, NAME, username="unlimited"), "Allocations")
    unknown = next(row for row in rows if row["allocation source"] == "unlimited")

    assert ("no limit", "no limit") == (endless["allowed, h"], endless["left, h"])
    assert (None, None) == (unknown["used, h"], unknown["left, h"])


def test_living_instances_say_what_they_are_charged_to(world: World, bench: Bench) -> None:
    """The latest to change first; those without any status are counted."""
    inspection = check_inspection(world, bench, NAME, username="0042")
    joe = check_inspection(world, bench, NAME, username="joetest")

    assert ["active"] == [row["state"] for row in table(inspection, "Running instances")]
    assert 40 == len(table(joe, "Running instances"))
    note = next(part.note for part in joe.parts if part.title == "Running instances")
    assert "37 more that changed earlier are left out; 1 without any status are not listed" == note


@pytest.mark.both_databases
def test_open_requests_of_both_kinds_are_shown(world: World, bench: Bench) -> None:
    """What waits, and what failed with what it says; approved and denied ones are over."""
    rows = table(check_inspection(world, bench, NAME, username="joetest"), "Open requests")

    assert ["more CPUs for a course"] == [row["asks for"] for row in rows if row["request"] == "resources"]
    says = {row["asks for"]: row["meaning"] for row in rows if row["request"] == "imaging"}
    assert {"waiting": "", "in-flight": ""} == {name: says[name] for name in ("waiting", "in-flight")}
    assert says["nbd"]
    assert "refused" not in says
    assert 5 == ResourceRequest.objects.count()


def test_whether_it_can_be_emulated_is_said(world: World, bench: Bench) -> None:
    """Not during a maintenance, afterwards yes; and never by a name that the address does not take."""
    closed = check_inspection(world, bench, NAME, username="joetest")
    open_again()
    opened = check_inspection(world, bench, NAME, username="joetest")
    odd = check_inspection(world, bench, NAME, username="user.name@example.org")

    assert closed.answer.endswith("Emulating the account does not work: a maintenance closes Atmosphere's API (503).")
    assert opened.answer.endswith("Emulating the account works.")
    assert "tools/emulation.html" in [step.page for step in opened.steps]
    assert "the URL does not accept '.' in a name" in odd.answer


@pytest.mark.parametrize(("username", "may"), [("staffmember", True), ("staffonly", False), ("joetest", False)])
def test_whether_it_may_emulate_others_is_said(world: World, bench: Bench, username: str, *, may: bool) -> None:
    """Superusers may, staff alone may not; nor may one that is disabled."""
    word = "the account itself may emulate others" if may else "the account itself may not emulate others"
    inspection = check_inspection(world, bench, NAME, username=username)
    assert word == inspection.parts[1].note  # type: ignore[union-attr]

    AtmosphereUser.objects.filter(username=username).update(is_active=False)
    off = check_inspection(world, bench, NAME, username=username)
    assert "the account itself may not emulate others" == off.parts[1].note  # type: ignore[union-attr]


def test_no_credential_leaves_the_database(world: World) -> None:
    """Their table is only asked whether there is a row; no password, token or secret is selected or shown."""
    with sessions.statements() as seen:
        inspection = engine.inspect(procedures.find(NAME), world, {"username": "joetest"})

    asked = " ".join(seen)
    assert '"credential"' in asked
    assert [] == [
        word for word in ('"credential"."value"', '"password"', '"token"', "provider_credential") if word in asked
    ]
    shown = (
        render.inspection_text(inspection) + render.inspection_markdown(inspection) + json.dumps(inspection.as_json())
    )
    assert "fixture-secret" not in shown


def test_the_next_steps_lead_to_what_is_wrong(world: World, bench: Bench) -> None:
    """An instance that is not active, a request that failed; nothing of it for an account in order."""
    open_again()
    joe = [step.command for step in check_inspection(world, bench, NAME, username="joetest").steps]
    fine = [step.page for step in check_inspection(world, bench, NAME, username="0042").steps]

    assert any(command.startswith("runbook inspect triage_instance -p instance_id=") for command in joe)
    assert any(command.startswith("runbook inspect triage_imaging_request -p request_id=") for command in joe)
    assert ["tools/emulation.html"] == fine
