"""Map each provider id to its Glance, Keystone and Nova; open them at first use and close them together."""

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
    """Glance, Keystone and Nova of each provider with a configured cloud.

    They read and send nothing before their first use.

    Attributes:
        names: Provider id → name of the cloud in ``clouds.yaml``, sorted by provider.
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
            config_file: The ``clouds.yaml``; None means openstacksdk's default locations.
            may_write: Called before every write; False prevents it.
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
        """Return the read-only Keystone of one provider.

        Raises:
            Refused: No cloud is configured for it.
        """
        self._check_configured(provider_id)
        return self._keystones[provider_id]

    def nova(self, provider_id: int) -> Nova:
        """Return the read-only Nova of one provider.

        Raises:
            Refused: No cloud is configured for it.
        """
        self._check_configured(provider_id)
        return self._novas[provider_id]

    def scope(self, provider_id: int) -> str:
        """Return Keystone's address and the project of the token of one provider.

        Raises:
            NotConnected: The cloud does not respond, or rejects this account.
            Refused: No cloud is configured for it, or its entry in ``clouds.yaml`` is missing or wrong.
        """
        return self.glance(provider_id).scope()

    @property
    def used(self) -> frozenset[int]:
        """The providers of which a service was used."""
        return frozenset(service.provider_id for service in self._services() if service.is_connected)

    def status_sources(self, provider_id: int, instance_id: str) -> dict[SystemId, Callable[[], str]]:
        """Return the data source for an instance's current status in its cloud; none when no cloud is configured.

        For `runbook_lib.world.world.World.ask`: a Nova that is down, slow or rejects the request becomes a gap.
        """
        if provider_id not in self._novas:
            return {}
        self._novas[provider_id].prepare()
        return {SystemId(System.NOVA, provider_id): lambda: self._novas[provider_id].status_text(instance_id)}

    def prepare(self) -> None:
        """Import the SDK, which can take seconds, before a time limit starts. Reads and sends nothing."""
        for service in self._services():
            service.prepare()

    def close(self) -> None:
        """Close every open connection; the next use opens another."""
        for service in self._services():
            service.close()

    def _services(self) -> Iterator[Glance | Keystone | Nova]:
        yield from self._glances.values()
        yield from self._keystones.values()
        yield from self._novas.values()

    def _check_configured(self, provider_id: int) -> None:
        if provider_id not in self.names:
            configured = ", ".join(self.names.values()) or "none"
            raise Refused(
                what=f"provider {provider_id} has no cloud configured",
                why=f"configured clouds: {configured}",
                next_step=(
                    f"add the provider to RUNBOOK_CLOUDS, e.g. {provider_id}=NAME, "
                    "where NAME is an entry of clouds.yaml with an admin account of that cloud"
                ),
            )
