"""The identity service of one provider: which projects there are, by name. It is only read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runbook_lib.systems.openstack.sdk_identity import Account, IdentityApi

_OK, _FORBIDDEN = range(200, 300), 403


class Keystone:
    """The identity service of one provider."""

    def __init__(self, provider_id: int, cloud: str, *, config_file: Path | None = None) -> None:
        """Keep which cloud this is; nothing is read or sent before the first use.

        Args:
            provider_id: Atmosphere's id of the provider, for messages.
            cloud: The name in ``clouds.yaml``.
            config_file: The ``clouds.yaml``; None lets openstacksdk look in its usual places.
        """
        self.provider_id = provider_id
        self.cloud = cloud
        self.name = f"Keystone of provider {provider_id} (cloud {cloud})"
        self._config_file = config_file
        self._api: IdentityApi | None = None
        self._opening = threading.Lock()  # the doctor asks for Glance's sake too, in another thread

    def project_id(self, name: str) -> str | None:
        """Return the id of the project of this name in the account's own domain; None when there is none.

        Raises:
            NotConnected: Keystone does not answer, or not to this account.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong, or the account may not list projects.
        """
        if not name:
            return None  # Keystone refuses the question
        api = self._open()
        domain = api.domain_id()
        query = {"name": name, **({"domain_id": domain} if domain else {})}
        answer = api.request("GET", f"/projects?{urlencode(query)}")
        if answer.status not in _OK:
            step = "correct the entry in clouds.yaml, then plan again"
            if answer.status == _FORBIDDEN:
                step = f"put an account with the admin role into the entry {self.cloud} of clouds.yaml"
            raise Refused(
                what=f"{self.name} refused to look for the project {name!r}",
                why=f"HTTP {answer.status}",
                next_step=f"{step}; Keystone's policy identity:list_projects decides",
            )
        # Asked for again here: names are compared without case by Keystones on some databases.
        return next((str(row["id"]) for row in answer.body["projects"] if row["name"] == name), None)

    def project_ids(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return the ids of several projects by name, over one connection; raises as `project_id` does."""
        return {name: self.project_id(name) for name in names}

    def account(self) -> Account:
        """Return user, project and roles of the account, and when its token ends.

        Raises:
            NotConnected: As `project_id` does.
        """
        return self._open().account()

    def summary(self) -> str:
        """Return what the account may ask Keystone, in words.

        Raises:
            NotConnected: As `project_id` does.
        """
        try:
            self.project_id("runbook")  # whether there is one does not matter
        except Refused as error:
            return f"its account may not list projects ({error.why}), which copying images needs"
        return "its account may list projects"

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._api:
            self._api.close()
            self._api = None

    def _open(self) -> IdentityApi:
        with self._opening:
            if self._api is None:
                from runbook_lib.systems.openstack.sdk_identity import IdentityApi  # noqa: PLC0415 - the SDK is slow to import

                self._api = IdentityApi(system=self.name, cloud=self.cloud, config_file=self._config_file)
            return self._api
