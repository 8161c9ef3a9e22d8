"""Provider id → Glance, Keystone and Nova: which cloud is which, opened when first used, closed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.systems.openstack.glance import Glance
from runbook_lib.systems.openstack.keystone import Keystone
from runbook_lib.systems.openstack.nova import Nova

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Clouds:
    """The Glance, the Keystone and the Nova of each provider that has a cloud configured.

    Nothing is read or sent before one of them is used for the first time.
    """

    def __init__(
        self,
        names: Mapping[int, str],
        *,
        config_file: Path | None = None,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        """Keep the names.

        Args:
            names: Provider id → name of the cloud in ``clouds.yaml``.
            config_file: The ``clouds.yaml``; None lets openstacksdk look in its usual places.
            may_write: Asked before every write; False refuses it.
        """
        self._glances = {
            provider_id: Glance(provider_id, cloud, config_file=config_file, may_write=may_write)
            for provider_id, cloud in sorted(names.items())
        }
        self._keystones = {
            provider_id: Keystone(provider_id, cloud, config_file=config_file) for provider_id, cloud in names.items()
        }
        self._novas = {
            provider_id: Nova(provider_id, cloud, config_file=config_file) for provider_id, cloud in names.items()
        }

    def glance(self, provider_id: int) -> Glance:
        """Return the Glance of one provider.

        Raises:
            Refused: No cloud is configured for it.
        """
        if provider_id not in self._glances:
            known = ", ".join(self.targets().values()) or "none"
            raise Refused(
                what=f"provider {provider_id} has no cloud configured",
                why=f"configured: {known}",
                next_step=(
                    f"add the provider to RUNBOOK_CLOUDS, e.g. {provider_id}=NAME, "
                    "where NAME is an entry of clouds.yaml with an admin account of that cloud"
                ),
            )
        return self._glances[provider_id]

    def keystone(self, provider_id: int) -> Keystone:
        """Return the Keystone of one provider, for reading.

        Raises:
            Refused: No cloud is configured for it.
        """
        self.glance(provider_id)
        return self._keystones[provider_id]

    def nova(self, provider_id: int) -> Nova:
        """Return the Nova of one provider, for reading.

        Raises:
            Refused: No cloud is configured for it.
        """
        self.glance(provider_id)
        return self._novas[provider_id]

    def says(self, provider_id: int, instance_id: str) -> dict[str, Callable[[], str]]:
        """Return the source that says what a cloud has to say about an instance now: none when no cloud is configured.

        For `runbook_lib.world.world.World.ask`: a Nova that is down, slow or refuses is only told about.
        """
        if provider_id not in self._novas:
            return {}
        return {f"nova:{provider_id}": lambda: self._novas[provider_id].said(instance_id)}

    def outside(self, system: str) -> Glance:
        """Return the Glance that a `Call` names: ``glance:4``.

        Raises:
            Refused: No cloud is configured for it, or `system` is not a Glance.
        """
        kind, _, provider_id = system.partition(":")
        if kind != "glance" or not provider_id.isdecimal():
            raise Refused(
                what=f"{system} is not an image service",
                next_step="the name of an image service is glance: and the provider's id, e.g. glance:4",
            )
        return self.glance(int(provider_id))

    def targets(self) -> Mapping[str, str]:
        """Return system → cloud name, for plans and screens; nothing is opened."""
        return {f"glance:{provider_id}": glance.cloud for provider_id, glance in self._glances.items()}

    def close(self) -> None:
        """Close what was opened; what is used afterwards opens again."""
        for glance in self._glances.values():
            glance.close()
        for keystone in self._keystones.values():
            keystone.close()
        for nova in self._novas.values():
            nova.close()
