"""Keystone of one cloud through openstacksdk, with the time limits of `sdk`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openstack.identity.v3._proxy import Proxy as IdentityProxy

from runbook_lib.systems.openstack.sdk import ServiceApi

if TYPE_CHECKING:
    from datetime import datetime

    from openstack.proxy import Proxy


@dataclass(frozen=True)
class CloudAccount:
    """The account of a token.

    Attributes:
        user: The user's name.
        project: The project's name; empty for a token without a project.
        roles: The user's roles in the project, sorted.
        expires: Expiry time of the token, UTC; None when Keystone does not return it.
    """

    user: str
    project: str
    roles: tuple[str, ...]
    expires: datetime | None


class IdentityApi(ServiceApi):
    """Keystone of one cloud, version 3, which issues the account's tokens.

    Its address comes from ``clouds.yaml``: a catalog often has Keystone in only one of the regions that it serves.
    """

    service = "identity"
    version = "v3"
    proxy = IdentityProxy

    def domain_id(self) -> str:
        """Return the id of the domain of the account's own project; empty when the token has none.

        Raises:
            NotConnected: As `connect` does.
        """
        return str(self._access().project_domain_id or "")

    def account(self) -> CloudAccount:
        """Return the account of the token, without the token itself.

        Raises:
            NotConnected: As `connect` does.
        """
        access = self._access()
        return CloudAccount(
            user=str(access.username or ""),
            project=str(access.project_name or ""),
            roles=tuple(sorted(access.role_names or ())),
            expires=access.expires,
        )

    def _open(self) -> Proxy:
        self._region.get_session().get_token()
        return super()._open()

    def _endpoint(self, proxy: Proxy) -> str:  # noqa: ARG002 - the base class asks the catalog
        return str(self._region.config["auth"]["auth_url"])
