"""Glance through openstacksdk; importing this package does not import the SDK, which takes a quarter of a second."""

from runbook_lib.cloud.connection import Clouds
from runbook_lib.cloud.glance import Glance
from runbook_lib.cloud.image import Image

__all__ = ["Clouds", "Glance", "Image"]
