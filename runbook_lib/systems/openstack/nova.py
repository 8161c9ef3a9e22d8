"""The compute service of one provider: servers, their faults, and the usage of projects. Read only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.openstack.capacity import hypervisor_from_json, usage_from_limits, usage_from_quota
from runbook_lib.systems.openstack.server import action_from_json, flavor_from_json, server_from_json
from runbook_lib.systems.openstack.service import OpenStackService
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from runbook_lib.systems.openstack.capacity import Hypervisor, Usage
    from runbook_lib.systems.openstack.sdk import CloudResponse
    from runbook_lib.systems.openstack.sdk_compute import ComputeApi
    from runbook_lib.systems.openstack.server import Action, Flavor, Server

PAGE = 200
MOST_MATCHES = 20  # servers that a search returns
_OK, _FORBIDDEN = range(200, 300), 403
_NO_ITEM, _NO_PROJECT = (404, "itemNotFound"), (400, "badRequest")


class Nova(OpenStackService["ComputeApi"]):
    """The compute service of one provider."""

    title = "Nova"

    def server(self, instance_id: str) -> Server | None:
        """Return one server; None when it does not exist or this account can't see it.

        Raises:
            NotConnected: Nova or Keystone does not respond, rejects this account, or returns an invalid response.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong, or Nova rejects the request.
        """
        answer = self._get_server(instance_id, "", f"to show server {instance_id}")
        return None if answer is None else self._read(answer, lambda body: server_from_json(body["server"]))

    def status_text(self, instance_id: str) -> str:
        """Return a server's current status in Nova as a sentence for a plan; raises as `server` does."""
        server = self.server(instance_id)
        if server is None:
            return f"{self.name} currently has no such server, or its account can't see it"
        fault = server.fault
        reason = f"; fault at {fault.created:%Y-%m-%d %H:%M} UTC: {mask(fault.message)!r}" if fault else ""
        return f"{self.name} currently shows: {server.stage}{reason}"

    def is_absent(self, instance_id: str) -> bool:
        """Return whether Nova has no such server. Nova hides other projects' servers from all but administrators.

        Raises:
            NotConnected, Refused: As `server` does; `Refused` also when the account is not an administrator.
        """
        self.hypervisors()  # for administrators only
        return self.server(instance_id) is None

    def servers(self, *, project_id: str = "", user_id: str = "", all_projects: bool = False) -> tuple[Server, ...]:
        """Return the servers of a project, of a user, or of both, newest first. Reads all pages.

        Nova omits the servers of a cell that is down, without notice.

        Args:
            project_id: The project's id, see `Keystone.project_id`; for administrators only.
            user_id: The id of the user who started them; for administrators only.
            all_projects: Whether to return the servers of all projects; for administrators only. Without any argument,
                the servers of the account's own project.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        filters = {"project_id": project_id, "user_id": user_id}
        query: dict[str, object] = {name: value for name, value in filters.items() if value}
        if query or all_projects:
            query["all_tenants"] = 1
        result: dict[str, Server] = {}
        while True:
            path = f"/servers/detail?{urlencode({**query, 'limit': PAGE})}"
            answer = self._get(path, "to list servers (policy os_compute_api:servers:detail:get_all_tenants)")
            page = self._read(answer, lambda body: [server_from_json(row) for row in body["servers"]])
            fresh = {server.id: server for server in page if server.id not in result}
            result |= fresh
            if not fresh or "servers_links" not in answer.body:
                return tuple(result.values())
            query["marker"] = page[-1].id

    def matching(self, *, name: str = "", address: str = "") -> tuple[Server, ...]:
        """Return the servers of all projects with exactly this name or this address, at most `MOST_MATCHES`.

        For administrators only. Whether upper and lower case of a name differ depends on Nova's database.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        patterns = {"name": name, "ip": address}  # Nova matches both as regular expressions
        query: dict[str, object] = {key: f"^{re.escape(text)}$" for key, text in patterns.items() if text}
        path = f"/servers/detail?{urlencode({'all_tenants': 1, **query, 'limit': MOST_MATCHES})}"
        answer = self._get(path, "to list servers (policy os_compute_api:servers:detail:get_all_tenants)")
        return self._read(answer, lambda body: tuple(server_from_json(row) for row in body["servers"]))

    def flavor(self, flavor_id: str) -> Flavor | None:
        """Return one flavor; None when it does not exist. A deleted flavor can still be in use by servers.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        if not flavor_id:
            return None
        path = f"/flavors/{quote(flavor_id, safe='')}"
        answer = self._get_if_present(path, f"to show flavor {flavor_id}", absent=_NO_ITEM)
        return None if answer is None else self._read(answer, lambda body: flavor_from_json(body["flavor"]))

    def actions(self, instance_id: str) -> tuple[Action, ...]:
        """Return the actions on a server, oldest first.

        Raises:
            TargetNotFound: The server does not exist, or this account can't see it.
            NotConnected, Refused: As `server` does.
        """
        answer = self._get_server(instance_id, "/os-instance-actions", f"to list the actions of server {instance_id}")
        if answer is None:
            raise TargetNotFound(
                kind="server",
                key=instance_id,
                where=self.name,
                next_step="compare the UUID with the instance's alias in Atmosphere; Nova hides deleted servers",
            )
        rows = self._read(answer, lambda body: [action_from_json(row) for row in body["instanceActions"]])
        return tuple(sorted(rows, key=lambda action: action.start))

    def limits(self, project_id: str = "") -> Usage:
        """Return a project's usage and limits.

        Args:
            project_id: The project's id, for administrators only; empty for the account's own project. For the id of
                a project that does not exist, Nova returns its defaults.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        path = f"/limits?{urlencode({'tenant_id': project_id})}" if project_id else "/limits"
        answer = self._get(path, "to show limits (policy os_compute_api:limits:other_project)")
        return self._read(answer, lambda body: usage_from_limits(body, project_id))

    def quota(self, project_id: str) -> Usage:
        """Return a project's usage and quota.

        Raises:
            TargetNotFound: Keystone has no such project. Older releases of Nova return the defaults instead.
            NotConnected, Refused: As `server` does.
        """
        path = f"/os-quota-sets/{quote(project_id, safe='')}/detail"
        request = "to show a quota (policy os_compute_api:os-quota-sets:detail)"
        answer = self._get_if_present(path, request, absent=_NO_PROJECT)
        if answer is None:
            step = "read the project's id from Keystone: openstack project show NAME"
            raise TargetNotFound(kind="project", key=project_id, where=self.name, next_step=step)
        return self._read(answer, lambda body: usage_from_quota(body, project_id))

    def hypervisors(self) -> tuple[Hypervisor, ...]:
        """Return the cloud's hypervisors, sorted by name; for administrators only.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        answer = self._get("/os-hypervisors/detail", "to list hypervisors (policy os_compute_api:os-hypervisors)")
        rows = self._read(answer, lambda body: [hypervisor_from_json(row) for row in body["hypervisors"]])
        return tuple(sorted(rows, key=lambda hypervisor: hypervisor.name))

    def summary(self) -> str:
        """Return the account's permissions in Nova, in words.

        Raises:
            NotConnected: As `server` does.
        """
        try:
            hypervisors = self.hypervisors()
        except Refused as error:
            return (
                f"its account is not an administrator ({error.why}): it can't see details of faults or other projects' "
                "servers"
            )
        up = sum(hypervisor.is_up for hypervisor in hypervisors)
        return f"its account is an administrator, {up} of {len(hypervisors)} hypervisors up"

    @staticmethod
    def _load() -> type[ComputeApi]:
        from runbook_lib.systems.openstack.sdk_compute import ComputeApi  # noqa: PLC0415 - the SDK is slow to import

        return ComputeApi

    def _get_server(self, instance_id: str, suffix: str, request: str) -> CloudResponse | None:
        """Return the response about one server; None for an invalid id, which could form another address."""
        if not re.fullmatch(r"[\w-]+", instance_id, flags=re.ASCII):
            return None
        return self._get_if_present(f"/servers/{instance_id}{suffix}", request, absent=_NO_ITEM)

    def _get(self, path: str, request: str) -> CloudResponse:
        answer = self._get_if_present(path, request)
        if answer is None:  # only with `absent`
            raise self._open().invalid_response()
        return answer

    def _get_if_present(
        self, path: str, request: str, *, absent: tuple[int, str] | None = None
    ) -> CloudResponse | None:
        """Return the response; None for the status and error name in `absent`, Nova's response for a missing object."""
        answer = self._open().request("GET", path)
        if absent and answer.status == absent[0]:
            if isinstance(answer.body, dict) and absent[1] in answer.body:
                return None
            raise self._open().invalid_response()  # the address does not exist at all
        if answer.status in _OK:
            return answer
        step = "report this message: the request is valid for every release of Nova"
        if answer.status == _FORBIDDEN:
            step = f"put an account with the admin role into the entry {self.cloud} of clouds.yaml"
        raise Refused(
            what=f"{self.name} rejected the request {request}",
            why=f"HTTP {answer.status}: {_message(answer)}",
            next_step=step,
        )


def _message(answer: CloudResponse) -> str:
    """Return the message in Nova's JSON error, at most 300 characters."""
    try:
        (error,) = answer.body.values()
        text = str(error["message"])
    except (AttributeError, KeyError, TypeError, ValueError):
        text = "no reason given"
    return " ".join(text.split())[:300]
