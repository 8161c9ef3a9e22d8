"""Signatures: no operator signs for another one, or leaves a signature out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused
from runbook_lib.journal.signatures import AllowedSigners, Signer
from tests.journal.signed import OPERATOR, edit_record, recompute_chain, signed_journal, tamper
from tests.journal.test_journal import complete_run

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.journal import Journal


def test_signature_of_another_operator_is_reported(tmp_path: Path, keys: Path) -> None:
    """An allowed signer can't sign in the name of another operator."""
    journal = signed_journal(tmp_path, keys)
    journal.signer = Signer("colleague@host", keys / "other")
    allowed = (keys / "allowed").read_text() + f"colleague@host {(keys / 'other.pub').read_text()}"
    (tmp_path / "allowed").write_text(allowed)
    journal.allowed = AllowedSigners(tmp_path / "allowed")
    complete_run(journal)

    assert "record 1 names tester@host as operator, and colleague@host signed it" in journal.check().problems


def test_unsigned_record_after_signed_ones_is_reported(journal: Journal) -> None:
    """Leaving the signature out does not bypass the check."""
    journal.signer = None
    complete_run(journal)

    assert "record 7 is not signed, although records before it are" in journal.check().problems


def test_key_that_can_not_sign_stops_the_run(journal: Journal, tmp_path: Path) -> None:
    """No run begins without the signature that the site requires."""
    journal.signer = Signer(OPERATOR, tmp_path / "missing")

    with pytest.raises(Refused, match="can't be signed"):
        complete_run(journal)
    assert 6 == len(list(journal.records()))


def test_second_head_does_not_forge_a_signature(journal: Journal, keys: Path, tmp_path: Path) -> None:
    """A user who can write journal and head can rewrite both, but not sign for another operator."""
    tamper(journal, lambda records: recompute_chain(edit_record(records, 3, reason="forged")))
    last = json.loads(journal.path.read_text().splitlines()[-1])
    assert journal.head is not None
    head = json.loads(journal.head.path.read_text()) | {"digest": last["digest"]}
    journal.head.path.write_text(json.dumps(head))

    assert ["record 4 is not signed by tester@host", "record 6 is not signed by tester@host"] == [
        problem.partition(":")[0] for problem in journal.check().problems
    ]
    other = signed_journal(tmp_path / "other", keys, signer="other")
    complete_run(other)
    assert other.check().problems[0].startswith("record 1 is not signed by tester@host")
