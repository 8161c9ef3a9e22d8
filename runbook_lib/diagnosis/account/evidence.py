"""Gather the data of one account from both databases and from each cloud; read only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.account import emulation
from runbook_lib.model import System, SystemId
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from runbook_lib.systems.db.queries import account_details, accounts, staff

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from runbook_lib.diagnosis.account.emulation import Emulation
    from runbook_lib.model.inspection import Gap
    from runbook_lib.systems.db.queries.account_details import AccountDetails
    from runbook_lib.systems.db.queries.staff import StaffRights
    from runbook_lib.systems.openstack.capacity import Usage
    from runbook_lib.world.world import World

SECONDS = 8.0  # for all clouds together


@dataclass(frozen=True)
class AccountEvidence:
    """The data of one account.

    Attributes:
        username: The name of the account.
        responded: The sites whose databases responded.
        atmosphere: The account on Atmosphere; None if it does not exist there, or the database did not respond.
        troposphere: The rights on Troposphere; None in the same cases.
        usage: Provider id → usage of the user's project; None if the cloud has no such project. A provider that did not
            respond is not a key.
        emulation: Whether the account can be emulated.
        gaps: The sources that did not respond.
    """

    username: str
    responded: frozenset[str]
    atmosphere: AccountDetails | None
    troposphere: StaffRights | None
    usage: Mapping[int, Usage | None]
    emulation: Emulation
    gaps: tuple[Gap, ...]


def gather(world: World, username: str) -> AccountEvidence:
    """Read both databases in parallel, then every cloud on which the user has an account.

    Raises:
        TargetNotFound: No database that responds has the name.
        NotConnected: No database responds.
    """
    sites = world.ask(
        {
            System.ATMOSPHERE: partial(account_details.read, username, now=world.now()),
            System.TROPOSPHERE: partial(_troposphere, username, world.now()),
        }
    )
    sites.require_any()
    atmosphere: AccountDetails | None = sites.get(System.ATMOSPHERE)
    troposphere: StaffRights | None = sites.get(System.TROPOSPHERE)
    if atmosphere is None and troposphere is None:
        raise accounts.account_not_found(
            AtmosphereUser if System.ATMOSPHERE in sites.responses else TroposphereUser, username
        )
    providers = (
        {identity.provider_id for identity in atmosphere.identities if identity.is_in_use and not identity.is_mock}
        if atmosphere
        else set()
    )
    world.clouds.prepare()
    clouds = world.ask(
        {_nova(key): partial(_usage, world, key, username) for key in sorted(providers)}, seconds=SECONDS
    )
    return AccountEvidence(
        username=username,
        responded=frozenset(sites.responses),
        atmosphere=atmosphere,
        troposphere=troposphere,
        usage={key: clouds.responses[_nova(key)] for key in sorted(providers) if _nova(key) in clouds.responses},
        emulation=emulation.judge(
            username,
            atmosphere.rights if atmosphere else None,
            has_responded=System.ATMOSPHERE in sites.responses,
            is_closed=atmosphere.is_closed if atmosphere else False,
        ),
        gaps=sites.gaps + clouds.gaps,
    )


def _troposphere(username: str, now: datetime) -> StaffRights | None:
    return staff.rights(TroposphereUser, {username}, now=now).get(username)


def _nova(provider_id: int) -> SystemId:
    return SystemId(System.NOVA, provider_id)


def _usage(world: World, provider_id: int, username: str) -> Usage | None:
    """Return the usage of the user's project; upstream identifies it by the username.

    Source: service/quota.py of Atmosphere v37.
    """
    project = world.keystone(provider_id).project_id(username)
    return world.nova(provider_id).limits(project) if project else None
