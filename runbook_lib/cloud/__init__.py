"""Glance, Keystone and Nova through openstacksdk; importing this leaves the SDK, a quarter of a second, for later."""

from runbook_lib.cloud.connection import Clouds
from runbook_lib.cloud.glance import Glance
from runbook_lib.cloud.image import Image
from runbook_lib.cloud.keystone import Keystone
from runbook_lib.cloud.nova import Nova
from runbook_lib.cloud.server import Server

__all__ = ["Clouds", "Glance", "Image", "Keystone", "Nova", "Server"]
