"""Glance, Keystone and Nova through openstacksdk. Importing this package does not import the SDK (0.25 s)."""

from runbook_lib.systems.openstack.connection import Clouds
from runbook_lib.systems.openstack.glance import Glance
from runbook_lib.systems.openstack.image import Image
from runbook_lib.systems.openstack.keystone import Keystone
from runbook_lib.systems.openstack.nova import Nova
from runbook_lib.systems.openstack.server import Server

__all__ = ["Clouds", "Glance", "Image", "Keystone", "Nova", "Server"]
