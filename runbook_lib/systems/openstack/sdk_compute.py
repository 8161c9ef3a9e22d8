"""Nova of one cloud through openstacksdk, within the same time limits as its Glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openstack.compute.v2._proxy import Proxy as ComputeProxy

from runbook_lib.systems.openstack.sdk import ServiceApi

if TYPE_CHECKING:
    from openstack.proxy import Proxy

# Every Nova since 2015 has it, and later ones leave out what hypervisors have and use.
MICROVERSION = "2.1"


class ComputeApi(ServiceApi):
    """Nova of one cloud, at the address that the catalogue has for it, and at one microversion."""

    service = "compute"
    version = "v2.1"
    proxy = ComputeProxy

    def _open(self) -> Proxy:
        opened = super()._open()
        opened.default_microversion = MICROVERSION
        return opened

    def _at_version(self, root: str) -> str:
        """Return the address as it is, when it has a version and, in older catalogues, the project's id behind it."""
        parts = root.split("/")
        return root if "v2.1" in parts or "v2" in parts else f"{root}/{self.version}"
