"""Which live instance an address belongs to: addresses are given to others when an instance ends."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.systems.db.models.atmosphere.models import Instance

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.model import Json


def live_at(address: str, username: str) -> Instance | None:
    """Return a user's instance that has not ended and has this address; the latest of several, None of none."""
    if not is_address(address):
        return None
    live = Instance.objects.filter(end_date=None, ip_address=address, created_by__username=username)
    return live.select_related("created_by", "source__provider").order_by("start_date", "pk").last()


@dataclass(frozen=True)
class Place:
    """Where an instance is, as far as Atmosphere's database knows.

    Attributes:
        address: Its address; empty when it has none, or has ended: somebody else may have it by now.
        username: Its owner.
        since: When it was launched; before that, its address was another's.
    """

    address: str
    username: str
    since: datetime


def place(instance_id: str) -> Place | None:
    """Return where an instance of this uuid is; None when the database has none."""
    found = Instance.objects.filter(provider_alias=instance_id).select_related("created_by").order_by("pk").last()
    if found is None:
        return None
    address = str(found.ip_address or "") if found.end_date is None else ""
    return Place(address, found.created_by.username, found.start_date)


def is_address(text: str) -> bool:
    """Tell whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def same(first: Json, second: Json) -> bool:
    """Tell whether two texts are one address, however it is written; what is no address is like none."""
    try:
        return ipaddress.ip_address(first) == ipaddress.ip_address(second)
    except ValueError:
        return False
