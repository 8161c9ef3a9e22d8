"""List the next steps for an instance: the staff guide's path from its state."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import action, limits
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
    """Yield the guide's steps for the state; the last step for a problem is the message for support."""
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
    if verdict.nova_differs:
        yield Step(
            "Open the instance's page in the web interface, which writes the state from Nova. If the database stays "
            "out of date, check whether monitor_instances runs every 15 minutes.",
            *to_inspect("find_celery_tasks", text="monitor_instances"),
        )
    yield from path(evidence, verdict)
    if verdict.exceeded_limit or verdict.state in (*limits.FAILED, GONE):
        yield Step(
            "If none of these steps helps, send this diagnosis to the Atmosphere support team.",
            *to_inspect("write_support_report", instance_id=evidence.instance_id),
        )


def _build(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    limit = limits.LIMITS["build"].minutes or 0
    if verdict.minutes <= limit:
        yield _wait(evidence, f"Wait: a build can take {limit} minutes.")
        return
    yield Step(
        "Atmosphere no longer waits for this build. Compare it with others: the cloud might be full.", *_compare()
    )
    yield Step(
        "Ask the owner to delete it and launch a smaller size. If that fails too, inform the cloud administrator."
    )


def _networking(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    if not verdict.exceeded_limit:
        yield _wait(evidence, f"Wait: up to {limits.GUIDE_MINUTES} minutes of networking are normal.")
        return
    if "reboot" not in verdict.attempted:
        yield Step("Inform the owner, then reboot the instance as the owner.", *_plan_reboot(evidence))
    yield Step("If it gets stuck again, read its tasks in Flower.", *_tasks(evidence))
    if "reboot" in verdict.attempted:
        yield Step("It was already rebooted: redeploy it.", *_plan_redeployment(evidence))


def _deploying(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    running = [workflow for workflow in evidence.workflows or () if not workflow.is_finished]
    failed = [workflow for workflow in evidence.workflows or () if workflow.phase in ("Failed", "Error")]
    if running:
        yield Step(
            f"Workflow {running[-1].name} is still running: check its step before you redeploy.",
            *to_inspect("show_workflow", name=running[-1].name),
        )
    if failed:
        yield Step(f"Read why {failed[-1].name} failed.", *_workflow_logs(failed[-1].name))
    if not verdict.exceeded_limit:
        yield _wait(evidence, "Wait: Celery repeats the task automatically, with 3 attempts in all.")
        return
    yield Step("Check in Flower whether a task still runs or waits for its next attempt.", *_tasks(evidence))
    if verdict.exceeded_limit.startswith("past the limit of"):
        yield Step("Atmosphere will not continue this deployment: redeploy it.", *_plan_redeployment(evidence))


def _deploy_error(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield redeploy, soft reboot, hard reboot, logs; omit the actions attempted since the first failure."""
    if "redeploy" not in verdict.attempted:
        yield Step("Redeploy it.", *_plan_redeployment(evidence))
    if "reboot" not in verdict.attempted:
        yield Step("If it ends in deploy_error again, try a soft reboot.", *_plan_reboot(evidence))
    if "hard_reboot" not in verdict.attempted:
        yield Step("If that does not help, try a hard reboot.", *_plan_reboot(evidence, hard=True))
    failed = [workflow for workflow in evidence.workflows or () if workflow.phase in ("Failed", "Error")]
    if failed:
        yield Step(f"Find the failed task of {failed[-1].name} and fix its cause.", *_workflow_logs(failed[-1].name))
    yield Step(
        "Read the deployment's logs.",
        *to_inspect("find_log_lines", text=evidence.instance_id),
    )


def _error(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield the fault, the capacity of the cloud, a smaller size, the administrator."""
    rule_ids = {entry.id for _, entry in verdict.causes}
    if not evidence.server or not evidence.server.fault:
        yield Step(
            "Read the fault in Nova; the database has none.",
            commands.openstack("server", "show", evidence.instance_id),
        )
    for source, entry in verdict.causes[:1]:
        if entry.id not in {_NO_HOST, _QUOTA}:
            yield Step(f"{source}: {entry.next_step}", page=entry.page)
    if _QUOTA in rule_ids:
        yield Step(
            "Compare the project's quota with its usage. Raise the quota if the request is granted.",
            page=page("change_quota"),
        )
    yield Step("Check whether others of this size fail too, and the capacity of the cloud.", *_compare())
    yield Step("Ask the owner to launch the smallest size. If that works, the cloud is full for this size.")
    yield Step("Send the fault and the size to the cloud administrator.", page="tools/nova-and-glance.html")


def _redeploy(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    yield _wait(evidence, "Wait: networking and deploying follow, and their time limits restart.")
    if verdict.exceeded_limit:
        yield Step("It is stuck: redeploy it again.", *_plan_redeployment(evidence))


def _reboot(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    yield _wait(evidence, "Wait: after the reboot, networking and deploying follow.")
    if verdict.exceeded_limit:
        yield Step("It is stuck: try a hard reboot.", *_plan_reboot(evidence, hard=True))


def _gone(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    del verdict
    yield Step(
        "Ask the cloud administrator whether it was deleted there. Then ask the owner to delete it in the web "
        "interface and launch another.",
        commands.openstack("server", "show", evidence.instance_id),
    )


def _no_status(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    del verdict
    yield _wait(
        evidence, "Open the instance's page in the web interface, which writes its status. Then inspect it again."
    )


def _other(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[Step]:
    """Yield the next step of the state's rule, for a state that the guide's path does not cover."""
    if verdict.state == ENDED:
        yield Step("The instance cannot be restored: ask the owner to launch another.")
    elif verdict.meaning:
        usable = [command for command in verdict.meaning.commands if _is_possible(command, verdict.state)]
        command = next((command for command in usable if command.startswith("runbook ")), "")
        yield Step(
            verdict.meaning.next_step,
            command.replace("INSTANCE_ID", shlex.quote(evidence.instance_id)),
            verdict.meaning.page,
        )


def _is_possible(command: str, state: str) -> bool:
    """Return whether the procedure of a command accepts an instance in this state."""
    if "plan redeploy_instance" in command:
        return state in action.REDEPLOYABLE
    return "plan reboot_instance" not in command or state in action.REBOOTABLE


def _wait(evidence: InstanceEvidence, text: str) -> Step:
    return Step(text, commands.inspect("triage_instance", instance_id=evidence.instance_id), _STUCK)


def _tasks(evidence: InstanceEvidence) -> tuple[str, str]:
    return to_inspect("find_celery_tasks", text=evidence.instance_id)


def _compare() -> tuple[str, str]:
    return to_inspect("list_stuck_instances")


def _workflow_logs(name: str) -> tuple[str, str]:
    return to_inspect("show_workflow_logs", name=name)


def _plan_redeployment(evidence: InstanceEvidence) -> tuple[str, str]:
    return to_plan("redeploy_instance", instance_id=evidence.instance_id)


def _plan_reboot(evidence: InstanceEvidence, *, hard: bool = False) -> tuple[str, str]:
    options = {"hard": True} if hard else {}
    return to_plan("reboot_instance", instance_id=evidence.instance_id, **options)
