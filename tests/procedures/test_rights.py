"""The recorded rights."""

from __future__ import annotations

from runbook_lib.procedures._rights import read


def test_file_has_reading_procedures_and_keys() -> None:
    """The role that reads gets no password."""
    content = read().as_json()

    assert "password" not in content["read"]["atmosphere"]["atmosphere_user"]
    assert {"read", "procedures", "keys"} == content.keys()
