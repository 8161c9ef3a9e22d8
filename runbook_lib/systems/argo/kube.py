"""Send requests to the Kubernetes API within time limits; the only module that imports its client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import urllib3
from kubernetes.client import AuthorizationV1Api, CoreV1Api, CustomObjectsApi, VersionApi
from kubernetes.client.exceptions import ApiException
from kubernetes.client.models import (
    V1DeleteOptions,
    V1Preconditions,
    V1ResourceAttributes,
    V1SelfSubjectAccessReview,
    V1SelfSubjectAccessReviewSpec,
)

from runbook_lib.errors import NotConnected, ResponseLost
from runbook_lib.systems import limited_http
from runbook_lib.systems.argo import account
from runbook_lib.systems.argo.lines import LOG_BYTES
from runbook_lib.systems.argo.workflow import GROUP, PLURAL, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook_lib.errors import Trouble

# A page of workflows can have 500 large objects.
LIMITS = limited_http.Limits(max_bytes=64_000_000)
_CERTIFICATES = "check certificate-authority in kubeconfig"
PAGE = 500  # objects per response, like kubectl


@dataclass(frozen=True)
class KubeResponse:
    """A response of the API with any status except 401 and 5xx, which raise errors.

    Attributes:
        status: The HTTP status.
        text: The body as text.
        body: The body if it is a JSON object; otherwise None.
    """

    status: int
    text: str
    body: Any = None

    @property
    def reason(self) -> str:
        """The ``reason`` of a `Status` object, such as ``AlreadyExists``; empty for any other body."""
        return str(self.body.get("reason", "")) if isinstance(self.body, dict) else ""

    @property
    def message(self) -> str:
        """The ``message`` of a `Status` object, or the beginning of any other body; at most 300 characters."""
        text = self.body.get("message", "") if isinstance(self.body, dict) else self.text
        return " ".join(str(text).split())[:300]


class KubeApi:
    """One cluster and one namespace, with the account from kubeconfig."""

    def __init__(self, *, url: str, config_file: Path | None) -> None:
        """Read kubeconfig. Sends nothing yet.

        Args:
            url: The address of the Kubernetes API.
            config_file: The kubeconfig; None is ``$KUBECONFIG`` or ``~/.kube/config``.

        Raises:
            Refused: Kubeconfig can't be read or has no context for this address, or the address is not encrypted.
        """
        self.address = url
        login = account.load(url, str(config_file) if config_file else account.default_file())
        self.namespace, self.context = login.namespace, login.context
        client = login.client
        # No write is repeated, since the first request might have arrived. Credentials follow no redirect.
        client.configuration.retries = urllib3.Retry(total=0, redirect=0, raise_on_redirect=False)
        self._client = type(client)(client.configuration)
        client.close()
        limited_http.limit_pools(self._client.rest_client.pool_manager, lambda: LIMITS)
        self._workflows, self._core = CustomObjectsApi(self._client), CoreV1Api(self._client)

    def workflows(self, *, selector: str = "", after: str = "") -> KubeResponse:
        """Ask for one page of workflows.

        Args:
            selector: A label selector; empty for all.
            after: The continuation token of the page before.

        Raises:
            NotConnected: No response within the limits, rejected credentials, or a server error.
        """
        options = {"label_selector": selector} if selector else {}
        options |= {"_continue": after} if after else {}
        kind = (GROUP, VERSION, self.namespace, PLURAL)
        return self._send(self._workflows.list_namespaced_custom_object, *kind, limit=PAGE, **options)

    def workflow(self, name: str) -> KubeResponse:
        """Ask for one workflow; raises as `workflows` does."""
        kind = (GROUP, VERSION, self.namespace, PLURAL)
        return self._send(self._workflows.get_namespaced_custom_object, *kind, name)

    def create(self, body: dict[str, Any]) -> KubeResponse:
        """Ask for a new workflow.

        Raises:
            NotConnected: The request did not reach the API.
            ResponseLost: It was sent, and no usable response came back.
        """
        kind = (GROUP, VERSION, self.namespace, PLURAL)
        return self._write(self._workflows.create_namespaced_custom_object, *kind, body)

    def delete(self, name: str, *, uid: str) -> KubeResponse:
        """Ask to delete the workflow with exactly this uid, and its pods; raises as `create` does."""
        kind = (GROUP, VERSION, self.namespace, PLURAL)
        options = V1DeleteOptions(propagation_policy="Background", preconditions=V1Preconditions(uid=uid))
        return self._write(self._workflows.delete_namespaced_custom_object, *kind, name, body=options)

    def pods(self, *, selector: str) -> KubeResponse:
        """Ask for the pods with these labels; raises as `workflows` does."""
        return self._send(self._core.list_namespaced_pod, self.namespace, label_selector=selector, limit=PAGE)

    def log(self, pod: str, *, container: str, lines: int = 0, stamped: bool = False, since: str = "") -> KubeResponse:
        """Ask for lines of a container's log; raises as `workflows` does.

        Args:
            pod: The pod.
            container: Its container.
            lines: How many last lines; 0 for all. For all, the API returns the first `LOG_BYTES`.
            stamped: Whether each line begins with its timestamp.
            since: Return only lines of this time or later, such as ``2026-01-15T12:00:00Z``; empty for all lines.
        """
        query = {"container": container, "limitBytes": str(LOG_BYTES)}
        query |= {"tailLines": str(lines)} if lines else {}
        query |= {"timestamps": "true"} if stamped else {}
        query |= {"sinceTime": since} if since else {}
        return self._send(self._get_log, pod, query)

    def _get_log(self, pod: str, query: dict[str, str], *, _request_timeout: Any, **_: Any) -> Any:
        """Send the request of the client's own method, which lacks Kubernetes' parameter ``sinceTime``."""
        request = self._client.param_serialize(
            method="GET",
            resource_path="/api/v1/namespaces/{namespace}/pods/{name}/log",
            path_params={"namespace": self.namespace, "name": pod},
            query_params=list(query.items()),
            header_params={"Accept": "text/plain"},
            auth_settings=["BearerToken"],
        )
        return self._client.call_api(*request, _request_timeout=_request_timeout).response

    def version(self) -> KubeResponse:
        """Ask for the version of Kubernetes; raises as `workflows` does."""
        return self._send(VersionApi(self._client).get_code)

    def review(self, *, verb: str, resource: str) -> KubeResponse:
        """Ask whether this account has a permission in the namespace. Changes nothing; raises as `workflows` does.

        Args:
            verb: A Kubernetes verb, such as ``create``.
            resource: ``workflows``, ``pods``, or ``log`` for the logs of pods.
        """
        pods = {"group": "", "resource": "pods"} | ({"subresource": "log"} if resource == "log" else {})
        kind: dict[str, Any] = {"group": GROUP, "resource": PLURAL} if resource == PLURAL else pods
        attributes = V1ResourceAttributes(namespace=self.namespace, verb=verb, **kind)
        body = V1SelfSubjectAccessReview(spec=V1SelfSubjectAccessReviewSpec(resource_attributes=attributes))
        return self._send(AuthorizationV1Api(self._client).create_self_subject_access_review, body)

    def close(self) -> None:
        """Close the sockets."""
        self._client.rest_client.pool_manager.clear()
        self._client.close()

    def not_connected(self, kind: Trouble, reason: str) -> NotConnected:
        """Return the error for this cluster."""
        return NotConnected(kind=kind, system="the Kubernetes API of Argo", address=self.address, reason=reason)

    def invalid_response(self, reason: str) -> NotConnected:
        """Return the error for a response that this API can't have sent."""
        return self.not_connected("wrong-answer", reason)

    def _write(self, call: Callable[..., Any], *args: Any, **options: Any) -> KubeResponse:
        """Make one call of the client that changes something; raises as `create` does."""
        try:
            return self._send(call, *args, **options)
        except NotConnected as error:
            if limited_http.never_arrived(error):
                raise
            raise ResponseLost(error) from error

    def _send(self, call: Callable[..., Any], *args: Any, **options: Any) -> KubeResponse:
        """Make one call of the client and return the raw response."""
        try:
            response = call(*args, **options, _preload_content=False, _request_timeout=(LIMITS.connect, LIMITS.read))
            status, data = int(response.status), bytes(response.data)
        except (ApiException, *limited_http.HTTP_ERRORS) as error:
            if not (isinstance(error, ApiException) and error.status):
                raise self.not_connected(*limited_http.problem(error, LIMITS, certificates=_CERTIFICATES)) from error
            status, data = int(error.status), (error.body or "").encode()
        if status == 401:  # noqa: PLR2004 - the number is the name
            raise self.not_connected(
                "login",
                f"it rejected the account of context {self.context} in kubeconfig (HTTP 401); check its token",
            )
        text = data.decode(errors="replace")
        try:
            body = limited_http.parse_json(text)
        except limited_http.BadResponse:
            body = None
        answer = KubeResponse(status, text, body if isinstance(body, dict) else None)
        if status >= 500:  # noqa: PLR2004
            message = f": {answer.message}" if answer.reason else ""
            raise self.not_connected("unreachable", f"it responded with HTTP {status}{message}")
        return answer
