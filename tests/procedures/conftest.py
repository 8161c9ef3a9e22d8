"""A real broker, for the procedures that are tested with one, and the check of what they use of the databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry import rights_recording
from tests.systems.celery.conftest import broker, celery

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["broker", "celery"]


@pytest.fixture(autouse=True)
def _rights_suffice(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check that the database roles would allow what each test lets the engine do."""
    with rights_recording.checked(request.config):
        yield
