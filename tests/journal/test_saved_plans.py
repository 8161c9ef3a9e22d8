"""Saved plans: loaded exactly as they were shown, or not at all."""

from __future__ import annotations

import dataclasses
import json
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.journal.saved_plans import SavedPlans
from tests.model.test_plan import PLAN
from tests.strategies import PLANS

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model.plan import Plan


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(PLANS)
def test_plan_is_loaded_as_it_was_saved(tmp_path: Path, plan: Plan) -> None:
    """Any saved plan is found under its id and is the same."""
    saved = SavedPlans(tmp_path)
    saved.save(plan)
    saved.save(plan)

    assert plan == saved.load(plan.plan_id)


@pytest.mark.parametrize(
    "plan_id", ["0" * 12, "", "../journal", "x" * 12, PLAN.plan_id[:6], f"{PLAN.plan_id}\n", PLAN.plan_id.upper(), "\0"]
)
def test_unknown_plan_is_not_found(tmp_path: Path, plan_id: str) -> None:
    """Only the complete id of a saved plan is valid; no id names a file outside of the folder."""
    saved = SavedPlans(tmp_path)
    saved.save(PLAN)

    with pytest.raises(TargetNotFound, match="no saved plan"):
        saved.load(plan_id)


def _swap_value(text: str) -> str:
    return text.replace("1144", "1378")


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", "17", "not json", '{"plan_id": "x"}', "\udcff"])
def test_damaged_plan_file_is_refused(tmp_path: Path, content: str) -> None:
    """A damaged file is never applied; the next step is to plan again."""
    saved = SavedPlans(tmp_path)
    saved.save(PLAN)
    (saved.folder / f"{PLAN.plan_id}.json").write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(Refused, match="damaged or was modified") as caught:
        saved.load(PLAN.plan_id)
    assert "plan again" == caught.value.next_step


def test_edited_plan_is_refused(tmp_path: Path) -> None:
    """Another value in the file is not what was shown."""
    saved = SavedPlans(tmp_path)
    saved.save(PLAN)
    path = saved.folder / f"{PLAN.plan_id}.json"
    path.write_text(_swap_value(path.read_text()))

    with pytest.raises(Refused, match="damaged or was modified"):
        saved.load(PLAN.plan_id)


def test_other_plan_under_the_id_is_refused(tmp_path: Path) -> None:
    """A file that was copied over another one holds a valid plan, but not the requested one."""
    saved, other = SavedPlans(tmp_path), dataclasses.replace(PLAN, params={"application_id": 1})
    saved.save(other)
    (saved.folder / f"{other.plan_id}.json").rename(saved.folder / f"{PLAN.plan_id}.json")

    with pytest.raises(Refused, match="damaged or was modified"):
        saved.load(PLAN.plan_id)


def test_unreadable_plan_is_refused(tmp_path: Path) -> None:
    """A folder in the place of the file is damage, not a traceback."""
    saved = SavedPlans(tmp_path)
    (saved.folder / f"{PLAN.plan_id}.json").mkdir(parents=True)

    with pytest.raises(Refused, match="damaged or was modified"):
        saved.load(PLAN.plan_id)


def test_unwritable_home_is_refused(tmp_path: Path) -> None:
    """If no plan can be saved, the message names the folder and the variable."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused, match=r"the folder of saved plans .* can't be written") as caught:
        SavedPlans(tmp_path / "file").save(PLAN)
    assert "RUNBOOK_HOME" in caught.value.next_step


def test_saved_plans_are_private_to_their_owner(tmp_path: Path) -> None:
    """The folder is closed to other users of the host, and the file is plain JSON."""
    saved = SavedPlans(tmp_path)
    saved.save(PLAN)

    assert 0o700 == stat.S_IMODE(saved.folder.stat().st_mode)
    assert PLAN.as_json() == json.loads((saved.folder / f"{PLAN.plan_id}.json").read_text())
