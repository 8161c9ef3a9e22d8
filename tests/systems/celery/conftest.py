"""A real broker for the tests of this folder; each test finds it empty and starts the workers it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.celery import CeleryService, celery_service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CeleryService]:
    """One broker a session."""
    with celery_service(tmp_path_factory.mktemp("celery")) as service:
        yield service


@pytest.fixture
def celery(broker: CeleryService) -> Iterator[CeleryService]:
    """The broker, with nothing in it and no worker on it."""
    yield broker
    broker.stop()
