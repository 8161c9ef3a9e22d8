"""Plans: their rules, their JSON, and the digest that names them."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given

from runbook_lib.model import Call, Change, RowExpect, RowUpdate, SystemId
from runbook_lib.model.plan import Plan
from runbook_lib.model.practice import PRACTICE_TARGETS
from tests.model.changes import CALL, DELETE, INSERT, PASSWORD, UPDATE
from tests.strategies import PLANS

PLAN = Plan(
    procedure="move_image_version",
    params={"application_id": 1144},
    changes=(UPDATE, CALL),
    warnings=("the version is end-dated",),
    expects=(RowExpect(database="atmosphere", table="application", pk={"id": 1144}, values={"end_date": None}),),
    targets=PRACTICE_TARGETS,
    created="2026-01-15T12:00:00+00:00",
)


def test_json_of_a_plan_has_the_documented_keys() -> None:
    """Programs that read ``--json`` find these keys, and one entry per column."""
    body = PLAN.as_json()

    keys = {
        "procedure",
        "practice",
        "params",
        "plan_id",
        "because",
        "changes",
        "warnings",
        "predictions",
        "expects",
        "targets",
        "created",
        "undoes",
    }
    assert keys == body.keys()
    assert ["application_id", "name", "visibility"] == [e.get("column", e.get("action")) for e in body["changes"]]
    assert PLAN.plan_id == body["plan_id"]
    assert 12 == len(PLAN.plan_id)


@given(PLANS)
def test_plan_survives_json(plan: Plan) -> None:
    """A plan loaded from its JSON text is the same plan under the same id."""
    loaded = Plan.from_json(json.loads(json.dumps(plan.as_json())))

    assert plan == loaded
    assert plan.plan_id == loaded.plan_id


OTHERS: dict[str, dict[str, Any]] = {
    "another procedure": {"procedure": "grant_staff"},
    "another parameter": {"params": {"application_id": 1378}},
    "another order": {"changes": (CALL, UPDATE)},
    "another value after": {"changes": (dataclasses.replace(UPDATE, after={"application_id": 1, "name": "1.2"}), CALL)},
    "another value before": {"changes": (dataclasses.replace(UPDATE, before={"application_id": 1, "name": "1"}), CALL)},
    "another row": {"changes": (dataclasses.replace(UPDATE, pk={"id": 8}), CALL)},
    "a number as text": {"changes": (dataclasses.replace(UPDATE, pk={"id": "7"}), CALL)},
    "an irreversible call": {"changes": (UPDATE, dataclasses.replace(CALL, reversible=False))},
    "a change less": {"changes": (UPDATE,)},
    "another warning": {"warnings": ()},
    "another expectation": {"expects": ()},
    "another target": {"targets": {"atmosphere": "postgresql://db/atmo_prod"}},
    "another time": {"created": "2026-01-15T12:00:01+00:00"},
    "an undo": {"undoes": "20260115T120000-3fa9c2"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_id_depends_on_every_part_of_a_plan(other: dict[str, Any]) -> None:
    """Two plans that differ in any part have two ids."""
    assert PLAN.plan_id != dataclasses.replace(PLAN, **other).plan_id


ALTERATIONS: dict[str, tuple[list[Any], Any]] = {
    "a value": (["changes", 0, "after"], 1),
    "a key": (["changes", 0, "pk", "id"], 8),
    "an operation": (["changes", 2, "target"], "another-image"),
    "a parameter": (["params", "application_id"], 1),
    "an expectation": (["expects", 0, "values", "end_date"], "2026-01-01T00:00:00+00:00"),
    "the targets": (["targets", "atmosphere"], "postgresql://db/atmo_prod"),
    "the id": (["plan_id"], "0" * 12),
}


@pytest.mark.parametrize(("path", "value"), ALTERATIONS.values(), ids=ALTERATIONS.keys())
def test_altered_plan_is_refused(path: list[Any], value: object) -> None:
    """A plan that was edited by hand is not the plan that was shown."""
    body = copy.deepcopy(PLAN.as_json())
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(ValueError, match="was altered after it was made"):
        Plan.from_json(body)


@pytest.mark.parametrize("changes", [(), (UPDATE,)])
def test_plan_has_changes_or_a_reason(changes: tuple[Change, ...]) -> None:
    """An empty plan gives a reason; a plan with changes gives none for being empty."""
    with pytest.raises(ValueError, match="either changes or a reason"):
        Plan(procedure="p", changes=changes, because="it is so already" if changes else "")


def test_rows_of_one_database_must_be_adjacent() -> None:
    """Rows of a database are one transaction, so no other change can come in between."""
    with pytest.raises(ValueError, match="one transaction"):
        Plan(procedure="p", changes=(UPDATE, CALL, dataclasses.replace(UPDATE, pk={"id": 8})))
    with pytest.raises(ValueError, match="one transaction"):
        Plan(procedure="p", changes=(UPDATE, INSERT, DELETE))


def test_stages_are_commits_and_calls_in_order() -> None:
    """The rows of a database are one stage; each call is its own stage, also next to a call of the same kind."""
    second = dataclasses.replace(CALL, system=SystemId.parse("glance:5"))
    plan = Plan(procedure="p", changes=(CALL, second, UPDATE, DELETE, INSERT))

    assert [CALL, second, "atmosphere", "troposphere"] == list(plan.stages())
    assert (UPDATE, DELETE) == plan.rows("atmosphere")
    assert (INSERT,) == plan.rows("troposphere")


def test_expectations_are_grouped_by_database() -> None:
    """A database's transaction locks the rows that the plan relies on there."""
    assert PLAN.expects == PLAN.expected("atmosphere")
    assert () == PLAN.expected("troposphere")


def test_irreversible_changes_are_named() -> None:
    """A plan lists the changes that an undo can't restore."""
    final = Call(
        system=SystemId.parse("argo"), target="t", action="delete", before="there", after=None, reversible=False
    )
    ordinary = RowUpdate(database="atmosphere", table="t", pk={"id": 1}, before={"a": 1}, after={"a": 2})

    assert (PASSWORD, final) == Plan(procedure="p", changes=(PASSWORD, ordinary, final)).irreversible
