"""The registry: procedures are found by their files and have their names."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib import params, procedures
from runbook_lib.errors import ParamError, Refused
from runbook_lib.model import Call, System
from runbook_lib.procedures import _registry as registry
from runbook_lib.render.procedure import procedure_text
from tests.checks import check_each, check_inspection, plan

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

FOLDER = Path(procedures.__file__ or "").parent
# System of a call → the longest time of a procedure with such a call. A command of the host copies entire images;
# OpenStack continues after the API's response, and the page says to wait for it. Everything else is quick.
LONGEST = {System.API: 30, System.HOST: 240}
SHORTEST = 15
# An optional parameter of a printed command → why the task needs a value of it.
NEEDED = {
    ("change_quota", "cpu"): "without a limit there is nothing to change",
    ("find_celery_tasks", "text"): "without it, the latest tasks of all instances are listed",
    ("find_log_lines", "text"): "a text or a time is required",
    ("find_workflows", "instance_id"): "without it, the workflows of all instances are listed",
    ("write_support_report", "instance_id"): "an instance or a request is required",
}


def test_every_module_is_a_procedure_and_nothing_else_is() -> None:
    """Adding a procedure changes no list: the files are the list."""
    assert tuple(sorted(path.stem for path in FOLDER.glob("[!_]*.py"))) == registry.names()


def test_all_procedures_are_listed_with_their_declarations() -> None:
    """Each has a sentence, an estimate in minutes, parameters, and a page whose address is its name."""
    for procedure in registry.every():
        assert procedure.name in registry.names()
        assert procedure.summary.endswith(".")
        assert 1 <= procedure.minutes
        assert procedure.fields == params.fields(procedure.declaration)
        assert f"runbooks/{procedure.name.replace('_', '-')}.html" == procedure.page


def _longest(plan: Plan) -> int:
    """Return the most minutes that a procedure can declare, by its slowest call."""
    calls = (change for change in plan.changes if isinstance(change, Call))
    return max([SHORTEST, *(LONGEST.get(call.system.kind, SHORTEST) for call in calls)])


@pytest.mark.every_procedure
def test_estimate_in_minutes_fits_the_calls(world: World) -> None:
    """Only copies of entire images can take hours, and only OpenStack's work half an hour."""

    def check(name: str) -> None:
        assert registry.find(name).minutes <= _longest(plan(world, name, **registry.find(name).practice_example))

    check_each(registry.changing(), check)


@pytest.mark.parametrize(
    ("name", "longest"),
    [("grant_staff", 15), ("restart_imaging_workers", 15), ("reboot_instance", 30), ("migrate_image", 240)],
)
def test_calls_limit_the_estimate(world: World, name: str, longest: int) -> None:
    """Rows and restarts are quick, even if their procedure declares more minutes."""
    assert longest == _longest(plan(world, name, **registry.find(name).practice_example))


@pytest.mark.every_procedure
def test_every_parameter_is_documented_and_has_an_example() -> None:
    """A required parameter has an example of the fixture and says where to find its value."""

    def check(field: params.Field) -> None:
        assert field.doc.endswith(".")
        assert not field.where.endswith(".")
        assert not field.required or field.example

    fields = {f"{procedure.name} {field.name}": field for procedure in registry.every() for field in procedure.fields}
    check_each(fields, lambda label: check(fields[label]))


@pytest.mark.every_procedure
def test_examples_are_valid_values() -> None:
    """The documented examples pass the same checks as other values, and make a `Params`."""

    def check(name: str) -> None:
        procedure = registry.find(name)
        examples = {field.name: field.example for field in procedure.fields if field.example is not None}

        values = params.check(procedure.fields, examples | procedure.practice_example, procedure=name)
        assert isinstance(procedure.bind(values), procedure.declaration)

    check_each(registry.names(), check)


@pytest.mark.every_procedure
def test_examples_set_no_optional_value_that_the_task_does_not_need() -> None:
    """The command of a page and of ``runbook show`` has the required values, and those that `NEEDED` lists."""
    optional = {
        (procedure.name, field.name)
        for procedure in registry.every()
        for field in procedure.fields
        if field.name in procedure.example and not field.required
    }

    assert set(NEEDED) == optional


@pytest.mark.every_procedure
def test_no_printed_example_overrides_a_refusal(world: World, bench: Bench) -> None:
    """A procedure without one of the optional values of its example needs the value; it never refuses the task."""

    def check(needed: tuple[str, str]) -> None:
        name, optional = needed
        procedure = registry.find(name)
        given = {key: value for key, value in procedure.practice_example.items() if key != optional}
        try:
            if procedure.plans:
                plan(world, name, **given)
            else:
                check_inspection(world, bench, name, **given)
        except (ParamError, Refused) as error:
            assert "give" in f"{error.what} {error.next_step}"  # noqa: PT017 - some need the value

    check_each(NEEDED, check)


@pytest.mark.every_procedure
def test_no_printed_command_has_an_override(world: World, bench: Bench) -> None:
    """Neither `show` nor the next steps of an inspection set a value that only the sample data need."""

    def check(name: str) -> None:
        procedure = registry.find(name)
        printed = [procedure_text(procedure).splitlines()[-1]]
        if procedure.inspects:
            steps = check_inspection(world, bench, name, **procedure.practice_example).steps
            printed += [step.command for step in steps if step.command]
        for command in printed:
            arguments = command.split()
            fields = registry.find(arguments[2]).fields if arguments[2:] and arguments[2] in registry.names() else ()
            assert [] == [f.name for f in fields if f.practice is not None and f"{f.name}=" in command], command

    check_each(registry.names(), check)


@pytest.mark.every_procedure
def test_procedure_name_is_a_verb_and_whole_words() -> None:
    """Names are snake_case of at least two words; no procedure's module defines more than it must."""

    def check(name: str) -> None:
        assert name.count("_") >= 1
        assert name == name.lower()
        module = importlib.import_module(f"{procedures.__name__}.{name}")
        tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
        defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        public = {name for name in defined if not name.startswith("_")}
        declared = {"Params"} if registry.find(name).fields else set()
        assert declared | {"plan" if registry.find(name).plans else "inspect"} == public - {"undo_expects"}

    check_each(registry.names(), check)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("grant-staff", "there is no procedure 'grant-staff': did you mean grant_staff?"),
        ("grant_stuff", "there is no procedure grant_stuff: did you mean grant_staff?"),
        ("Grant_staff", "did you mean grant_staff?"),
        ("zzz", f"none of the {len(registry.names())} procedures has a similar name"),
        ("", "there is no procedure ''"),
        ("../cli", "there is no procedure '../cli'"),
        ("grant_staff.os", "there is no procedure 'grant_staff.os'"),
        ("__init__", "there is no procedure __init__"),
        ("x\x1b[31m", "there is no procedure 'x\\x1b[31m'"),
    ],
)
def test_unknown_procedure_is_refused_with_a_similar_name(name: str, text: str) -> None:
    """The error suggests the right name, and nothing is imported."""
    with pytest.raises(ParamError) as caught:
        registry.find(name)

    assert text in caught.value.what
    assert "\x1b" not in str(caught.value)
    assert "'runbook list' shows all procedures" == caught.value.next_step


def test_long_name_is_shortened() -> None:
    """A name of any length gives a short message."""
    with pytest.raises(ParamError) as caught:
        registry.find("-" * 5000)
    assert len(caught.value.what) < 300
