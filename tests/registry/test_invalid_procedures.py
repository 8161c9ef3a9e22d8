"""A mistake in one module disables no other procedure; file and attribute are named, and CI fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from runbook_lib.model.groups import GROUPS
from tests.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

SOUND, OTHER = "grant_staff", "list_staff"
# Procedure → its mistake, an edit of the module; and the attribute that the error must name.
SLIPS = {
    "revoke_staff": ("MINUTES = ", "MINUTS = ", "MINUTES"),
    "stop_maintenance": ('NEEDS = ("atmosphere"', 'NEEDS = ("atmo"', "NEEDS"),
    "start_maintenance": ("@dataclass(frozen=True, kw_only=True)", "@dataclass(kw_only=True)", "Params"),
    "show_maintenance": ("def inspect(", "def plan(world, params):\n    return None\n\n\ndef inspect(", "inspect"),
    "change_quota": ("import Plan", "import Plam", "module"),
    "change_allocation": ("def plan(", "def plan(:", "module"),
    "show_account": ("from __future__ import annotations", "import os\nos.environ['NO_SUCH_SECRET']", "module"),
    "reboot_instance": ("\nfrom __future__ import annotations", "\nraise SystemExit('no')", "module"),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a copy of the project in which several modules have one mistake each."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("broken") / "copy")
    for name, (old, new, _) in SLIPS.items():
        checkout.replace(f"runbook_lib/procedures/{name}.py", old, new)
    return checkout


def test_every_procedure_of_this_package_is_valid() -> None:
    """CI fails here on an invalid module."""
    procedures.require_valid()
    assert (procedures.names(), ()) == (tuple(p.name for p in procedures.every()), procedures.broken())


def test_list_shows_invalid_procedures_on_their_own_lines(broken: Checkout) -> None:
    """All the others are listed as usual."""
    listed = broken.runbook("list")

    assert (0, "") == (listed.returncode, listed.stderr)
    lines = listed.stdout.splitlines()
    for name, (_, _, attribute) in SLIPS.items():
        own = [line for line in lines if line.split()[:3] == [name, "NOT", "VALID:"]]
        assert any(f"runbook_lib/procedures/{name}.py: {attribute} " in line for line in own)
    listed_names = {line.split()[0] for line in lines if line.removesuffix(":") not in GROUPS}
    assert listed_names == set(procedures.names())
    assert "NO_SUCH_SECRET" not in listed.stdout


def test_json_list_contains_invalid_procedures(broken: Checkout) -> None:
    """With the keys of the others, so that scripts continue, and with file and attribute."""
    code, entries = broken.run_json("list")

    assert 0 == code
    by_name = {entry["procedure"]: entry for entry in entries}
    assert set(procedures.names()) == by_name.keys()
    assert {name for name, entry in by_name.items() if "error" in entry} == SLIPS.keys()
    for name, (_, _, attribute) in SLIPS.items():
        assert by_name[OTHER].keys() <= by_name[name].keys()
        reported = {(problem["file"], problem["attribute"]) for problem in by_name[name]["error"]["problems"]}
        assert (f"runbook_lib/procedures/{name}.py", attribute) in reported


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", SOUND),
        ("plan", SOUND, "username=joetest"),
        ("inspect", OTHER),
        ("notebook", OTHER),
        ("history",),
        ("triage", "MultipleObjectsReturned"),
    ],
)
def test_every_other_procedure_still_works(broken: Checkout, arguments: tuple[str, ...]) -> None:
    """Mistakes in other modules do not affect it."""
    ended = broken.runbook(*arguments)

    assert (0, "") == (ended.returncode, ended.stderr)


def test_doctor_examines_all_systems_and_names_invalid_procedures(broken: Checkout) -> None:
    """Its exit code is about the systems only."""
    ended = broken.runbook("doctor")
    code, findings = broken.run_json("doctor")

    assert (0, 0, "") == (ended.returncode, code, ended.stderr)
    reported = {finding["system"]: finding for finding in findings if finding["state"] == "not valid"}
    assert {f"procedure {name}" for name in SLIPS} == reported.keys()
    for name, (_, _, attribute) in SLIPS.items():
        assert f"runbook_lib/procedures/{name}.py: {attribute} " in reported[f"procedure {name}"]["what"]
        assert f"procedure {name} " in ended.stdout
    assert {"ok", "not valid"} == {finding["state"] for finding in findings}
    assert f"{SOUND}" in ended.stdout.partition("You can run: ")[2]


@pytest.mark.parametrize(
    ("command", "name"), [("show", "stop_maintenance"), ("plan", "change_quota"), ("inspect", "show_maintenance")]
)
def test_invalid_procedure_is_an_error_without_a_traceback(broken: Checkout, command: str, name: str) -> None:
    """Exit 70: the author's mistake is not the operator's, and nothing was changed."""
    code, error = broken.run_json(command, name)

    assert (70, "invalid-procedure", False) == (code, error["error"], error["changed"])
    assert SLIPS[name][2] in {problem["attribute"] for problem in error["problems"]}


def test_error_for_people_is_one_paragraph(broken: Checkout) -> None:
    """No traceback through the library."""
    ended = broken.runbook("plan", "revoke_staff", "username=joetest")

    assert (70, "") == (ended.returncode, ended.stdout)
    assert ended.stderr == (
        "invalid procedure: revoke_staff\n"
        "runbook_lib/procedures/revoke_staff.py: MINUTES is missing: write MINUTES = 5, the time from reading the page "
        "to knowing that it worked\n"
        "runbook_lib/procedures/revoke_staff.py: MINUTS is not part of a procedure: did you mean MINUTES?\n"
        "Nothing was changed: the module of a procedure is invalid.\n"
        "Next: fix these attributes, or report them to the maintainers; all other procedures work\n"
    )


def test_ci_fails_after_it_has_checked_and_published_the_others(tmp_path: Path) -> None:
    """The valid notebook is run and stamped, its page is written; then both commands exit with 70."""
    checkout = Checkout.copy(tmp_path / "copy", "docs")
    checkout.keep("list_staff", "grant_staff")
    checkout.replace("runbook_lib/procedures/grant_staff.py", "MINUTES = ", "MINUTS = ")
    page = checkout.folder / "docs" / "runbooks" / "grant-staff.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("as it was")

    alone = checkout.runbook("check-notebooks", "list_staff")
    checked, error = checkout.run_json("check-notebooks")
    published, _ = checkout.run_json("pages")

    assert (0, 70, 70) == (alone.returncode, checked, published)
    assert "invalid-procedure" == error["error"]
    assert ["list_staff.ipynb", "stamps.json"] == sorted(path.name for path in checkout.executed.iterdir())
    assert page.with_name("list-staff.md").exists()
    assert "as it was" == page.read_text(encoding="utf-8")
