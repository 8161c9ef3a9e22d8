"""The identity service of one provider: projects by name, and the account. Read only."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from runbook_lib.errors import Refused
from runbook_lib.systems.openstack.service import OpenStackService

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.systems.openstack.sdk_identity import CloudAccount, IdentityApi

_OK, _FORBIDDEN = range(200, 300), 403


class Keystone(OpenStackService["IdentityApi"]):
    """The identity service of one provider."""

    title = "Keystone"

    def project_id(self, name: str) -> str | None:
        """Return the id of the project of this name in the account's own domain; None when there is none.

        Raises:
            NotConnected: Keystone does not respond, or rejects this account.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong, or the account may not list projects.
        """
        if not name:
            return None  # Keystone rejects a request for an empty name
        api = self._open()
        domain = api.domain_id()
        query = {"name": name, **({"domain_id": domain} if domain else {})}
        answer = api.request("GET", f"/projects?{urlencode(query)}")
        if answer.status not in _OK:
            step = "correct the entry in clouds.yaml, then make a new plan"
            if answer.status == _FORBIDDEN:
                step = f"put an account with the admin role into the entry {self.cloud} of clouds.yaml"
            raise Refused(
                what=f"{self.name} rejected the request to find the project {name!r}",
                why=f"HTTP {answer.status}",
                next_step=f"{step}; the relevant policy is identity:list_projects",
            )
        # Compare the name again: on some databases Keystone ignores upper and lower case.
        rows = self._read(answer, lambda body: [(row["name"], str(row["id"])) for row in body["projects"]])
        return next((project_id for listed, project_id in rows if listed == name), None)

    def project_ids(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return the ids of several projects by name, over one connection; raises as `project_id` does."""
        return {name: self.project_id(name) for name in names}

    def account(self) -> CloudAccount:
        """Return user, project and roles of the account, and the expiry time of its token.

        Raises:
            NotConnected: As `project_id` does.
        """
        return self._open().account()

    def summary(self) -> str:
        """Return whether the account may list projects, in words.

        Raises:
            NotConnected: As `project_id` does.
        """
        try:
            self.project_id("runbook")  # the project need not exist
        except Refused as error:
            return f"its account may not list projects ({error.why}); copying images requires it"
        return "its account may list projects"

    @staticmethod
    def _load() -> type[IdentityApi]:
        from runbook_lib.systems.openstack.sdk_identity import IdentityApi  # noqa: PLC0415 - the SDK is slow to import

        return IdentityApi
