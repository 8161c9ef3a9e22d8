"""Examine a cloud: one query each to Keystone, Glance and Nova."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, Finding
from runbook_lib.model import System

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.model import SystemId
    from runbook_lib.world.world import World

_NO_IMAGE = "00000000-0000-0000-0000-000000000000"
_ADMIN = "admin"  # required by Glance's default policy publicize_image, which a site can change


def keystone(world: World, system: SystemId) -> Finding:
    """Return the account, its roles, and the end of its token's validity."""
    service = world.keystone(system.provider)
    account = service.account()
    validity = f", token valid until {account.expires:%Y-%m-%d %H:%M} UTC" if account.expires else ""
    roles = ", ".join(account.roles) or "no role"
    may = f"as {account.user} in project {account.project}: {roles}{validity}; {service.summary()}"
    return Finding(str(system), OK, version="API v3", may=may, what=f"cloud {service.cloud}")


def glance(world: World, system: SystemId) -> Finding:
    """Return whether this account can show images, and probably publicize them."""
    service = world.glance(system.provider)
    address = service.address()
    service.image(_NO_IMAGE)  # it does not exist; Glance must respond
    may = "show images"
    if _ADMIN in world.keystone(system.provider).account().roles:
        may += "; publicize them, unless the site's policy publicize_image requires more than the role admin"
    else:
        may += "; not publicize them, unless the site's policy publicize_image requires less than the role admin"
    return Finding(
        str(system),
        OK,
        version="API v2",
        may=may,
        what=f"cloud {service.cloud} at {address}",
    )


def nova(world: World, system: SystemId) -> Finding:
    """Return whether this account is an administrator. Nova shows other users' servers to administrators only."""
    service = world.nova(system.provider)
    may, what = service.summary(), f"cloud {service.cloud} at {service.address()}"
    return Finding(str(system), OK, version="API 2.1", may=may, what=what)


EXAMINATIONS: Mapping[System, Callable[[World, SystemId], Finding]] = {
    System.KEYSTONE: keystone,
    System.GLANCE: glance,
    System.NOVA: nova,
}
