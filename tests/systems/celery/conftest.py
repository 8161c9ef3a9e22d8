"""A real broker for the tests in this folder; it is empty at the start of each test, which starts its own workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.celery import CeleryService, celery_service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CeleryService]:
    """One broker per session."""
    with celery_service(tmp_path_factory.mktemp("celery")) as service:
        yield service


@pytest.fixture
def celery(broker: CeleryService) -> Iterator[CeleryService]:
    """The broker, without tasks and workers."""
    yield broker
    broker.stop()
