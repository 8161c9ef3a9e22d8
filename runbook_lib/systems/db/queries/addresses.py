"""Addresses of instances. An address belongs to one instance at a time and is reused after the instance ends."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.systems.db.models.atmosphere.models import Instance

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.model import Json


def find_running_instance(address: str, username: str) -> Instance | None:
    """Return the user's latest instance that has not ended and has this address, or None."""
    if not is_address(address):
        return None
    running = Instance.objects.filter(end_date=None, ip_address=address, created_by__username=username)
    return running.select_related("created_by", "source__provider").order_by("start_date", "pk").last()


@dataclass(frozen=True)
class InstanceAddress:
    """The address of an instance in Atmosphere's database.

    Attributes:
        address: The address; empty if the instance has none or has ended, because another instance can have it now.
        username: The owner.
        launched: The launch time; before it, the address belonged to another instance.
    """

    address: str
    username: str
    launched: datetime


def read_address(instance_id: str) -> InstanceAddress | None:
    """Return the address of the instance with this uuid; None if the database does not have the instance."""
    instance = Instance.objects.filter(provider_alias=instance_id).select_related("created_by").order_by("pk").last()
    if instance is None:
        return None
    address = str(instance.ip_address or "") if instance.end_date is None else ""
    return InstanceAddress(address, instance.created_by.username, instance.start_date)


def is_address(text: str) -> bool:
    """Return whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_same_address(first: Json, second: Json) -> bool:
    """Return whether two texts are the same IP address, in any spelling; False if one is not an address."""
    try:
        return ipaddress.ip_address(first) == ipaddress.ip_address(second)
    except ValueError:
        return False
