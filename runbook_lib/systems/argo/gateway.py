"""Argo's workflows in one namespace: find, read, resubmit, delete, and read what their pods wrote."""

from __future__ import annotations

import difflib
import importlib
import threading
from typing import TYPE_CHECKING

from runbook_lib.errors import NotConnected, Refused, TargetNotFound
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
MAIN = "main"  # the container that does the work; ``wait`` beside it is Argo's
_NOT_FOUND, _BAD_REQUEST = 404, 400
_NOT_YET = "is waiting to start"


class Argo(Gateway):
    """The workflows of one namespace.

    A `Call` names ``system="argo"``, ``target`` the new workflow's name, and as ``action`` ``resubmit <old name>``.
    ``before`` is None (there is no such workflow), ``after`` what `planned` returns. Its inverse deletes the new
    workflow, and its pods, while it has not finished.
    """

    def __init__(
        self, url: str, *, config_file: Path | None = None, may_write: Callable[[], bool] = lambda: True
    ) -> None:
        """Keep where it is; nothing is read or sent before the first use.

        Args:
            url: The address of the Kubernetes API; account and namespace are those of its context in kubeconfig.
            config_file: The kubeconfig; None is ``$KUBECONFIG`` or ``~/.kube/config``.
            may_write: Asked before every write; False refuses it.
        """
        self.url = url
        self._config_file = config_file
        self.may_write = may_write
        self._api: KubeApi | None = None
        self._opening = threading.Lock()

    def prepare(self) -> None:
        """Load the client, which can take seconds: before a time limit begins to run. Nothing is read or sent."""
        if self.url:
            with self._opening:
                importlib.import_module("runbook_lib.systems.argo.kube")

    @property
    def namespace(self) -> str:
        """The namespace of kubeconfig's context; raises as `workflow` does."""
        return self.api().namespace

    def summary(self) -> answers.Summary:
        """Return version, namespace and what this account may do there, in words; raises as `workflow` does."""
        return answers.summary(self.api())

    def workflow(self, name: str) -> Workflow | None:
        """Return one workflow, or None.

        Raises:
            NotConnected: The API does not answer, or not to this account, or what it answers is no workflow.
            Refused: Kubeconfig can't be used, the account may not read workflows, or there is no Argo here.
        """
        if not flow.is_name(name):
            return None  # no object can have it, and it could be another address
        api = self.api()
        answer = api.workflow(name)
        if answer.status == _NOT_FOUND and answer.reason == "NotFound":
            return None
        return answers.workflow(api, answers.checked(api, answer, f"to show workflow {name}", verb="get").body)

    def find(self, name: str) -> Workflow:
        """Return one workflow.

        Raises:
            TargetNotFound: There is none; Argo deletes old ones.
            NotConnected, Refused: As `workflow` does.
        """
        found = self.workflow(name)
        if found is None:
            names = sorted(one.name for one in self.workflows())
            raise TargetNotFound(
                kind="workflow",
                key=name,
                where=f"namespace {self.namespace}",
                similar=difflib.get_close_matches(name, names, n=3, cutoff=0.7),
                next_step=(
                    f"list them: argo list -n {self.namespace} -l instance_uuid=UUID; Argo deletes old ones, and "
                    "then only Atmosphere itself can deploy again: redeploy the instance"
                ),
            )
        return found

    def workflows(self, **labels: str) -> list[Workflow]:
        """Return the workflows whose labels have these values, oldest first; raises as `workflow` does.

        A value that can't be a label's is on no workflow, and is not asked for.
        """
        if not all(flow.is_label_value(value) for value in labels.values()):
            return []
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return answers.workflows(self.api(), selector=selector)

    def of_instance(self, instance_id: str, *, server_ip: str = "") -> list[Workflow]:
        """Return the workflows that deploy an instance, oldest first; raises as `workflow` does.

        Args:
            instance_id: The instance, by its label; empty when it is not known.
            server_ip: Its address: finds those without a label, which releases before v37-3 made.
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
        """Return the workflows that fit all that is given, oldest first; raises as `workflow` does.

        Args:
            instance_id: The instance that they deploy, by their label.
            server_ip: Its address: finds those without a label too, which releases before v37-3 made.
            username: Whose instance, by label and, where there is none, by the parameter ``user``: a name with ``@`` or
                ``+`` can't be a label's value.
            phase: One of `flow.PHASES`.
            since: They were submitted then or later; aware.
        """
        wanted = search.WorkflowQuery(instance_id, server_ip, username, phase, since)
        return search.run(self.api(), wanted)

    def pods(self, name: str) -> list[Pod]:
        """Return a workflow's pods, in the order in which they were made; raises as `workflow` does."""
        if not flow.is_label_value(name):
            return []
        return answers.pods(self.api(), selector=f"{flow.WORKFLOW_OF_POD}={name}")

    def log(self, pod: str, *, lines: int = 200) -> str:
        """Return the last lines that a pod's main container wrote; at most a million bytes.

        Raises:
            TargetNotFound: There is no such pod any more.
            NotConnected, Refused: As `workflow` does.
        """
        return self._log(pod, lines=lines)

    def lines(self, pod: str, *, most: int = 0, since: str = "") -> tuple[LogLine, ...]:
        """Return what a pod's main container wrote, line by line; empty while it has not started. Raises as `log` does.

        Args:
            pod: The pod.
            most: The last so many lines; 0 for all. Of all, the first million bytes come: ask again for the rest.
            since: A second as `LogLine.second` has it: only lines of then or later.
        """
        text = self._log(pod, lines=most, stamped=True, since=since)
        whole, feed, part = text.rpartition("\n")
        cut = (
            bool(part and feed) and len(text.encode()) >= logs.LOG_BYTES - 3
        )  # in the middle of a line, or of a character
        return logs.lines(pod, whole if cut else text)

    def _log(self, pod: str, *, lines: int, stamped: bool = False, since: str = "") -> str:
        api = self.api()
        answer = api.log(pod, container=MAIN, lines=lines, stamped=stamped, since=since) if flow.is_name(pod) else None
        if answer is None or answer.status == _NOT_FOUND:
            raise TargetNotFound(
                kind="pod",
                key=pod,
                where=f"namespace {self.namespace}",
                next_step="after the workflow has ended, Atmosphere keeps its logs in logs/atmosphere_deploy.d",
            )
        if answer.status == _BAD_REQUEST and _NOT_YET in answer.words:
            return ""
        return answers.checked(api, answer, f"to show the log of pod {pod}", verb="get", resource="pods/log").text

    def planned(self, old: Workflow) -> dict[str, Json]:
        """Return what a resubmission of `old` is recognised by, for a `Call`."""
        return resubmit.planned(old)

    def current(self, call: Call) -> Json:
        """Return what `planned` returned for the workflow that `call` names; None when there is none, or not any more.

        Raises as `workflow` does.
        """
        found = self.workflow(call.target)
        if found is None or found.deleting:
            return None
        return {"resubmitted_from": found.labels.get(flow.RESUBMITTED_FROM), "spec": flow.spec_digest(found)}

    def _send(self, call: Call) -> None:
        """Submit the old workflow again, or delete the new one; a lost answer is settled, for the name is known.

        Raises:
            StalePlan: Another workflow has the name, or the old one is not as planned.
            Refused: The account may not do it, or the workflow to delete has finished.
            TargetNotFound, NotConnected: As `find` does.
        """
        try:
            resubmit.send(self.api(), call, find=self.find)
        except NotConnected as error:
            self._settle(call, error)

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._api:
            self._api.close()
            self._api = None

    def api(self) -> KubeApi:
        """Return the connection, opened at its first use, for this package; raises as `workflow` does."""
        if not self.url:
            raise Refused(
                what="Argo is not configured",
                why="RUNBOOK_ARGO_URL is not set",
                next_step="set it to the address of the Kubernetes API that Argo's workflows live in",
            )
        with self._opening:  # threads that ask at once: two would import the client together, and wait for each other
            if self._api is None:
                from runbook_lib.systems.argo.kube import KubeApi  # noqa: PLC0415 - the client is slow to import

                self._api = KubeApi(url=self.url, config_file=self._config_file)
            return self._api
