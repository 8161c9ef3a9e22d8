"""A sandbox to run the pages' blocks in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.code_blocks.sandbox import Sandbox
from tests.services.celery import celery_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.fork_server import ForkServer


@pytest.fixture(scope="session")
def sandbox(forks: ForkServer) -> Iterator[Sandbox]:
    """Return a sandbox on a path without blanks, for every name of the folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="fences-", dir="/tmp") as folder:
        yield Sandbox(Path(folder), forks).make()


@pytest.fixture(scope="session")
def celery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real worker of the queue of imaging, and a real Flower with a login."""
    with celery_service(tmp_path_factory.mktemp("celery")) as service:
        service.start("imaging", queues="imaging")
        with service.flower():
            yield
