"""The doctor's examination of a cloud: Keystone's account, Glance and Nova, each of which must answer a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, Finding
from runbook_lib.model import System

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.model import SystemId
    from runbook_lib.world.world import World

_NO_IMAGE = "00000000-0000-0000-0000-000000000000"
_ADMIN = "admin"  # what Glance's own policy publicize_image asks for; a site may have changed it


def keystone(world: World, system: SystemId) -> Finding:
    """Return whose account it is, in which roles, and how long its token holds."""
    service = world.keystone(system.provider)
    account = service.account()
    left = f", its token holds until {account.expires:%Y-%m-%d %H:%M} UTC" if account.expires else ""
    roles = ", ".join(account.roles) or "no role"
    may = f"as {account.user} in project {account.project}: {roles}{left}; {service.summary()}"
    return Finding(str(system), OK, version="API v3", may=may, what=f"cloud {service.cloud}")


def glance(world: World, system: SystemId) -> Finding:
    """Return whether images are shown, and whether this account can be expected to make one public."""
    service = world.glance(system.provider)
    address = service.address()
    service.image(_NO_IMAGE)  # there is none: what counts is that Glance itself answers
    may = "show images"
    if _ADMIN in world.keystone(system.provider).account().roles:
        may += "; publicize them, unless the site's policy publicize_image asks for more than the role admin"
    else:
        may += "; not publicize them, unless the site's policy publicize_image asks for less than the role admin"
    return Finding(
        str(system),
        OK,
        version="API v2",
        may=may,
        what=f"cloud {service.cloud} at {address}",
    )


def nova(world: World, system: SystemId) -> Finding:
    """Return whether this account is an administrator, whom alone Nova tells of everybody's servers."""
    service = world.nova(system.provider)
    may, what = service.summary(), f"cloud {service.cloud} at {service.address()}"
    return Finding(str(system), OK, version="API 2.1", may=may, what=what)


EXAMINATIONS: Mapping[System, Callable[[World, SystemId], Finding]] = {
    System.KEYSTONE: keystone,
    System.GLANCE: glance,
    System.NOVA: nova,
}
