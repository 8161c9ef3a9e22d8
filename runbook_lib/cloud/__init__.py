"""Glance and Keystone through openstacksdk; importing this package leaves the SDK, a quarter of a second, for later."""

from runbook_lib.cloud.connection import Clouds
from runbook_lib.cloud.glance import Glance
from runbook_lib.cloud.image import Image
from runbook_lib.cloud.keystone import Keystone

__all__ = ["Clouds", "Glance", "Image", "Keystone"]
