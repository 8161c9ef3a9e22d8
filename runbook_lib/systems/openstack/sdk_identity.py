"""Keystone of one cloud through openstacksdk, within the same time limits as its Glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openstack.identity.v3._proxy import Proxy as IdentityProxy

from runbook_lib.systems.openstack.sdk import ServiceApi

if TYPE_CHECKING:
    from datetime import datetime

    from openstack.proxy import Proxy


@dataclass(frozen=True)
class CloudAccount:
    """Whom a token is for.

    Attributes:
        user: The user's name.
        project: The project's name; empty when the token is for none.
        roles: The roles that the user has in it, sorted.
        expires: When the token ends, UTC; None when Keystone does not say.
    """

    user: str
    project: str
    roles: tuple[str, ...]
    expires: datetime | None


class IdentityApi(ServiceApi):
    """Keystone of one cloud, version 3, where the account gets its tokens.

    The catalogue often has Keystone in one region only, for one serves them all.
    """

    service = "identity"
    version = "v3"
    proxy = IdentityProxy

    def domain_id(self) -> str:
        """Return the id of the domain that the account's own project is in; empty when its token names none.

        Raises:
            NotConnected: As `connect` does.
        """
        self.connect()  # gets a token, or says why not
        session = self._region.get_session()
        plugin: Any = session.auth
        return str(plugin.get_access(session).project_domain_id or "")

    def account(self) -> CloudAccount:
        """Return whom the account's token is for; nothing of the token itself.

        Raises:
            NotConnected: As `connect` does.
        """
        self.connect()
        session = self._region.get_session()
        plugin: Any = session.auth
        seen = plugin.get_access(session)
        return CloudAccount(
            user=str(seen.username or ""),
            project=str(seen.project_name or ""),
            roles=tuple(sorted(seen.role_names or ())),
            expires=seen.expires,
        )

    def _open(self) -> Proxy:
        self._region.get_session().get_token()
        return super()._open()

    def _found(self) -> str:
        return str(self._region.config["auth"]["auth_url"])
