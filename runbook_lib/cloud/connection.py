"""Provider id → Glance: which cloud is which, opened when first used, closed together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from runbook_lib.cloud.glance import Glance
from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Clouds:
    """The Glance of each provider that has a cloud configured.

    Nothing is read or sent before a `Glance` is used for the first time.
    """

    def __init__(self, names: Mapping[int, str], *, config_file: Path | None = None) -> None:
        """Keep the names.

        Args:
            names: Provider id → name of the cloud in ``clouds.yaml``.
            config_file: The ``clouds.yaml``; None lets openstacksdk look in its usual places.
        """
        self._reading = 0
        self._glances = {
            provider_id: Glance(provider_id, cloud, config_file=config_file, may_write=lambda: not self._reading)
            for provider_id, cloud in sorted(names.items())
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

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Refuse every write to every cloud until left; may be nested."""
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1

    def close(self) -> None:
        """Close what was opened; a Glance used afterwards opens again."""
        for glance in self._glances.values():
            glance.close()
