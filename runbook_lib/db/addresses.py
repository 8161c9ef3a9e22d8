"""Which live instance an address belongs to: addresses are given to others when an instance ends."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from runbook_lib.db.atmosphere.models import Instance

if TYPE_CHECKING:
    from runbook_lib.changes import Json


def live_at(address: str, username: str) -> Instance | None:
    """Return a user's instance that has not ended and has this address; the latest of several, None of none."""
    if not is_address(address):
        return None
    live = Instance.objects.filter(end_date=None, ip_address=address, created_by__username=username)
    return live.select_related("created_by", "source__provider").order_by("start_date", "pk").last()


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
