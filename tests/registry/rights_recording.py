"""Record what the procedures use of the databases, or check that the committed file has it."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING

from runbook_lib.procedures import _rights
from tests.registry import used_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


@contextlib.contextmanager
def checked(config: pytest.Config) -> Iterator[None]:
    """Check that everything that is used inside is in the file of rights; with ``--write-rights``, add it."""
    with used_columns.recorded() as uses:
        yield
    if config.getoption("--write-rights"):
        content = used_columns.merged(_rights.read(), uses)
        _rights.FILE.write_text(f"{_compact(content)}\n", encoding="utf-8")
        _rights.read.cache_clear()
    else:
        assert [] == used_columns.missing(uses), "run 'make rights' if the procedure must use this"


def _compact(content: object) -> str:
    """Return JSON with each list on one line."""
    text = json.dumps(content, indent=1, sort_keys=True)
    return re.sub(r"\[[^\[\]]*\]", lambda match: json.dumps(json.loads(match[0])), text)
