"""triage_instance: diagnosis and next steps of each state and message, and missing sources."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import RunbookError, TargetNotFound
from runbook_lib.fixture.rows.launches import LAUNCHES
from runbook_lib.fixture.rows.nova import ORPHAN
from runbook_lib.procedures import triage_instance
from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatus, InstanceStatusHistory
from runbook_lib.world.world import World
from tests.checks import check_each, check_inspection, plan

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model.inspection import Inspection
    from tests.conftest import Bench

NAME = "triage_instance"
REDEPLOY, REBOOT, SUPPORT = "plan redeploy_instance", "plan reboot_instance", "inspect write_support_report"
TASKS, LOGS, AGAIN, COMPARE = (
    f"inspect {name}" for name in ("find_celery_tasks", "find_log_lines", "triage_instance", "list_stuck_instances")
)
PATHS = {
    "is-build": ("has been in build for 10 minutes.", [AGAIN]),
    "build-for-hours": ("past the limit of Atmosphere's code, 63 minutes", [COMPARE, "", SUPPORT]),
    "is-networking": ("has been in networking for 10 minutes.", [AGAIN]),
    "networking-25-minutes": ("past the guide's 20 minutes", [REBOOT, TASKS, SUPPORT]),
    "networking-3-hours": ("past the guide's 20 minutes", [REBOOT, TASKS, SUPPORT]),
    "is-deploying": ("has been in deploying for 10 minutes.", [AGAIN]),
    "argo-example": ("The Argo workflow of a deployment ended without success", ["inspect show_workflow_logs", AGAIN]),
    "deploying-30-minutes": ("A Celery task exceeded its time limit", [TASKS, SUPPORT]),
    "is-deploy_error": ("all attempts of its deployment failed", [REDEPLOY, REBOOT, REBOOT, LOGS, SUPPORT]),
    "never-answered": ("Atmosphere waited two hours", [REDEPLOY, REBOOT, REBOOT, LOGS, SUPPORT]),
    "deploy-failed": ("A playbook that Celery runs failed on the instance", [REDEPLOY, REBOOT, REBOOT, LOGS, SUPPORT]),
    "unreachable": (
        "A playbook that Celery runs could not reach the instance by SSH",
        [REDEPLOY, REBOOT, REBOOT, "inspect show_workflow_logs", LOGS, SUPPORT],
    ),
    "no-host": ("The cloud found no host for an instance of this size. (nova)", [COMPARE, "", "", SUPPORT]),
    "is-error": ("does not cover this instance. (nova)", ["", COMPARE, "", "", SUPPORT]),
    "is-redeploy": ("Somebody requested a redeployment", [AGAIN]),
    "is-reboot": ("The instance reboots", [AGAIN]),
    "is-hard_reboot": ("The instance reboots", [AGAIN]),
    "is-active": ("The instance is ready", [REDEPLOY]),
    "is-running": ("The instance is ready", [""]),
    "user-script-failed": ("a boot script of its user failed", [REDEPLOY]),
    "is-suspended": ("was stopped, suspended or shelved", [""]),
    "is-shelved": ("was stopped, suspended or shelved", [""]),
    "is-shelved_offloaded": ("was stopped, suspended or shelved", [""]),
    "is-shutoff": ("was stopped, suspended or shelved", [""]),
    "is-paused": ("was stopped, suspended or shelved", [""]),
    "is-resize": ("another size", [""]),
    "is-verify_resize": ("another size", [""]),
    "is-deleted": ("The cloud deleted the instance", [""]),
    "is-pending": ("old releases wrote it", [""]),
    "is-unknown": ("has no state for the instance", [""]),
    "is-Unknown-capital": ("has no state for the instance", [""]),
    "deploying-2-hours": (
        "The database still shows deploying; it is out of date. Nova reports active.",
        [TASKS, REDEPLOY],
    ),
    "terminated": ("ended on 2026-01-", [""]),
    "terminated-cleanly": ("ended on 2026-01-", [""]),
    "late-row": ("has been in suspended for 3 hours", [""]),
    "tied-rows": ("has been in active for 60 minutes", [REDEPLOY]),
}
STARTED = [launch.name for launch in LAUNCHES if launch.name.startswith("is-")]


def instance_id(name: str) -> str:
    """Return the UUID of the fixture's instance of this name."""
    return next(launch.instance_id for launch in LAUNCHES if launch.name == name)


def verbs(inspection: Inspection) -> list[str]:
    """Return verb and procedure of each step's command."""
    return [
        " ".join(step.command.split()[1:3]) if step.command.startswith("runbook") else "" for step in inspection.steps
    ]


def add(name: str, *rows: tuple[str, int]) -> None:
    """Add rows to an instance's history: status, and minutes after the latest row."""
    last = InstanceStatusHistory.objects.filter(instance__name=name).order_by("start_date", "pk").last()
    assert last is not None
    for status, minutes in rows:
        InstanceStatusHistory.objects.create(
            activity="",
            start_date=last.start_date + timedelta(minutes=minutes),
            instance_id=last.instance_id,
            size_id=last.size_id,
            status_id=InstanceStatus.objects.filter(name=status)[0].pk,
            extra={},
        )


def test_every_state_of_the_fixture_has_its_path() -> None:
    """The test below covers every status that Atmosphere writes."""
    assert [] == [name for name in STARTED if name not in PATHS]


def test_planned_action_is_accepted_in_its_state(world: World, bench: Bench) -> None:
    """Triage never sends to a procedure that refuses the instance: each redeployment and reboot can be planned."""

    def check(name: str) -> None:
        for step in check_inspection(world, bench, NAME, instance_id=instance_id(name)).steps:
            words = step.command.split()
            if words[1:2] == ["plan"] and words[2] in {"redeploy_instance", "reboot_instance"}:
                hard = {"hard": True} if "hard=True" in words else {}
                assert plan(world, words[2], instance_id=instance_id(name), **hard).changes

    check_each(list(PATHS), check)


def test_each_state_and_message_has_its_diagnosis_and_next_steps(world: World, bench: Bench) -> None:
    """The meaning comes from the rules, and the next steps follow the guide's path."""
    inspections = {name: check_inspection(world, bench, NAME, instance_id=instance_id(name)) for name in PATHS}

    assert PATHS == {
        name: (PATHS[name][0] if PATHS[name][0] in inspection.answer else inspection.answer, verbs(inspection))
        for name, inspection in inspections.items()
    }
    assert {} == {name: inspection.gaps for name, inspection in inspections.items() if inspection.gaps}


@pytest.mark.parametrize(
    ("tried", "first"),
    [
        ((), "Redeploy it."),
        (("redeploy",), "If it ends in deploy_error again, try a soft reboot."),
        (("redeploy", "reboot"), "If that does not help, try a hard reboot."),
        (("redeploy", "reboot", "hard_reboot"), "Read the deployment's logs."),
    ],
)
def test_steps_tried_since_the_failure_are_left_out(
    world: World, bench: Bench, tried: tuple[str, ...], first: str
) -> None:
    """The history shows how far staff are on the guide's path."""
    rows = [row for number, step in enumerate(tried, start=1) for row in ((step, number), ("deploy_error", number))]
    add("is-deploy_error", *rows)

    inspection = check_inspection(world, bench, NAME, instance_id=instance_id("is-deploy_error"))

    assert first == inspection.steps[0].text


def test_instance_without_a_status_shows_novas(world: World, bench: Bench) -> None:
    """Nova has the instance, so its state is shown."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id("no-history"))

    assert "Nova reports active." in inspection.answer


def test_all_sources_are_on_the_timeline(world: World, bench: Bench) -> None:
    """Database, Nova, Celery, Argo with the step that failed, and the logs."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id("unreachable"))

    assert {"database", "nova", "celery", "argo", "logs"} == {event.source for event in inspection.events}
    assert any(
        "00-setup-ssh failed" in event.text and event.trouble for event in inspection.events if event.source == "argo"
    )


def test_server_that_only_nova_has_is_shown(world: World, bench: Bench) -> None:
    """The database has no row of it, so every cloud is read."""
    inspection = check_inspection(world, bench, NAME, instance_id=ORPHAN)

    assert "(not in the database)" in inspection.answer
    assert "Insufficient compute resources" in inspection.answer


@pytest.mark.parametrize("wrong", ["nobody", "118aff3c-0000-0000-0000-000000000000", "../../servers"])
def test_unknown_instance_is_not_found(world: World, bench: Bench, wrong: str) -> None:
    """The error suggests similar ones."""
    with pytest.raises(TargetNotFound, match="there is no instance") as caught:
        check_inspection(world, bench, NAME, instance_id=wrong)

    assert ((instance_id("unreachable"),) if wrong.startswith("118aff3c") else ()) == caught.value.similar


def test_server_that_nova_lost_is_reported(world: World, bench: Bench) -> None:
    """It is running in the database, but the cloud does not have it."""
    Instance.objects.filter(name="is-active").update(provider_alias="99999999-0000-0000-0000-000000000000")

    inspection = check_inspection(world, bench, NAME, instance_id="99999999-0000-0000-0000-000000000000")

    assert "is in the database but not in the cloud" in inspection.answer
    assert ["", SUPPORT] == verbs(inspection)


def test_each_source_can_be_missing(world: World, bench: Bench) -> None:
    """The database alone gives the state, and each missing source says how to get it."""
    endpoints = replace(world.endpoints, clouds={}, flower_url="", argo_url="", log_dir=None)
    inspection = check_inspection(World(endpoints), bench, NAME, instance_id=instance_id("networking-25-minutes"))

    assert {"nova:4", "flower", "argo", "logs"} == {gap.source for gap in inspection.gaps}
    assert all(gap.how for gap in inspection.gaps)
    assert "has been in networking for 25 minutes" in inspection.answer


def test_database_can_be_missing(bench: Bench, tmp_path: Path) -> None:
    """Then the others are read; if none of them is configured either, the database's error is raised."""
    settings = Settings(home=bench.home, log_dir=tmp_path)
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME, instance_id=instance_id("unreachable"))
    assert "atmosphere" in {gap.source for gap in inspection.gaps}
    assert "the database did not respond" in inspection.answer

    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with connect.open_world(settings, operator="tester@host") as world, pytest.raises(RunbookError):
        check_inspection(world, bench, NAME, instance_id=instance_id("unreachable"))


def test_unresponsive_sources_are_missing(
    world: World, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ports accept the connection and never respond: the answer comes after the time limit."""
    monkeypatch.setattr(triage_instance, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        file = tmp_path / "clouds.yaml"
        auth = f"{{auth_url: 'http://127.0.0.1:{port}/v3', username: u, password: p, project_name: p}}"
        file.write_text(f"clouds: {{far: {{auth: {auth}, region_name: R}}}}\n")
        endpoints = replace(
            world.endpoints,
            clouds={4: "far"},
            clouds_file=file,
            flower_url=f"http://127.0.0.1:{port}",
            flower_login=None,
        )
        silent = World(endpoints)
        inspection = check_inspection(silent, bench, NAME, instance_id=instance_id("is-error"))
        silent.clouds.close()

    assert {"nova:4", "flower"} == {gap.source for gap in inspection.gaps}
    assert all("within 0.5 s" in gap.why for gap in inspection.gaps)
    assert "openstack server show" in inspection.steps[0].command
