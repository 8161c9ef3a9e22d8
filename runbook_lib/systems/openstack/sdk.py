"""Open one cloud with openstacksdk, and send requests to it within time limits."""

from __future__ import annotations

import os
import re
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import keystoneauth1.exceptions as auth_errors
from keystoneauth1.session import Session
from openstack import exceptions as sdk_errors
from openstack.config import OpenStackConfig
from openstack.config.loader import CONFIG_FILES
from openstack.connection import Connection

from runbook_lib.config.settings import without_credentials
from runbook_lib.errors import NotConnected, Refused, ResponseLost
from runbook_lib.systems import limited_http
from runbook_lib.systems.gateway import SHAPE_ERRORS
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openstack.config.cloud_region import CloudRegion
    from openstack.proxy import Proxy

    from runbook_lib.errors import Trouble

LIMITS = limited_http.Limits()
_CERTIFICATES = "check cacert in clouds.yaml"
# A read can be repeated. A write must not be, since the first request might have arrived.
READ_RETRIES = {
    "connect_retries": 1,
    "status_code_retries": 1,
    "retriable_status_codes": [502, 503, 504],
    "status_code_retry_delay": 0.5,
}
NO_RETRIES = {"connect_retries": 0, "status_code_retries": 0}
# The last ones are those of keystoneauth when Keystone's response is not a token.
_ERRORS = (
    auth_errors.ClientException,
    sdk_errors.SDKException,
    *limited_http.HTTP_ERRORS,
    *SHAPE_ERRORS,
)
_FILTERING, _SDK_MODULES = threading.Lock(), re.compile(r"openstack\.")


@dataclass(frozen=True)
class CloudResponse:
    """A response of the service with any status except 401 and 5xx, which raise errors.

    Attributes:
        status: The HTTP status.
        text: The body as text.
        body: The parsed body if it is JSON; otherwise None.
    """

    status: int
    text: str
    body: Any = None


class _LimitedSession(Session):
    """A session whose requests, including those for tokens, have the limits of all HTTP gateways.

    By default, keystoneauth follows 30 redirects to any host, with the password or token (keystoneauth1/session.py,
    ``DEFAULT_REDIRECT_LIMIT``).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "redirect": False})
        limited_http.mount(self.session, lambda: LIMITS, source="clouds.yaml or Keystone's catalog")


class ServiceApi:
    """One service of one cloud, at its address in the catalog, without version discovery."""

    service: ClassVar[str]
    """The service's type in the catalog."""
    version: ClassVar[str]
    """The only version in use: version discovery would cost a round trip."""
    proxy: ClassVar[type[Proxy]]
    """The SDK's class for the service."""

    def __init__(self, *, system: str, cloud: str, config_file: Path | None) -> None:
        """Read ``clouds.yaml``. Sends nothing yet.

        Args:
            system: The name for messages, e.g. ``Glance of provider 4 (cloud iu)``.
            cloud: The name in ``clouds.yaml``.
            config_file: The file to read; None means openstacksdk's default locations.

        Raises:
            Refused: The cloud is not in the file, or its entry can't be used.
        """
        self._system = system
        region = _cloud_region(system, cloud, config_file)
        self._auth_address = without_credentials(str(region.config.get("auth", {}).get("auth_url", "")))
        self._address = self._auth_address
        self._connection = Connection(config=region)
        self._region = region
        self._proxy: Proxy | None = None

    @property
    def address(self) -> str:
        """The address without credentials: Keystone's until the service's address is known."""
        return self._address

    def request(self, method: str, path: str, *, json: Any = None, content_type: str = "") -> CloudResponse:
        """Send one request and return the response, including client errors (4xx).

        Raises:
            NotConnected: The request did not arrive. For a read, also no usable response: none within the limits, or a
                server error.
            ResponseLost: A write was sent, and no usable response came back.
        """
        try:
            if method == "GET":
                return self._exchange(method, path, json, content_type)
            self.connect()  # what fails here was not sent to the service
            return self._exchange(method, path, json, content_type)
        except NotConnected as error:
            if method == "GET" or limited_http.never_arrived(error):
                raise
            raise ResponseLost(error) from error

    def _exchange(self, method: str, path: str, json: Any, content_type: str) -> CloudResponse:
        retries = READ_RETRIES if method == "GET" else NO_RETRIES
        headers = {"Content-Type": content_type} if content_type else {}
        with self._explained():
            response = self._open().request(path, method, json=json, headers=headers, **retries)
        if response.status_code == 401:  # noqa: PLR2004 - the number is the name
            raise self._not_connected(*_trouble(auth_errors.Unauthorized(), self.service))
        if response.status_code >= 500:  # noqa: PLR2004
            raise self._not_connected("unreachable", f"it responded with HTTP {response.status_code}")
        is_json = "json" in response.headers.get("Content-Type", "") and response.content
        try:
            body = limited_http.parse_json(response.content) if is_json else None
            return CloudResponse(response.status_code, response.text, body)
        except limited_http.BadResponse as error:
            raise self.invalid_response() from error

    def invalid_response(self) -> NotConnected:
        """Return the error for a response that such a service can't have sent."""
        return self._not_connected("wrong-answer", f"its response is not that of a {self.service} service")

    def connect(self) -> None:
        """Get a token and find the service in the catalog, unless this is done already.

        Raises:
            NotConnected: No response within the limits, rejected credentials, or no such service in that region.
        """
        with self._explained():
            self._open()

    def scope(self) -> str:
        """Return Keystone's address, and the project of the token with its ID.

        Raises:
            NotConnected: As `connect` does.
        """
        access = self._access()
        project = f"project {access.project_name} with ID {access.project_id}" if access.project_id else "no project"
        return f"{self._auth_address}, {project}"

    def _access(self) -> Any:
        """Return what Keystone says of the token."""
        self.connect()  # gets a token, or raises the reason
        session = self._region.get_session()
        plugin: Any = session.auth
        with self._explained():
            return plugin.get_access(session)

    def close(self) -> None:
        """Close the sockets."""
        self._connection.close()
        self._region.get_session().session.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise every error of the SDK and of the libraries below it as a `NotConnected`."""
        try:
            with _sdk_warnings_off():
                yield
        except _ERRORS as error:
            raise self._not_connected(*_trouble(error, self.service)) from error

    def _open(self) -> Proxy:
        """Return the SDK's proxy. The first call gets a token and reads the catalog in it."""
        if self._proxy is not None:
            return self._proxy
        proxy = self._region.get_session_client(self.service, constructor=self.proxy)
        proxy.endpoint_override = self._at_version(self._endpoint(proxy).rstrip("/"))
        # The SDK's own `connection.image` does the same after version discovery.
        proxy._connection = self._connection  # noqa: SLF001
        self._address = without_credentials(proxy.endpoint_override)
        self._proxy = proxy
        return proxy

    def _at_version(self, root: str) -> str:
        """Return the service's address with the version."""
        return root if root.endswith(f"/{self.version}") else f"{root}/{self.version}"

    def _endpoint(self, proxy: Proxy) -> str:
        """Return the address in the catalog."""
        endpoint = proxy.get_endpoint(skip_discovery=True)
        if endpoint is None:
            raise auth_errors.EndpointNotFound
        return str(endpoint)

    def _not_connected(self, kind: Trouble, reason: str) -> NotConnected:
        return NotConnected(kind=kind, system=self._system, address=self._address, reason=reason)


def _cloud_region(system: str, cloud: str, config_file: Path | None) -> CloudRegion:
    """Return the SDK's view of one entry of ``clouds.yaml``."""
    searched = [str(config_file)] if config_file else _searched_files()
    try:
        config = _config(config_file)
        if cloud not in config.get_cloud_names():
            raise Refused(
                what=f"{system}: clouds.yaml has no cloud {cloud}",
                why=f"searched, ignoring files that are not valid YAML: {', '.join(searched)}",
                next_step=f"add an entry {cloud} under 'clouds:' in one of these files, or correct RUNBOOK_CLOUDS",
            )
        with _sdk_warnings_off():
            return config.get_one(cloud=cloud)
    except (auth_errors.ClientException, sdk_errors.SDKException, OSError) as error:
        # The error's text can quote the entry with its password, so name only the error's type.
        raise Refused(
            what=f"{system}: the entry {cloud} in clouds.yaml can't be used",
            why=f"openstacksdk raised {type(error).__name__}; searched: {', '.join(searched)}",
            next_step=f"correct the entry and check it: {commands.openstack('token', 'issue', cloud=cloud)}",
        ) from error


@contextmanager
def _sdk_warnings_off() -> Iterator[None]:
    """Suppress deprecation warnings that the SDK causes itself on every request. No operator can act on them.

    Source: openstacksdk 4.22 calls ``Proxy._extract_name`` with an unnecessary parameter, and treats its empty InfluxDB
    settings as set: https://opendev.org/openstack/openstacksdk/src/branch/master/openstack/proxy.py

    The filter remains: removing it after one request would affect concurrent requests in other threads.
    """
    with _FILTERING:
        if not any(entry[0] == "ignore" and entry[3] == _SDK_MODULES for entry in warnings.filters):
            warnings.filterwarnings("ignore", category=PendingDeprecationWarning, module=_SDK_MODULES.pattern)
    yield


def _config(config_file: Path | None) -> OpenStackConfig:
    """Return the SDK's reader of ``clouds.yaml``. With a given file, it reads only that file and no environment."""
    if config_file is None:
        return OpenStackConfig(session_constructor=_LimitedSession, app_name="runbook")
    return OpenStackConfig(
        config_files=[str(config_file)],
        secure_files=[],
        vendor_files=[],
        load_envvars=False,
        session_constructor=_LimitedSession,
        app_name="runbook",
    )


def _searched_files() -> Sequence[str]:
    """Return the paths where openstacksdk searches for ``clouds.yaml``, in its order."""
    from_environment = os.environ.get("OS_CLIENT_CONFIG_FILE", "")
    return [from_environment, *CONFIG_FILES] if from_environment else list(CONFIG_FILES)


def _trouble(error: Exception, service: str) -> tuple[Trouble, str]:
    """Return the kind of problem, and one sentence for the operator without the SDK's text.

    The SDK's text can contain an address with credentials.
    """
    if isinstance(error, auth_errors.Unauthorized):
        return "login", "it rejected the username, password or token in clouds.yaml (HTTP 401)"
    if isinstance(error, auth_errors.EndpointNotFound | auth_errors.EmptyCatalog):
        reason = f"Keystone's catalog has no {service} service for this region; check region_name in clouds.yaml"
        return "unreachable", reason
    if isinstance(error, (auth_errors.ConnectionError, *limited_http.HTTP_ERRORS)):
        return limited_http.problem(error, LIMITS, certificates=_CERTIFICATES)
    if isinstance(error, (auth_errors.InvalidResponse, *SHAPE_ERRORS)):
        return "wrong-answer", "its response is not that of Keystone; check auth_url in clouds.yaml"
    if isinstance(error, auth_errors.DiscoveryFailure):
        return "unreachable", "no service responds there"
    status = getattr(error, "http_status", None) or getattr(error, "status_code", None)
    return (
        "unreachable",
        f"it responded with HTTP {status}" if status else f"openstacksdk raised {type(error).__name__}",
    )
