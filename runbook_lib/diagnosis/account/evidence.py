"""Everything that the systems tell of one account: both databases, and what it uses in each cloud; read only."""

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

    from runbook_lib.diagnosis.account.emulation import Emulation
    from runbook_lib.model.inspection import Gap
    from runbook_lib.systems.db.queries.account_details import AccountDetails
    from runbook_lib.systems.db.queries.staff import StaffRights
    from runbook_lib.systems.openstack.capacity import Usage
    from runbook_lib.world.world import World

SECONDS = 8.0  # for all clouds together


@dataclass(frozen=True)
class AccountEvidence:
    """One account.

    Attributes:
        username: Its name.
        told: The sites whose databases told.
        atmosphere: What Atmosphere knows; None when it has no such account, or did not tell.
        troposphere: The rights there; None in the same cases.
        usage: A provider's id → what the user's project uses there; None when the cloud has no such project. A provider
            that did not tell is not in it.
        emulation: Whether the account can be emulated.
        gaps: What did not tell.
    """

    username: str
    told: frozenset[str]
    atmosphere: AccountDetails | None
    troposphere: StaffRights | None
    usage: Mapping[int, Usage | None]
    emulation: Emulation
    gaps: tuple[Gap, ...]


def gather(world: World, username: str) -> AccountEvidence:
    """Ask both databases at once, then every cloud on which the user has an account.

    Raises:
        TargetNotFound: None of the databases that answer knows the name.
        NotConnected: Neither of them answers.
    """
    sites = world.ask(
        {
            System.ATMOSPHERE: partial(account_details.read, username, now=world.now()),
            System.TROPOSPHERE: partial(_troposphere, username),
        }
    )
    sites.require_one()
    atmosphere: AccountDetails | None = sites.get(System.ATMOSPHERE)
    troposphere: StaffRights | None = sites.get(System.TROPOSPHERE)
    if atmosphere is None and troposphere is None:
        raise accounts.not_found(AtmosphereUser if System.ATMOSPHERE in sites.told else TroposphereUser, username)
    providers = (
        {identity.provider_id for identity in atmosphere.identities if identity.in_use and not identity.mock} if atmosphere else set()
    )
    world.clouds.prepare()
    clouds = world.ask(
        {_nova(key): partial(_usage, world, key, username) for key in sorted(providers)}, seconds=SECONDS
    )
    return AccountEvidence(
        username=username,
        told=frozenset(sites.told),
        atmosphere=atmosphere,
        troposphere=troposphere,
        usage={key: clouds.told[_nova(key)] for key in sorted(providers) if _nova(key) in clouds.told},
        emulation=emulation.judge(
            username,
            atmosphere.rights if atmosphere else None,
            told=System.ATMOSPHERE in sites.told,
            closed=atmosphere.closed if atmosphere else False,
        ),
        gaps=sites.gaps + clouds.gaps,
    )


def _troposphere(username: str) -> StaffRights | None:
    return staff.rights(TroposphereUser, {username}).get(username)


def _nova(provider_id: int) -> SystemId:
    return SystemId(System.NOVA, provider_id)


def _usage(world: World, provider_id: int, username: str) -> Usage | None:
    """Return what the project uses that upstream takes for the user's: the one named like the user.

    Source: service/quota.py of Atmosphere v37.
    """
    project = world.keystone(provider_id).project_id(username)
    return world.nova(provider_id).limits(project) if project else None
