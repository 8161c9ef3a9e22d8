"""Prove that a cloud no longer has an instance, before Atmosphere's rows are ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.systems.db.queries import instances, provider_instances
from runbook_lib.text import commands
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import Instance
    from runbook_lib.systems.openstack.nova import Nova
    from runbook_lib.world.world import World

_SAMPLE = 5  # other instances that are looked up, until Nova has one


def require_absent(world: World, instance: Instance) -> None:
    """Return if Nova of the instance's provider responds, is the right cloud, and no longer has the instance.

    Raises:
        Refused: Nova still has it; the provider has no cloud configured; the account is not an administrator; or Nova
            has none of the provider's latest instances either, so it can be another cloud.
        NotConnected: Nova does not respond.
    """
    provider = instance.source.provider
    nova = world.nova(provider.pk)
    if not nova.is_absent(instance.provider_alias):
        raise Refused(
            what=f"{instances.label(instance)} still exists",
            why=nova.status_text(instance.provider_alias),
            next_step="check that this is the instance you mean: "
            + commands.inspect("triage_instance", instance_id=instance.provider_alias),
        )
    _require_right_cloud(nova, instance)


def _require_right_cloud(nova: Nova, instance: Instance) -> None:
    """Return if Nova has one of the provider's latest other instances, or there are none.

    Raises:
        Refused: Nova has none of them.
    """
    provider = instance.source.provider
    others = provider_instances.latest(provider.pk, _SAMPLE, besides=instance.provider_alias)
    if others and all(nova.server(instance_id) is None for instance_id in others):
        raise Refused(
            what=f"{nova.name} has none of the latest {count(len(others), 'instance')} of {provider.location} either",
            why="the configured cloud or its region is probably not the one of this provider",
            next_step=f"check the entry {nova.cloud} of clouds.yaml, then list the differences with check_instances",
        )
