"""Turn responses of the Kubernetes API into objects or errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from runbook_lib.errors import Refused
from runbook_lib.systems.argo import workflow as flow
from runbook_lib.systems.gateway import SHAPE_ERRORS
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.argo.kube import KubeApi, KubeResponse
    from runbook_lib.systems.argo.workflow import Pod, Workflow

_OK, _FORBIDDEN, _NOT_FOUND = range(200, 300), 403, 404
_MAX_PAGES = 200  # stop here when a server's list never ends


def checked(
    api: KubeApi, answer: KubeResponse, asked: str, *, verb: str = "list", resource: str = "workflows"
) -> KubeResponse:
    """Return `answer` if it is a success.

    Args:
        api: The cluster that responded.
        answer: Its response.
        asked: The request in words, to follow "rejected the request", such as ``to list workflows``.
        verb: The Kubernetes verb of the required permission.
        resource: The resource of the required permission.

    Raises:
        Refused: The account lacks the permission, Argo is not installed there, or the API rejects the body.
    """
    if answer.status in _OK:
        return answer
    step = "correct the value that it rejects, then make a new plan"
    if answer.status == _FORBIDDEN:
        full = resource if resource != "workflows" else f"workflows.{flow.GROUP}"
        step = (
            f"ask the cluster's operators for a role that can {verb} {resource} in namespace {api.namespace}; check: "
            + commands.kubectl("auth", "can-i", verb, full, "-n", api.namespace)
        )
    elif answer.status == _NOT_FOUND:
        command = commands.kubectl("get", "crd", f"workflows.{flow.GROUP}")
        step = f"check that RUNBOOK_ARGO_URL is Argo's cluster: {command}"
    raise Refused(
        what=f"the Kubernetes API of Argo rejected the request {asked}",
        why=f"HTTP {answer.status}: {answer.message}",
        next_step=step,
    )


def workflow(api: KubeApi, body: object) -> Workflow:
    """Return a response's object as a workflow.

    Raises:
        NotConnected: It is not a workflow: another service responds at that address.
    """
    try:
        return flow.from_json(_object(body))
    except ValueError as error:
        raise api.invalid_response(f"its response is not a workflow: {error}") from error
    except SHAPE_ERRORS as error:
        raise api.invalid_response("its response is not a workflow") from error


def workflows(api: KubeApi, *, selector: str) -> list[Workflow]:
    """Return all workflows with these labels, oldest first. Reads page by page.

    Raises:
        NotConnected, Refused: As `checked` and `workflow` do.
    """
    result: list[Workflow] = []
    after = ""
    for _ in range(_MAX_PAGES):
        answer = checked(api, api.workflows(selector=selector, after=after), "to list workflows")
        result += [workflow(api, body) for body in _items(api, answer)]
        metadata = answer.body.get("metadata")
        after = str(metadata.get("continue") or "") if isinstance(metadata, dict) else ""
        if not after:
            return sorted(result, key=lambda item: (item.created, item.name))
    raise api.invalid_response(f"its list of workflows does not end after {_MAX_PAGES} pages")


def pods(api: KubeApi, *, selector: str) -> list[Pod]:
    """Return the pods with these labels, oldest first; raises as `workflows` does."""
    answer = checked(api, api.pods(selector=selector), "to list pods", resource="pods")
    try:
        result = [flow.pod_from_json(_object(body)) for body in _items(api, answer)]
    except ValueError as error:
        raise api.invalid_response(f"its response is not a list of pods: {error}") from error
    except SHAPE_ERRORS as error:
        raise api.invalid_response("its response is not a list of pods") from error
    return sorted(result, key=lambda pod: (pod.created, pod.name))


class Summary(NamedTuple):
    """The cluster's version, the namespace, and the account's permissions there, in words."""

    version: str
    namespace: str
    permissions: str


def summary(api: KubeApi) -> Summary:
    """Return the cluster's version, the namespace, and the account's permissions there.

    Raises:
        NotConnected, Refused: As `workflows` does, and when the service is not a Kubernetes API.
    """
    body = checked(api, api.version(), "to show its version", resource="version").body
    version = str(body.get("gitVersion", "")) if isinstance(body, dict) else ""
    if not version:
        raise api.invalid_response("its response has no version; check that it is the address of a Kubernetes API")
    asked = [(verb, "workflows") for verb in ("list", "get", "create", "delete")] + [("list", "pods"), ("get", "log")]
    rights = {f"{verb} {resource}": _may(api, verb, resource) for verb, resource in asked}
    granted = ", ".join(right for right, allowed in rights.items() if allowed) or "do nothing"
    denied = ", ".join(right for right, allowed in rights.items() if not allowed)
    permissions = granted + (f"; may not {denied}" if denied else "")
    return Summary(f"Kubernetes {version}", api.namespace, permissions)


def _may(api: KubeApi, verb: str, resource: str) -> bool:
    review = api.review(verb=verb, resource=resource)
    answer = checked(api, review, "to show the permissions of this account", verb="create")
    status = answer.body.get("status") if isinstance(answer.body, dict) else None
    return isinstance(status, dict) and status.get("allowed") is True


def _items(api: KubeApi, answer: KubeResponse) -> list[Any]:
    items = answer.body.get("items") if isinstance(answer.body, dict) else None
    if not isinstance(items, list):
        raise api.invalid_response("its response is not a list; check that it is the address of a Kubernetes API")
    return items


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise ValueError("it is not a JSON object")
    return body
