"""The doctor's examination of a cloud: Keystone's account, Glance and Nova, each of which must answer a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.world.world import World

_NO_IMAGE = "00000000-0000-0000-0000-000000000000"
_ADMIN = "admin"  # what Glance's own policy publicize_image asks for; a site may have changed it


def keystone(world: World, provider_id: int) -> Finding:
    """Return whose account it is, in which roles, and how long its token holds."""
    service = world.keystone(provider_id)
    account = service.account()
    left = f", its token holds until {account.expires:%Y-%m-%d %H:%M} UTC" if account.expires else ""
    roles = ", ".join(account.roles) or "no role"
    may = f"as {account.user} in project {account.project}: {roles}{left}; {service.summary()}"
    return Finding(f"keystone:{provider_id}", OK, version="API v3", may=may, what=f"cloud {service.cloud}")


def glance(world: World, provider_id: int) -> Finding:
    """Return whether images are shown, and whether this account can be expected to make one public."""
    service = world.glance(provider_id)
    address = service.address()
    service.image(_NO_IMAGE)  # there is none: what counts is that Glance itself answers
    may = "show images"
    if _ADMIN in world.keystone(provider_id).account().roles:
        may += "; publicize them, unless the site's policy publicize_image asks for more than the role admin"
    else:
        may += "; not publicize them, unless the site's policy publicize_image asks for less than the role admin"
    return Finding(f"glance:{provider_id}", OK, version="API v2", may=may, what=f"cloud {service.cloud} at {address}")


def nova(world: World, provider_id: int) -> Finding:
    """Return whether this account is an administrator, whom alone Nova tells of everybody's servers."""
    service = world.nova(provider_id)
    may, what = service.summary(), f"cloud {service.cloud} at {service.address()}"
    return Finding(f"nova:{provider_id}", OK, version="API 2.1", may=may, what=what)


EXAMINATIONS: Mapping[str, Callable[[World, int], Finding]] = {"keystone": keystone, "glance": glance, "nova": nova}
