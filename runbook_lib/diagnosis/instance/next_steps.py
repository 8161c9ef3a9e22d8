"""What to do next about an instance: the staff guide's path from its state on."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import limits
from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS
from runbook_lib.model.inspection import Step, page, to_inspect, to_plan
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.diagnosis.instance.verdict import Verdict

_STUCK = "tools/stuck-instance.html"
_NO_HOST = "instance-no-host"
_QUOTA = "instance-quota-exceeded"


def steps(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield the guide's path from here on, the message for support last where something is wrong."""
    path = {
        "build": _build,
        "networking": _networking,
        "deploying": _deploying,
        "deploy_error": _deploy_error,
        "error": _error,
        "redeploy": _redeploy,
        "reboot": _reboot,
        "hard_reboot": _reboot,
        GONE: _gone,
        NO_STATUS: _no_status,
    }.get(verdict.state, _other)
    if verdict.differs:
        yield Step(
            "Open its page in the web interface: that writes what Nova says. If the database stays behind, see whether "
            "monitor_instances runs, every 15 minutes.",
            *to_inspect("find_celery_tasks", text="monitor_instances"),
        )
    yield from path(evidence, verdict)
    if verdict.state in (*limits.FAILED, *limits.LIMITS, GONE) and _is_overdue(verdict):
        yield Step(
            "If none of that helps, send what is known to the Atmosphere support team.",
            *to_inspect("write_support_report", instance_id=evidence.instance_id),
        )


def _is_overdue(verdict: Verdict) -> bool:
    return bool(verdict.late) or verdict.state not in limits.LIMITS


def _build(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    limit = limits.LIMITS["build"].minutes or 0
    if verdict.minutes <= limit:
        yield _wait(evidence, f"Wait: a build may take {limit} minutes.")
        return
    yield Step("Nobody waits for this build any more. Compare it with others: the cloud may be full.", *_compare())
    yield Step("Have its owner delete it and launch a smaller size; if that fails too, tell the cloud's administrator.")


def _networking(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    if not verdict.late:
        yield _wait(evidence, f"Wait: up to {limits.GUIDE_MINUTES} minutes of networking are usual.")
        return
    if "reboot" not in verdict.tried:
        yield Step("Reboot it, as its owner would; tell them first.", *_reboots(evidence))
    yield Step("If it gets stuck again, see what its tasks say in Flower.", *_tasks(evidence))
    if "reboot" in verdict.tried:
        yield Step("It was rebooted already: redeploy it.", *_redeploys(evidence))


def _deploying(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    running = [workflow for workflow in evidence.workflows or () if not workflow.is_finished]
    failed = [workflow for workflow in evidence.workflows or () if workflow.phase in ("Failed", "Error")]
    if running:
        yield Step(
            f"Workflow {running[-1].name} still works on it: see at which step, before you redeploy.",
            *to_inspect("show_workflow", name=running[-1].name),
        )
    if failed:
        yield Step(f"Read why {failed[-1].name} failed.", *_workflow_logs(failed[-1].name))
    if not verdict.late:
        yield _wait(evidence, "Wait: the task is tried again by itself, 3 times in all.")
        return
    yield Step("See in Flower whether a task of it still runs or is tried again.", *_tasks(evidence))
    if verdict.late.startswith("past the limit of"):
        yield Step("Nothing will move it on by itself: redeploy it.", *_redeploys(evidence))


def _deploy_error(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield redeploy, reboot softly, reboot hard, logs; what was tried since it failed first is left out."""
    if "redeploy" not in verdict.tried:
        yield Step("Redeploy it.", *_redeploys(evidence))
    if "reboot" not in verdict.tried:
        yield Step("If it ends in deploy_error again, reboot it softly.", *_reboots(evidence))
    if "hard_reboot" not in verdict.tried:
        yield Step("If that does not help, reboot it hard.", *_reboots(evidence, hard=True))
    failed = [workflow for workflow in evidence.workflows or () if workflow.phase in ("Failed", "Error")]
    if failed:
        yield Step(f"Read which task of {failed[-1].name} failed; mend that.", *_workflow_logs(failed[-1].name))
    yield Step(
        "Read the deployment's logs.",
        *to_inspect("find_log_lines", text=evidence.instance_id),
    )


def _error(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield the fault, the room in the cloud, a smaller size, the administrator."""
    found = {entry.id for _, entry in verdict.causes}
    if not evidence.server or not evidence.server.fault:
        yield Step(
            "Read the fault in Nova: the database has none.",
            commands.openstack("server", "show", evidence.instance_id),
        )
    for source, entry in verdict.causes[:1]:
        if entry.id not in {_NO_HOST, _QUOTA}:
            yield Step(f"{source}: {entry.next_step}", page=entry.page)
    if _QUOTA in found:
        yield Step(
            "Compare the project's quota with what it uses; raise it if the request is granted.",
            page=page("change_quota"),
        )
    yield Step("See whether others of this size fail too, and what room the cloud has.", *_compare())
    yield Step("Have its owner launch the smallest size: if that works, the cloud is full for this one.")
    yield Step("Tell the cloud's administrator, with the fault and the size.", page="tools/nova-and-glance.html")


def _redeploy(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    yield _wait(evidence, "Wait: networking and deploying follow, and their times start anew.")
    if verdict.late:
        yield Step("It hangs: redeploy it again.", *_redeploys(evidence))


def _reboot(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    yield _wait(evidence, "Wait: after the reboot, networking and deploying follow.")
    if verdict.late:
        yield Step("It hangs: reboot it hard.", *_reboots(evidence, hard=True))


def _gone(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    del verdict
    yield Step(
        "Ask the cloud's administrator whether it was deleted there; its owner deletes it in the web interface and "
        "launches another.",
        commands.openstack("server", "show", evidence.instance_id),
    )


def _no_status(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    del verdict
    yield _wait(evidence, "Open its page in the web interface, which writes its status; then inspect again.")


def _other(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield what the rules say of a state that is not on the guide's path."""
    if verdict.state == ENDED:
        yield Step("It does not come back: its owner launches another.")
    elif verdict.meaning:
        command = next((command for command in verdict.meaning.commands if command.startswith("runbook ")), "")
        yield Step(
            verdict.meaning.next_step,
            command.replace("INSTANCE_ID", shlex.quote(evidence.instance_id)),
            verdict.meaning.page,
        )


def _wait(evidence: InstanceEvidence, text: str) -> Step:
    return Step(text, commands.inspect("triage_instance", instance_id=evidence.instance_id), _STUCK)


def _tasks(evidence: InstanceEvidence) -> tuple[str, str]:
    return to_inspect("find_celery_tasks", text=evidence.instance_id)


def _compare() -> tuple[str, str]:
    return to_inspect("list_stuck_instances")


def _workflow_logs(name: str) -> tuple[str, str]:
    return to_inspect("show_workflow_logs", name=name)


def _redeploys(evidence: InstanceEvidence) -> tuple[str, str]:
    return to_plan("redeploy_instance", instance_id=evidence.instance_id)


def _reboots(evidence: InstanceEvidence, *, hard: bool = False) -> tuple[str, str]:
    given = {"hard": True} if hard else {}
    return to_plan("reboot_instance", instance_id=evidence.instance_id, **given)
