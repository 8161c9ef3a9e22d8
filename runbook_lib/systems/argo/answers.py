"""What an answer of the Kubernetes API means: the objects in it, or the error that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from runbook_lib.errors import Refused
from runbook_lib.systems.argo import workflow as flow
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.argo.kube import KubeApi, KubeResponse
    from runbook_lib.systems.argo.workflow import Pod, Workflow

_OK, _FORBIDDEN, _NOT_FOUND = range(200, 300), 403, 404
_MOST_PAGES = 200  # a server that never ends a list is not waited for


def checked(
    api: KubeApi, answer: KubeResponse, asked: str, *, verb: str = "list", resource: str = "workflows"
) -> KubeResponse:
    """Return an answer that is a success.

    Args:
        api: Who answered.
        answer: What.
        asked: What was asked for, after "refused".
        verb: The right that it takes, in Kubernetes' words.
        resource: On what.

    Raises:
        Refused: The account lacks the right, Argo is not installed there, or the API objects to what was sent.
    """
    if answer.status in _OK:
        return answer
    step = "correct what it objects to, then plan again"
    if answer.status == _FORBIDDEN:
        full = resource if resource != "workflows" else f"workflows.{flow.GROUP}"
        step = (
            f"ask the cluster's operators for a role that may {verb} {resource} in namespace {api.namespace}; "
            + commands.kubectl("auth", "can-i", verb, full, "-n", api.namespace)
        )
    elif answer.status == _NOT_FOUND:
        command = commands.kubectl("get", "crd", f"workflows.{flow.GROUP}")
        step = f"check that RUNBOOK_ARGO_URL is Argo's cluster: {command}"
    raise Refused(
        what=f"the Kubernetes API of Argo refused {asked}",
        why=f"HTTP {answer.status}: {answer.words}",
        next_step=step,
    )


def workflow(api: KubeApi, body: object) -> Workflow:
    """Return one object of an answer.

    Raises:
        NotConnected: It is no workflow: something else answers at that address.
    """
    try:
        return flow.from_json(_object(body))
    except ValueError as error:
        raise api.nonsense(f"what it answered is no workflow: {error}") from error


def workflows(api: KubeApi, *, selector: str) -> list[Workflow]:
    """Return all workflows with these labels, page by page, oldest first.

    Raises:
        NotConnected, Refused: As `checked` and `workflow` do.
    """
    found: list[Workflow] = []
    after = ""
    for _ in range(_MOST_PAGES):
        answer = checked(api, api.workflows(selector=selector, after=after), "to list workflows")
        found += [workflow(api, body) for body in _items(api, answer)]
        after = str((answer.body.get("metadata") or {}).get("continue") or "")
        if not after:
            return sorted(found, key=lambda one: (one.created, one.name))
    raise api.nonsense(f"its list of workflows does not end after {_MOST_PAGES} pages")


def pods(api: KubeApi, *, selector: str) -> list[Pod]:
    """Return the pods with these labels, oldest first; raises as `workflows` does."""
    answer = checked(api, api.pods(selector=selector), "to list pods", resource="pods")
    try:
        found = [flow.pod_from_json(_object(body)) for body in _items(api, answer)]
    except ValueError as error:
        raise api.nonsense(f"what it answered is no list of pods: {error}") from error
    return sorted(found, key=lambda pod: (pod.created, pod.name))


class Summary(NamedTuple):
    """The cluster's version, the namespace, and what the account may do there, in words."""

    version: str
    namespace: str
    may: str


def summary(api: KubeApi) -> Summary:
    """Return the cluster's version, the namespace, and what the account may do there.

    Raises:
        NotConnected, Refused: As `workflows` does; what answers is no Kubernetes API.
    """
    version = checked(api, api.version(), "to tell its version", resource="version").body
    found = str(version.get("gitVersion", "")) if isinstance(version, dict) else ""
    if not found:
        raise api.nonsense("what it answered is no version; is this the address of a Kubernetes API?")
    asked = [(verb, "workflows") for verb in ("list", "get", "create", "delete")] + [("list", "pods"), ("get", "log")]
    rights = {f"{verb} {resource}": _may(api, verb, resource) for verb, resource in asked}
    may = ", ".join(words for words, allowed in rights.items() if allowed) or "do nothing"
    lacks = ", ".join(words for words, allowed in rights.items() if not allowed)
    return Summary(f"Kubernetes {found}", api.namespace, may + (f"; may not {lacks}" if lacks else ""))


def _may(api: KubeApi, verb: str, resource: str) -> bool:
    answer = checked(api, api.review(verb=verb, resource=resource), "to tell what this account may do", verb="create")
    status = answer.body.get("status") if isinstance(answer.body, dict) else None
    return isinstance(status, dict) and status.get("allowed") is True


def _items(api: KubeApi, answer: KubeResponse) -> list[Any]:
    items = answer.body.get("items") if isinstance(answer.body, dict) else None
    if not isinstance(items, list):
        raise api.nonsense("what it answered is no list; is this the address of a Kubernetes API?")
    return items


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise ValueError("it is no object at all")
    return body
