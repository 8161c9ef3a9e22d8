"""A procedure: the declarations of its module, and how a defect in it is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from runbook_lib import procedures
from runbook_lib.errors import Defect, ParamError, Refused
from runbook_lib.model.inspection import Inspection
from runbook_lib.model.plan import Plan
from runbook_lib.model.procedure import Procedure
from runbook_lib.params import param


@dataclass(frozen=True, kw_only=True)
class Params:
    """One required parameter, one whose example differs from its default, and a secret."""

    name: str = param("The name.", example="joetest")
    count: int = param("How many.", default=0, example=3)
    note: str = param("Words.", default="")


def procedure(**functions: Any) -> Procedure:
    """Return a procedure with these functions."""
    return Procedure(name="do_it", summary="Do it.", minutes=1, declaration=Params, **functions)


def test_inspecting_procedure_has_no_plan_and_planning_one_no_inspection() -> None:
    """Each refuses with a sentence that names the right command."""
    with pytest.raises(ParamError) as caught:
        procedures.find("list_staff").plan(None, None)
    assert "runbook inspect list_staff" == caught.value.next_step

    with pytest.raises(ParamError) as caught:
        procedures.find("grant_staff").inspect(None, None)
    assert "runbook plan grant_staff" in caught.value.next_step


def test_example_has_required_values_and_declared_examples() -> None:
    """Other parameters keep the procedure's default."""
    assert {"name": "joetest", "count": 3} == procedure().example
    assert Params(name="a", count=1) == procedure().bind({"name": "a", "count": 1})
    assert "runbooks/do-it.html" == procedure().page


@pytest.mark.parametrize(("attribute", "method"), [("plans", "plan"), ("inspects", "inspect")])
def test_unforeseen_error_or_result_is_a_defect(attribute: str, method: str) -> None:
    """An unforeseen error, and a result of another kind; nothing was changed."""

    def fail(world: Any, params: Any) -> Any:
        return {}[params]

    other = Plan(procedure="do_it", because="nothing is wrong") if method == "inspect" else Inspection(answer="")
    for function in (fail, lambda _world, _params: None, lambda _world, _params: other):
        declared = procedure(**{attribute: function})
        match = rf"{method}\(\) of do_it failed because of a defect"
        with pytest.raises(Defect, match=match) as caught, declared.defects_named():
            getattr(declared, method)(None, "params")
        assert caught.value.changed is False


def test_refusal_of_the_module_stays_a_refusal() -> None:
    """It is meant for the operator."""

    def refuse(world: Any, params: Any) -> Plan:
        raise Refused(what="it can't be done", next_step="ask")

    with pytest.raises(Refused, match="it can't be done"):
        procedure(plans=refuse).plan(None, None)
