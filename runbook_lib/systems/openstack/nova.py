"""The compute service of one provider: its servers, their faults, what a project uses. It is only read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.openstack.capacity import hypervisor_from_json, usage_from_limits, usage_from_quota
from runbook_lib.systems.openstack.server import action_from_json, flavor_from_json, server_from_json
from runbook_lib.systems.openstack.service import OpenStackService
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.systems.openstack.capacity import Hypervisor, Usage
    from runbook_lib.systems.openstack.sdk import CloudResponse
    from runbook_lib.systems.openstack.sdk_compute import ComputeApi
    from runbook_lib.systems.openstack.server import Action, Flavor, Server

Shape = TypeVar("Shape")
PAGE = 200
_OK, _FORBIDDEN = range(200, 300), 403
_NO_ITEM, _NO_PROJECT = (404, "itemNotFound"), (400, "badRequest")


class Nova(OpenStackService["ComputeApi"]):
    """The compute service of one provider."""

    title = "Nova"

    def server(self, instance_id: str) -> Server | None:
        """Return one server; None when there is none, or none that this account may see.

        Raises:
            NotConnected: Nova or Keystone does not answer, not to this account, or not as a Nova does.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong, or Nova refuses the request.
        """
        answer = self._about(instance_id, "", f"to show server {instance_id}")
        return None if answer is None else self._read(answer, lambda body: server_from_json(body["server"]))

    def said(self, instance_id: str) -> str:
        """Return what Nova says about a server now, as a sentence for a plan; raises as `server` does."""
        server = self.server(instance_id)
        if server is None:
            return f"{self.name} has no such server now, or none that its account may see"
        fault = server.fault
        because = f"; its fault of {fault.created:%Y-%m-%d %H:%M} UTC: {mask(fault.message)!r}" if fault else ""
        return f"{self.name} says now: {server.stage}{because}"

    def servers(self, *, project_id: str = "", user_id: str = "") -> tuple[Server, ...]:
        """Return the servers of a project, of who started them, or of both; newest first, all pages.

        Args:
            project_id: The project's id, see `Keystone.project_id`; for administrators only.
            user_id: The id of who started them; for administrators only. With neither, the servers of the account's
                own project.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        wanted = {"project_id": project_id, "user_id": user_id}
        query: dict[str, object] = {name: value for name, value in wanted.items() if value}
        if query:
            query["all_tenants"] = 1
        found: dict[str, Server] = {}
        while True:
            path = f"/servers/detail?{urlencode({**query, 'limit': PAGE})}"
            answer = self._asked(path, "to list servers (policy os_compute_api:servers:detail:get_all_tenants)")
            page = self._read(answer, lambda body: [server_from_json(row) for row in body["servers"]])
            fresh = {server.id: server for server in page if server.id not in found}
            found |= fresh
            if not fresh or "servers_links" not in answer.body:
                return tuple(found.values())
            query["marker"] = page[-1].id

    def flavor(self, flavor_id: str) -> Flavor | None:
        """Return one size; None when there is none: flavors are deleted while servers still have them.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        if not flavor_id:
            return None
        answer = self._ask(f"/flavors/{quote(flavor_id, safe='')}", f"to show flavor {flavor_id}", absent=_NO_ITEM)
        return None if answer is None else self._read(answer, lambda body: flavor_from_json(body["flavor"]))

    def actions(self, instance_id: str) -> tuple[Action, ...]:
        """Return what was asked of a server, oldest first.

        Raises:
            TargetNotFound: There is no such server, or none that this account may see.
            NotConnected, Refused: As `server` does.
        """
        answer = self._about(instance_id, "/os-instance-actions", f"to list the actions of server {instance_id}")
        if answer is None:
            raise TargetNotFound(
                kind="server",
                key=instance_id,
                where=self.name,
                next_step="compare the uuid with the instance's alias in Atmosphere; Nova forgets deleted servers",
            )
        rows = self._read(answer, lambda body: [action_from_json(row) for row in body["instanceActions"]])
        return tuple(sorted(rows, key=lambda action: action.start))

    def limits(self, project_id: str = "") -> Usage:
        """Return what a project uses and may use.

        Args:
            project_id: The project's id, for administrators only; empty is the account's own project. For an id that
                no project has, Nova answers with its defaults.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        path = f"/limits?{urlencode({'tenant_id': project_id})}" if project_id else "/limits"
        answer = self._asked(path, "to show limits (policy os_compute_api:limits:other_project)")
        return self._read(answer, lambda body: usage_from_limits(body, project_id))

    def quota(self, project_id: str) -> Usage:
        """Return a project's quota, and what it uses of it.

        Raises:
            TargetNotFound: Keystone has no such project. Older Novas answer with the defaults instead.
            NotConnected, Refused: As `server` does.
        """
        path = f"/os-quota-sets/{quote(project_id, safe='')}/detail"
        answer = self._ask(path, "to show a quota (policy os_compute_api:os-quota-sets:detail)", absent=_NO_PROJECT)
        if answer is None:
            step = "ask Keystone for the id of the project: openstack project show NAME"
            raise TargetNotFound(kind="project", key=project_id, where=self.name, next_step=step)
        return self._read(answer, lambda body: usage_from_quota(body, project_id))

    def hypervisors(self) -> tuple[Hypervisor, ...]:
        """Return what the cloud's machines have and use, by name; for administrators only.

        Raises:
            NotConnected, Refused: As `server` does.
        """
        answer = self._asked("/os-hypervisors/detail", "to list hypervisors (policy os_compute_api:os-hypervisors)")
        rows = self._read(answer, lambda body: [hypervisor_from_json(row) for row in body["hypervisors"]])
        return tuple(sorted(rows, key=lambda hypervisor: hypervisor.name))

    def summary(self) -> str:
        """Return what the account may ask Nova, in words.

        Raises:
            NotConnected: As `server` does.
        """
        try:
            machines = self.hypervisors()
        except Refused as error:
            return f"its account is no administrator ({error.why}): no details of faults, no other project's servers"
        up = sum(machine.up for machine in machines)
        return f"its account is an administrator, {up} of {len(machines)} hypervisors up"

    @staticmethod
    def _load() -> type[ComputeApi]:
        from runbook_lib.systems.openstack.sdk_compute import ComputeApi  # noqa: PLC0415 - the SDK is slow to import

        return ComputeApi

    def _about(self, instance_id: str, part: str, what: str) -> CloudResponse | None:
        """Return the answer about one server; what can't be the id of one is not asked for: it would be an address."""
        if not re.fullmatch(r"[\w-]+", instance_id, flags=re.ASCII):
            return None
        return self._ask(f"/servers/{instance_id}{part}", what, absent=_NO_ITEM)

    def _asked(self, path: str, what: str) -> CloudResponse:
        answer = self._ask(path, what)
        if answer is None:  # only with `absent`
            raise self._open().nonsense()
        return answer

    def _ask(self, path: str, what: str, *, absent: tuple[int, str] | None = None) -> CloudResponse | None:
        """Return the answer; None when it is the one by which Nova says that nothing is there: a status and a name."""
        answer = self._open().request("GET", path)
        if absent and answer.status == absent[0]:
            if isinstance(answer.body, dict) and absent[1] in answer.body:
                return None
            raise self._open().nonsense()  # there is nothing at all at this address
        if answer.status in _OK:
            return answer
        step = "report it with this text: the request is the same for every Nova"
        if answer.status == _FORBIDDEN:
            step = f"put an account with the admin role into the entry {self.cloud} of clouds.yaml"
        raise Refused(
            what=f"{self.name} refused {what}", why=f"HTTP {answer.status}: {_own_words(answer)}", next_step=step
        )

    def _read(self, answer: CloudResponse, parse: Callable[[Any], Shape]) -> Shape:
        """Return what `parse` makes of an answer.

        Raises:
            NotConnected: It is not what a Nova answers.
        """
        try:
            return parse(answer.body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._open().nonsense() from error


def _own_words(answer: CloudResponse) -> str:
    """Return the message in Nova's JSON error, at most 300 characters."""
    try:
        (error,) = answer.body.values()
        text = str(error["message"])
    except (AttributeError, KeyError, TypeError, ValueError):
        text = "it does not say why"
    return " ".join(text.split())[:300]
