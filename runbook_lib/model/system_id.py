"""The external systems: the kinds, the facts about each kind, and the name of one system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from runbook_lib.config.variables import variable
from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


class System(StrEnum):
    """A kind of external system; its value is its name in plans, in the journal and on screens."""

    ATMOSPHERE = "atmosphere"
    TROPOSPHERE = "troposphere"
    API = "api"
    KEYSTONE = "keystone"
    GLANCE = "glance"
    NOVA = "nova"
    BROKER = "broker"
    FLOWER = "flower"
    ARGO = "argo"
    WORKERS = "workers"
    HOST = "host"
    LOGS = "logs"
    COPY = "copy"

    @property
    def facts(self) -> SystemFacts:
        """The facts about this kind."""
        return FACTS[self]

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that configure it, the main one first; none if another system's variables do."""
        return tuple(variable(setting) for setting in self.facts.settings)


@dataclass(frozen=True)
class SystemFacts:
    """The facts about a kind of system.

    Attributes:
        title: The name for people.
        settings: The settings that configure it, the main one first; none if another system's settings do.
        per_provider: Whether each provider has one.
        is_changed: Whether plans change it; the other kinds are only read.
        in_steps: Whether one call has several steps, so that an interruption can leave only the first ones done.
        leaves_no_trace: Whether reading back shows nothing of a call, not even that it was made.
        keeps_log: Whether it logs each change, including an undo.
    """

    title: str
    settings: tuple[str, ...] = ()
    per_provider: bool = False
    is_changed: bool = False
    in_steps: bool = False
    leaves_no_trace: bool = False
    keeps_log: bool = False


FACTS: Mapping[System, SystemFacts] = MappingProxyType(
    {
        System.ATMOSPHERE: SystemFacts("Atmosphere's database", ("atmosphere_db",), is_changed=True),
        System.TROPOSPHERE: SystemFacts("Troposphere's database", ("troposphere_db",), is_changed=True),
        System.API: SystemFacts("Atmosphere's API", ("api_url", "api_token"), is_changed=True, keeps_log=True),
        System.KEYSTONE: SystemFacts("Keystone", ("clouds",), per_provider=True),
        System.GLANCE: SystemFacts("Glance", ("clouds",), per_provider=True, is_changed=True),
        System.NOVA: SystemFacts("Nova", ("clouds",), per_provider=True),
        System.BROKER: SystemFacts("Celery's broker", ("broker_url",)),
        System.FLOWER: SystemFacts("Flower", ("flower_url",)),
        System.ARGO: SystemFacts("Argo", ("argo_url",), is_changed=True),
        System.WORKERS: SystemFacts("Celery's workers", is_changed=True, in_steps=True),
        System.HOST: SystemFacts(
            "Atmosphere's host", ("host_exec",), is_changed=True, in_steps=True, leaves_no_trace=True
        ),
        System.LOGS: SystemFacts("The logs", ("log_dir",)),
        System.COPY: SystemFacts("Copies on a provider", per_provider=True, is_changed=True),
    }
)


@dataclass(frozen=True)
class SystemId:
    """One external system; plans, the journal and screens use its text, such as ``api`` or ``glance:4``.

    Attributes:
        kind: The kind of system.
        provider_id: The provider; None for a kind with only one system.
    """

    kind: System
    provider_id: int | None = None

    def __post_init__(self) -> None:
        """Require a provider for a kind with one system per provider, and none for the other kinds."""
        if self.kind.facts.per_provider is (self.provider_id is None):
            msg = f"{self.kind} with provider {self.provider_id}"
            raise ValueError(msg)

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return self.kind.value if self.provider_id is None else f"{self.kind.value}:{self.provider_id}"

    @property
    def provider(self) -> int:
        """The provider's ID, for a kind with one system per provider.

        Raises:
            ValueError: There is only one system of this kind.
        """
        if self.provider_id is None:
            msg = f"{self} does not belong to a provider"
            raise ValueError(msg)
        return self.provider_id

    @classmethod
    def find(cls, text: str) -> SystemId | None:
        """Return the system with this text; None for any other text."""
        kind, colon, provider = text.partition(":")
        try:
            system = cls(System(kind), int(provider) if colon else None)
        except ValueError:
            return None
        return system if str(system) == text else None

    @classmethod
    def parse(cls, text: str) -> SystemId:
        """Return the system with this text.

        Raises:
            Refused: No system has this text.
        """
        if system := cls.find(text):
            return system
        raise Refused(what=f"there is no system {text}", next_step="plan again with this release of the runbook")
