"""Argo's workflows in one namespace: find, read, resubmit and delete them, and read the logs of their pods."""

from __future__ import annotations

import difflib
import importlib
import threading
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, ResponseLost, TargetNotFound
from runbook_lib.systems.argo import answers, resubmit, search
from runbook_lib.systems.argo import lines as logs
from runbook_lib.systems.argo import workflow as flow
from runbook_lib.systems.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from runbook_lib.model import Call, Json
    from runbook_lib.systems.argo.kube import KubeApi
    from runbook_lib.systems.argo.lines import LogLine
    from runbook_lib.systems.argo.workflow import Pod, Workflow

RESUBMIT = resubmit.RESUBMIT
MAIN = "main"  # the container that does the work; Argo's own container is ``wait``
_NOT_FOUND, _BAD_REQUEST = 404, 400
_NOT_YET = "is waiting to start"


class Argo(Gateway):
    """The workflows of one namespace.

    A `Call` has ``system="argo"``, the new workflow's name as ``target``, and ``resubmit <old name>`` as ``action``.
    ``before`` stays None (there is no such workflow), ``after`` is the result of `planned`. The inverse deletes the
    new workflow and its pods, unless it has finished.
    """

    def __init__(
        self, url: str, *, config_file: Path | None = None, may_write: Callable[[], bool] = lambda: True
    ) -> None:
        """Keep the address. Reads and sends nothing before the first use.

        Args:
            url: The address of the Kubernetes API. Its context in kubeconfig gives the account and the namespace.
            config_file: The kubeconfig; None is ``$KUBECONFIG`` or ``~/.kube/config``.
            may_write: Called before every write; False prevents it.
        """
        self.url = url
        self._config_file = config_file
        self.may_write = may_write
        self._api: KubeApi | None = None
        self._opening = threading.Lock()

    def prepare(self) -> None:
        """Import the client, which can take seconds, before a time limit starts. Reads and sends nothing."""
        if self.url:
            with self._opening:
                importlib.import_module("runbook_lib.systems.argo.kube")

    @property
    def namespace(self) -> str:
        """The namespace of kubeconfig's context; raises as `workflow` does."""
        return self.api().namespace

    def summary(self) -> answers.Summary:
        """Return version, namespace and permissions of this account; raises as `workflow` does."""
        return answers.summary(self.api())

    def workflow(self, name: str) -> Workflow | None:
        """Return one workflow; None when there is none.

        Raises:
            NotConnected: The API does not respond, rejects this account, or its response is not a workflow.
            Refused: Kubeconfig can't be used, the account may not read workflows, or Argo is not installed there.
        """
        if not flow.is_name(name):
            return None  # not a valid object name, and it could form another address
        api = self.api()
        answer = api.workflow(name)
        if answer.status == _NOT_FOUND and answer.reason == "NotFound":
            return None
        return answers.workflow(api, answers.checked(api, answer, f"to show workflow {name}", verb="get").body)

    def find(self, name: str) -> Workflow:
        """Return one workflow.

        Raises:
            TargetNotFound: There is no such workflow. Argo deletes old ones.
            NotConnected, Refused: As `workflow` does.
        """
        match = self.workflow(name)
        if match is None:
            names = sorted(workflow.name for workflow in self.workflows())
            raise TargetNotFound(
                kind="workflow",
                key=name,
                where=f"namespace {self.namespace}",
                similar=difflib.get_close_matches(name, names, n=3, cutoff=0.7),
                next_step=(
                    f"list the workflows: argo list -n {self.namespace} -l instance_uuid=UUID; if Argo already "
                    "deleted it, redeploy the instance: only Atmosphere can deploy it again"
                ),
            )
        return match

    def workflows(self, **labels: str) -> list[Workflow]:
        """Return the workflows whose labels have these values, oldest first; raises as `workflow` does.

        No workflow has a value that is not a valid label value, so such a value is not sent.
        """
        if not all(flow.is_label_value(value) for value in labels.values()):
            return []
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return answers.workflows(self.api(), selector=selector)

    def of_instance(self, instance_id: str, *, server_ip: str = "") -> list[Workflow]:
        """Return the workflows that deploy an instance, oldest first; raises as `workflow` does.

        Args:
            instance_id: The instance, found by the label; empty when unknown.
            server_ip: Its address, which finds the workflows without labels that releases before v37-3 made.
        """
        return self.search(instance_id=instance_id, server_ip=server_ip) if instance_id or server_ip else []

    def of_user(self, username: str) -> list[Workflow]:
        """Return a user's workflows, oldest first; raises as `workflow` does."""
        return self.search(username=username)

    def search(
        self,
        *,
        instance_id: str = "",
        server_ip: str = "",
        username: str = "",
        phase: str = "",
        since: datetime | None = None,
    ) -> list[Workflow]:
        """Return the workflows that meet all given conditions, oldest first; raises as `workflow` does.

        Args:
            instance_id: The instance that they deploy, found by the label.
            server_ip: Its address, which also finds the workflows without labels that releases before v37-3 made.
            username: The instance's owner, found by the label or, without it, by the parameter ``user``. A name with
                ``@`` or ``+`` is not a valid label value.
            phase: One of `flow.PHASES`.
            since: Earliest time of submission; aware.
        """
        query = search.WorkflowQuery(instance_id, server_ip, username, phase, since)
        return search.run(self.api(), query)

    def pods(self, name: str) -> list[Pod]:
        """Return a workflow's pods in order of creation; raises as `workflow` does."""
        if not flow.is_label_value(name):
            return []
        return answers.pods(self.api(), selector=f"{flow.WORKFLOW_OF_POD}={name}")

    def log(self, pod: str, *, lines: int = 200) -> str:
        """Return the last lines of a pod's main container, at most a million bytes.

        Raises:
            TargetNotFound: The pod does not exist, or no longer exists.
            NotConnected, Refused: As `workflow` does.
        """
        return self._log(pod, lines=lines)

    def lines(self, pod: str, *, limit: int = 0, since: str = "") -> tuple[LogLine, ...]:
        """Return the log lines of a pod's main container; empty before it starts. Raises as `log` does.

        Args:
            pod: The pod.
            limit: How many last lines; 0 for all. For all, the first million bytes come: call again for more.
            since: Return only lines of this second or later; the format is that of `LogLine.second`.
        """
        text = self._log(pod, lines=limit, stamped=True, since=since)
        complete, newline, partial = text.rpartition("\n")
        # The limit can fall within a line, or within a character.
        is_truncated = bool(partial and newline) and len(text.encode()) >= logs.LOG_BYTES - 3
        return logs.lines(pod, complete if is_truncated else text)

    def _log(self, pod: str, *, lines: int, stamped: bool = False, since: str = "") -> str:
        api = self.api()
        answer = api.log(pod, container=MAIN, lines=lines, stamped=stamped, since=since) if flow.is_name(pod) else None
        if answer is None or answer.status == _NOT_FOUND:
            raise TargetNotFound(
                kind="pod",
                key=pod,
                where=f"namespace {self.namespace}",
                next_step="if the workflow has ended, read its logs that Atmosphere saved in logs/atmosphere_deploy.d",
            )
        if answer.status == _BAD_REQUEST and _NOT_YET in answer.message:
            return ""
        return answers.checked(api, answer, f"to show the log of pod {pod}", verb="get", resource="pods/log").text

    def planned(self, old: Workflow) -> dict[str, Json]:
        """Return the values that identify a resubmission of `old`, for a `Call`."""
        return resubmit.planned(old)

    def current(self, call: Call) -> Json:
        """Return the identifying values of the new workflow in the form of `planned`; None when there is none.

        A workflow under deletion counts as absent. Raises as `workflow` does.
        """
        new = self.workflow(call.target)
        if new is None or new.is_deleting:
            return None
        return {"resubmitted_from": new.labels.get(flow.RESUBMITTED_FROM), "spec": flow.spec_digest(new)}

    def _send(self, call: Call) -> None:
        """Resubmit the old workflow, or delete the new one. After a lost response, look up the result by name.

        Raises:
            StalePlan: Another workflow has the name, or the old one is not as planned.
            Refused: The account lacks the permission, or the workflow to delete has finished.
            TargetNotFound, NotConnected: As `find` does; the request did not reach the API.
            CallUnsettled: The response was lost, and the result is not there, or can't be read.
        """
        try:
            resubmit.send(self.api(), call, find=self.find)
        except ResponseLost as lost:
            self._settle(call, lost)

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._api:
            self._api.close()
            self._api = None

    def api(self) -> KubeApi:
        """Return the connection for this package, opened at its first use; raises as `workflow` does."""
        if not self.url:
            raise Refused(
                what="Argo is not configured",
                why="RUNBOOK_ARGO_URL is not set",
                next_step="set it to the address of the Kubernetes API of the cluster that runs Argo",
            )
        with self._opening:  # two threads that import the client at the same time wait for each other forever
            if self._api is None:
                from runbook_lib.systems.argo.kube import KubeApi  # noqa: PLC0415 - the client is slow to import

                self._api = KubeApi(url=self.url, config_file=self._config_file)
            return self._api
