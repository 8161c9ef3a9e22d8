"""Keystone of one cloud through openstacksdk, within the same time limits as its Glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openstack.identity.v3._proxy import Proxy as IdentityProxy

from runbook_lib.cloud.sdk import ImageApi

if TYPE_CHECKING:
    from openstack.proxy import Proxy


class IdentityApi(ImageApi):
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

    def _open(self) -> Proxy:
        self._region.get_session().get_token()
        return super()._open()

    def _found(self) -> str:
        return str(self._region.config["auth"]["auth_url"])
