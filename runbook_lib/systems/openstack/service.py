"""Base class of Glance, Keystone and Nova: one service of one provider, connected at its first use."""

from __future__ import annotations

import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from runbook_lib.systems.gateway import SHAPE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook_lib.systems.openstack.sdk import CloudResponse, ServiceApi

Api = TypeVar("Api", bound="ServiceApi")
Shape = TypeVar("Shape")
_importing = threading.Lock()  # the SDK has circular imports, which fail when two threads start at different modules


class OpenStackService(Generic[Api]):
    """One service of one provider."""

    title: ClassVar[str]
    """The service's name in messages, such as ``Glance``."""

    def __init__(self, provider_id: int, cloud: str, *, config_file: Path | None = None) -> None:
        """Keep the cloud's name. Reads and sends nothing before the first use.

        Args:
            provider_id: Atmosphere's id of the provider, for messages.
            cloud: The name in ``clouds.yaml``.
            config_file: The ``clouds.yaml``; None means openstacksdk's default locations.
        """
        self.provider_id = provider_id
        self.cloud = cloud
        self.name = f"{self.title} of provider {provider_id} (cloud {cloud})"
        self._config_file = config_file
        self._api: Api | None = None
        self._opening = threading.Lock()  # several threads can use the service at the same time

    @staticmethod
    @abstractmethod
    def _load() -> type[Api]:
        """Import and return the class of the connection; the SDK is slow to import."""

    def prepare(self) -> None:
        """Import the SDK, which can take seconds, before a time limit starts. Reads and sends nothing."""
        with _importing:
            self._load()

    def address(self) -> str:
        """Connect, and return the address of the service, without credentials.

        Raises:
            NotConnected: The service or Keystone does not respond, or rejects this account.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong.
        """
        api = self._open()
        api.connect()
        return api.address

    def scope(self) -> str:
        """Return Keystone's address and the project of the account's token; raises as `address` does."""
        return self._open().scope()

    @property
    def is_connected(self) -> bool:
        """Whether the service was used."""
        return self._api is not None

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._api:
            self._api.close()
            self._api = None

    def _read(self, answer: CloudResponse, parse: Callable[[Any], Shape]) -> Shape:
        """Return the result of `parse` on the response's body.

        Raises:
            NotConnected: The response is not one of this service.
        """
        try:
            return parse(answer.body)
        except SHAPE_ERRORS as error:
            raise self._open().invalid_response() from error

    def _open(self) -> Api:
        with self._opening:
            if self._api is None:
                with _importing:
                    api = self._load()
                self._api = api(system=self.name, cloud=self.cloud, config_file=self._config_file)
            return self._api
