"""Provider id → Glance, Keystone and Nova: which cloud is which, opened when first used, closed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model import System, SystemId
from runbook_lib.systems.openstack.glance import Glance
from runbook_lib.systems.openstack.keystone import Keystone
from runbook_lib.systems.openstack.nova import Nova

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


class Clouds:
    """The Glance, the Keystone and the Nova of each provider that has a cloud configured.

    Nothing is read or sent before one of them is used for the first time.

    Attributes:
        names: Provider id → name of the cloud in ``clouds.yaml``, by provider.
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
        self.names: Mapping[int, str] = dict(sorted(names.items()))
        self._glances = {
            provider_id: Glance(provider_id, cloud, config_file=config_file, may_write=may_write)
            for provider_id, cloud in self.names.items()
        }
        self._keystones = {
            provider_id: Keystone(provider_id, cloud, config_file=config_file)
            for provider_id, cloud in self.names.items()
        }
        self._novas = {
            provider_id: Nova(provider_id, cloud, config_file=config_file) for provider_id, cloud in self.names.items()
        }

    def glance(self, provider_id: int) -> Glance:
        """Return the Glance of one provider.

        Raises:
            Refused: No cloud is configured for it.
        """
        self._check_configured(provider_id)
        return self._glances[provider_id]

    def keystone(self, provider_id: int) -> Keystone:
        """Return the Keystone of one provider, for reading.

        Raises:
            Refused: No cloud is configured for it.
        """
        self._check_configured(provider_id)
        return self._keystones[provider_id]

    def nova(self, provider_id: int) -> Nova:
        """Return the Nova of one provider, for reading.

        Raises:
            Refused: No cloud is configured for it.
        """
        self._check_configured(provider_id)
        return self._novas[provider_id]

    def says(self, provider_id: int, instance_id: str) -> dict[SystemId, Callable[[], str]]:
        """Return the source that reports what a cloud shows of an instance now; none when no cloud is configured.

        For `runbook_lib.world.world.World.ask`: a Nova that is down, slow or refuses becomes a gap.
        """
        if provider_id not in self._novas:
            return {}
        self._novas[provider_id].prepare()
        return {SystemId(System.NOVA, provider_id): lambda: self._novas[provider_id].said(instance_id)}

    def prepare(self) -> None:
        """Load the SDK, which can take seconds: before a time limit begins to run. Nothing is read or sent."""
        for service in self._services():
            service.prepare()

    def close(self) -> None:
        """Close what was opened; what is used afterwards opens again."""
        for service in self._services():
            service.close()

    def _services(self) -> Iterator[Glance | Keystone | Nova]:
        yield from self._glances.values()
        yield from self._keystones.values()
        yield from self._novas.values()

    def _check_configured(self, provider_id: int) -> None:
        if provider_id not in self.names:
            known = ", ".join(self.names.values()) or "none"
            raise Refused(
                what=f"provider {provider_id} has no cloud configured",
                why=f"configured: {known}",
                next_step=(
                    f"add the provider to RUNBOOK_CLOUDS, e.g. {provider_id}=NAME, "
                    "where NAME is an entry of clouds.yaml with an admin account of that cloud"
                ),
            )
