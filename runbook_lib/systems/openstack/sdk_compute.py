"""Nova of one cloud through openstacksdk, with the time limits of `sdk`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openstack.compute.v2._proxy import Proxy as ComputeProxy

from runbook_lib.systems.openstack.sdk import ServiceApi

if TYPE_CHECKING:
    from openstack.proxy import Proxy

# Every Nova since 2015 supports it. Later microversions omit the capacity and usage of hypervisors.
MICROVERSION = "2.1"


class ComputeApi(ServiceApi):
    """Nova of one cloud, at the address in the catalog and with one microversion."""

    service = "compute"
    version = "v2.1"
    proxy = ComputeProxy

    def _open(self) -> Proxy:
        opened = super()._open()
        opened.default_microversion = MICROVERSION
        return opened

    def _at_version(self, root: str) -> str:
        """Return the address with a version. Older catalogs have the version and the project's id in it already."""
        parts = root.split("/")
        return root if "v2.1" in parts or "v2" in parts else f"{root}/{self.version}"
