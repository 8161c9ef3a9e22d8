"""Glance of one cloud through openstacksdk, with the time limits of `sdk`."""

from __future__ import annotations

from openstack.image.v2._proxy import Proxy as ImageProxy

from runbook_lib.systems.openstack.sdk import ServiceApi


class ImageApi(ServiceApi):
    """Glance of one cloud, version 2."""

    service = "image"
    version = "v2"
    proxy = ImageProxy
