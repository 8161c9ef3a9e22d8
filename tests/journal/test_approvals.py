"""An approval is another operator's, for exactly one plan, for one run, and for a limited time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused
from runbook_lib.journal import Journal
from runbook_lib.journal.signatures import AllowedSigners, Signer
from tests.journal.signed import signed_journal
from tests.journal.test_journal import PLAN

if TYPE_CHECKING:
    from pathlib import Path

APPROVED_AT, LATER = "2026-01-15T10:00:00+00:00", "2026-01-15T12:00:00+00:00"
COLLEAGUE = {"reason": "checked", "operator": "colleague@host", "time": APPROVED_AT}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return an empty journal without signatures."""
    return Journal(tmp_path / "home")


def _begin(journal: Journal, *, time: str = LATER, operator: str = "tester@host") -> str:
    with journal.begin(PLAN, reason="test", operator=operator, time=time, needs_approval=True) as run_id:
        journal.append("outcome", run_id, state="not-applied", receipt=[])
        return run_id


def test_approved_plan_is_begun_once(journal: Journal) -> None:
    """The second run finds the approval used; the approval itself is not a run."""
    journal.approve(PLAN, **COLLEAGUE)
    run_id = _begin(journal)

    with pytest.raises(Refused, match="needs the approval of another operator") as error:
        _begin(journal)
    assert "the approval by colleague@host: it was used by another run" == error.value.why
    assert [run_id] == [run.run_id for run in journal.runs()]
    assert [] == journal.unreadable()
    assert () == journal.check().problems


@pytest.mark.parametrize(
    ("approval", "begin", "why"),
    [
        ({"operator": "tester@host"}, {}, "an operator can't approve a plan and apply it"),
        ({"operator": "tester@other"}, {}, "an operator can't approve a plan and apply it"),
        ({}, {"time": "2026-01-16T10:00:01+00:00"}, "it is valid for 24 hours"),
        ({}, {"time": "2026-01-15T09:59:59+00:00"}, "it is valid for 24 hours"),
    ],
)
def test_unusable_approval_is_refused_with_the_reason(
    journal: Journal, approval: dict[str, str], begin: dict[str, str], why: str
) -> None:
    """The own approval, the same user's on another host, an expired one and one of the future."""
    journal.approve(PLAN, **(COLLEAGUE | approval))

    with pytest.raises(Refused, match="needs the approval") as error:
        _begin(journal, **begin)
    assert why in error.value.why
    assert [] == journal.runs()


def test_approval_is_bound_to_the_plans_content(journal: Journal) -> None:
    """Another plan of the same procedure, even one that differs in a warning only, has another ID."""
    journal.approve(dataclasses.replace(PLAN, warnings=("other",)), **COLLEAGUE)

    with pytest.raises(Refused, match="needs the approval"):
        _begin(journal)


def test_altered_approval_does_not_count(journal: Journal) -> None:
    """A record that does not match its digest is not an approval."""
    journal.approve(PLAN, **(COLLEAGUE | {"operator": "tester@host"}))
    journal.path.write_text(journal.path.read_text().replace("tester@host", "colleague@host"))

    with pytest.raises(Refused, match="needs the approval"):
        _begin(journal)


def test_forged_approval_is_found_by_its_signature(tmp_path: Path, keys: Path) -> None:
    """With signatures, only the colleague's own key approves in the colleague's name."""
    (tmp_path / "allowed").write_text(
        f"tester@host {(keys / 'operator.pub').read_text()}colleague@host {(keys / 'other.pub').read_text()}"
    )
    journal = signed_journal(tmp_path, keys)
    journal.allowed = AllowedSigners(tmp_path / "allowed")
    journal.approve(PLAN, **COLLEAGUE)

    with pytest.raises(Refused, match="needs the approval"):
        _begin(journal)
    assert "record 1 names colleague@host as operator, and tester@host signed it" in journal.check().problems
    journal.signer = Signer("colleague@host", keys / "other")
    journal.approve(PLAN, **COLLEAGUE)
    journal.signer = Signer("tester@host", keys / "operator")
    assert _begin(journal)
