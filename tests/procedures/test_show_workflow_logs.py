"""show_workflow_logs: every pod's lines, following to the end, and the saved files of deleted workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import engine, params, procedures
from runbook_lib.errors import NotConnected, Refused, TargetNotFound
from runbook_lib.fixture.folder import cluster_state
from runbook_lib.fixture.rows.workflows import NAMESPACE
from runbook_lib.fixture.stand_ins.kubernetes import store
from runbook_lib.systems.argo import follow
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "show_workflow_logs"
FAILED, RUNNING, GONE = "ansible-deploy-7w2kq", "ansible-deploy-v9dmx", "ansible-deploy-d3kqv"


def texts(inspection: Inspection) -> dict[str, str]:
    """Return the mapping from title to text."""
    return {text["title"]: text["text"] for text in inspection.as_json()["texts"]}


def test_lines_of_every_pod_have_times(world: World, bench: Bench) -> None:
    """In the order of the steps; the meaning of the last known line comes first."""
    inspection = check_inspection(world, bench, NAME, name=FAILED)

    first, last = texts(inspection)
    assert f"{FAILED} is Failed; 2 pods, 17 lines." == inspection.answer
    assert ("00-setup-ssh (Succeeded), pod ansible-deploy-7w2kq-0, UTC", True) == (
        first,
        last.startswith("05-setup-packages (Failed)"),
    )
    assert (
        '11:49:31 fatal: [192.0.2.10]: FAILED! => {"msg": "Failed to lock apt"}' in texts(inspection)[last].splitlines()
    )
    assert "Ansible stopped at this task." in inspection.steps[0].text


@pytest.mark.parametrize(
    ("given", "lines"),
    [({"step": "SETUP-SSH"}, 7), ({"step": "05-setup-packages"}, 10), ({"last_lines": 1}, 2), ({"step": "nope"}, 0)],
)
def test_output_can_be_restricted(world: World, bench: Bench, given: dict[str, Any], lines: int) -> None:
    """To one step, or to the last lines of each."""
    inspection = check_inspection(world, bench, NAME, name=FAILED, **given)
    assert lines == sum(len(text.splitlines()) for text in texts(inspection).values())
    assert ("or has no step of that name" in inspection.answer) is (lines == 0)


@pytest.mark.parametrize("given", [{"last_lines": 5001}, {"wait_minutes": 121}])
def test_number_out_of_range_is_refused(world: World, bench: Bench, given: dict[str, Any]) -> None:
    """Nothing is read before the refusal."""
    with pytest.raises(Refused, match="it must be 1 to"):
        check_inspection(world, bench, NAME, name=FAILED, **given)


def test_likely_secrets_are_masked(world: World, bench: Bench) -> None:
    """A playbook can print them."""
    state = cluster_state(bench.practice)
    store.write_log(state, NAMESPACE, f"{FAILED}-1", "vnc_password: fixture-not-a-secret\n")

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert "fixture-not-a-secret" not in str(inspection.as_json())
    assert "vnc_password: (masked)" in str(inspection.as_json())


def test_followed_lines_are_shown_immediately(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the workflow ends; then all of them are shown again."""
    monkeypatch.setattr(follow, "PAUSE_SECONDS", 0.0)
    state = cluster_state(bench.practice)
    lines: list[str] = []

    def report(line: str) -> None:
        if not lines:  # after the first line, the last line is written and the workflow ends
            store.write_log(state, NAMESPACE, f"{RUNNING}-1", "the last line\n")
            body = store.read(state, "workflows", NAMESPACE, RUNNING)
            assert body is not None
            store.put(state, "workflows", body | {"status": body["status"] | {"phase": "Succeeded"}})
        lines.append(line)

    world.progress = report
    before = store.dump(state)
    inspection = inspected(world, follow=True)

    assert f"{RUNNING}: {len(lines)} lines. The workflow ended." == inspection.answer
    assert lines[-1] == f"{RUNNING}-1: the last line"
    assert "the last line" in str(texts(inspection))
    assert before.keys() == store.dump(state).keys()


def inspected(world: World, **given: Any) -> Inspection:
    """Return the inspection of the running workflow, in a cluster that changes meanwhile."""
    procedure = procedures.find(NAME)
    return engine.inspect(procedure, world, params.check(procedure.fields, {"name": RUNNING, **given}, procedure=NAME))


def test_ctrl_c_keeps_the_lines_so_far(world: World, bench: Bench) -> None:
    """The last step is to continue."""

    def report(_: str) -> None:
        raise KeyboardInterrupt

    world.progress = report
    inspection = check_inspection(world, bench, NAME, name=RUNNING, follow=True)

    assert inspection.answer.endswith("1 line. You interrupted the output; the workflow continues.")
    assert f"runbook inspect show_workflow_logs -p name={RUNNING} -p follow=True" == inspection.steps[-1].command


def test_deleted_workflow_is_read_from_the_saved_files(world: World, bench: Bench) -> None:
    """One text per playbook; a step matches in both spellings of its name."""
    inspection = check_inspection(world, bench, NAME, name=GONE)

    assert inspection.answer.startswith(f"Argo has deleted {GONE}. Atmosphere saved its output on 2026-01-14_140100")
    assert "10_setup_network_svcs.yml.log" in texts(inspection)
    assert "Failed to lock apt" in texts(inspection)["10_setup_network_svcs.yml.log"]
    assert "Ansible stopped at this task." in inspection.steps[0].text
    restricted = check_inspection(world, bench, NAME, name=GONE, step="00-setup-ssh")
    assert ["00_setup_ssh.yml.log"] == list(texts(restricted))


def test_workflow_without_pods_is_read_from_the_saved_files(world: World, bench: Bench) -> None:
    """Some clusters delete the pods of ended workflows."""
    state = cluster_state(bench.practice)
    body = store.read(state, "workflows", NAMESPACE, FAILED)
    assert body is not None
    store.change(state, NAMESPACE, FAILED, lambda _before, _version: None)
    store.put(state, "workflows", body)

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert inspection.answer.startswith(f"Argo has deleted the pods of {FAILED}. Atmosphere saved its output")
    assert "05_setup_packages.yml.log" in texts(inspection)


def test_unreachable_cluster_leaves_the_saved_files(world: World, bench: Bench) -> None:
    """Argo is a missing source; without saved files, its error is the answer."""
    store.fail(cluster_state(bench.practice), 503)

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert (["argo"], True) == ([gap.source for gap in inspection.gaps], "Argo does not show" in inspection.answer)
    with pytest.raises(NotConnected, match="HTTP 503"):
        check_inspection(world, bench, NAME, name="ansible-deploy-nope")


def test_unknown_workflow_is_not_found(world: World, bench: Bench) -> None:
    """Also where no logs are configured."""
    for log_dir in (world.endpoints.log_dir, None):
        world.endpoints = world.endpoints.__class__(**{**vars(world.endpoints), "log_dir": log_dir})
        with pytest.raises(TargetNotFound, match="no workflow ansible-deploy-nope"):
            check_inspection(world, bench, NAME, name="ansible-deploy-nope")
