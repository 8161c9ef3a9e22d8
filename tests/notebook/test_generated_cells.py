"""The library generates some cells of a notebook from the declaration, and changes nothing else in the file."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - read at run time
from typing import Any, Literal

from runbook_lib import params, procedures
from runbook_lib.config.secrets import SecretReference  # noqa: TC001 - read at run time
from runbook_lib.notebook import generated_cells, notebook_files, parameters_cell
from runbook_lib.params import param


@dataclass(frozen=True, kw_only=True)
class Every:
    """One parameter of each kind."""

    name: str = param("The name.", where="Admin > Names", example="joetest")
    number: int = param("The number.", example=4)
    others: tuple[int, ...] | None = param("The others.", default=None, example="5,7")
    flag: bool = param("Do it.", default=True)
    site: Literal["both", "one"] = param("Where.", default="both")
    password: SecretReference | None = param("A reference. Never the password.", default=None)
    start: datetime | None = param("When.", default=None, example="2026-01-15T18:00-07:00")
    title: str = param("The title.", default='A "quoted" title')


EXPECTED = """\
name: str = ""  # Required. The name.
number: int = 0  # Required. The number.
others: str = ""  # Optional. The others. Example: 5,7
flag: bool = True  # Do it.
site: str = "both"  # Where. One of: both, one.
password: str = ""  # Optional. A reference. Never the password.
start: str = ""  # Optional. When. Example: 2026-01-15T18:00-07:00
title: str = "A \\"quoted\\" title"  # The title."""


def test_parameters_cell_has_one_line_per_parameter_then_the_controls() -> None:
    """Type, default and comment come from the declaration; a changing procedure also has apply, reason and undo."""
    procedure = replace(procedures.find("grant_staff"), declaration=Every)
    *lines, apply, reason, undo = generated_cells.parameters(procedure).splitlines()

    assert EXPECTED.splitlines() == lines
    assert ["apply: bool = False", 'reason: str = ""', "undo: bool = False"] == [
        line.split("  #")[0] for line in (apply, reason, undo)
    ]


def test_parameters_cell_of_an_inspection_has_no_controls() -> None:
    """A procedure that only inspects has its own parameters alone, or none."""
    assert "" == generated_cells.parameters(procedures.find("list_staff"))
    assert 1 == len(generated_cells.parameters(procedures.find("show_account")).splitlines())


def test_every_generated_cell_is_plain_python_with_valid_defaults() -> None:
    """The check accepts the values in a cell as the defaults."""
    for procedure in procedures.every():
        written = parameters_cell.read(generated_cells.parameters(procedure))
        optional = [field for field in procedure.fields if not field.required]
        given = {name: value for name, value in written.items() if name in {field.name for field in optional}}

        assert {field.name: _typed(field) for field in optional} == params.check(optional, given, procedure="x")
        ast.parse(generated_cells.setup(procedure))


def _typed(field: params.Field) -> Any:
    return params.check([field], {}, procedure="x")[field.name]


def test_rewriting_changes_only_generated_cells() -> None:
    """A file whose cells differ gets them back; a second time changes nothing."""
    for name in ("grant_staff", "list_staff", "restart_celery_workers"):
        procedure, file = procedures.find(name), notebook_files.path(name).read_text(encoding="utf-8")
        broken = file.replace('# %% tags=["parameters"]\n', '# %% tags=["parameters"]\nwrong = 1\n')
        broken = broken.replace("globals()", "locals()")
        assert file not in {broken, generated_cells.rewritten(broken.replace("# #", "# # Other"), procedure)}

        assert file == generated_cells.rewritten(broken, procedure)
        assert file == generated_cells.rewritten(file, procedure)
