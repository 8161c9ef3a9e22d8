"""The slip of one author takes no other procedure away; file and attribute are named, and CI fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from tests.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

SOUND, OTHER = "grant_staff", "list_staff"
# Procedure → its slip, an edit of the module; and the attribute that is to be named.
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
    """Return a copy in which many authors made a slip each."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("broken") / "copy")
    for name, (old, new, _) in SLIPS.items():
        checkout.replace(f"runbook_lib/procedures/{name}.py", old, new)
    return checkout


def test_every_procedure_of_this_package_is_valid() -> None:
    """The place where CI fails on a slip, whatever else is run."""
    procedures.require_valid()
    assert (procedures.names(), ()) == (tuple(p.name for p in procedures.every()), procedures.broken())


def test_the_list_names_what_is_not_valid_on_lines_of_its_own(broken: Checkout) -> None:
    """All the others are listed as ever."""
    listed = broken.runbook("list")

    assert (0, "") == (listed.returncode, listed.stderr)
    lines = listed.stdout.splitlines()
    for name, (_, _, attribute) in SLIPS.items():
        own = [line for line in lines if line.split()[:3] == [name, "NOT", "VALID:"]]
        assert any(f"runbook_lib/procedures/{name}.py: {attribute} " in line for line in own)
    assert {line.split()[0] for line in lines} == set(procedures.names())
    assert "NO_SUCH_SECRET" not in listed.stdout


def test_the_list_in_json_has_them_too(broken: Checkout) -> None:
    """With the same keys as the others, so that a script goes on, and file and attribute apart."""
    code, entries = broken.answer("list")

    assert 0 == code
    by_name = {entry["procedure"]: entry for entry in entries}
    assert set(procedures.names()) == by_name.keys()
    assert {name for name, entry in by_name.items() if "error" in entry} == SLIPS.keys()
    for name, (_, _, attribute) in SLIPS.items():
        assert by_name[OTHER].keys() <= by_name[name].keys()
        found = {(problem["file"], problem["attribute"]) for problem in by_name[name]["error"]["problems"]}
        assert (f"runbook_lib/procedures/{name}.py", attribute) in found


@pytest.mark.parametrize(
    "words",
    [
        ("show", SOUND),
        ("plan", SOUND, "username=joetest"),
        ("inspect", OTHER),
        ("notebook", OTHER),
        ("history",),
        ("triage", "MultipleObjectsReturned"),
    ],
)
def test_every_other_procedure_goes_on(broken: Checkout, words: tuple[str, ...]) -> None:
    """Whatever others did to their modules."""
    ended = broken.runbook(*words)

    assert (0, "") == (ended.returncode, ended.stderr)


def test_the_doctor_examines_all_systems_and_names_what_is_not_valid(broken: Checkout) -> None:
    """Its exit code is about the systems; a slip in a module is none of theirs."""
    ended = broken.runbook("doctor")
    code, findings = broken.answer("doctor")

    assert (0, 0, "") == (ended.returncode, code, ended.stderr)
    found = {finding["system"]: finding for finding in findings if finding["state"] == "not valid"}
    assert {f"procedure {name}" for name in SLIPS} == found.keys()
    for name, (_, _, attribute) in SLIPS.items():
        assert f"runbook_lib/procedures/{name}.py: {attribute} " in found[f"procedure {name}"]["what"]
        assert f"procedure {name} " in ended.stdout
    assert {"ok", "not valid"} == {finding["state"] for finding in findings}
    assert f"{SOUND}" in ended.stdout.partition("You can run: ")[2]


@pytest.mark.parametrize(
    ("command", "name"), [("show", "stop_maintenance"), ("plan", "change_quota"), ("inspect", "show_maintenance")]
)
def test_the_procedure_itself_is_an_error_without_a_traceback(broken: Checkout, command: str, name: str) -> None:
    """Exit 70: the author's slip is no mistake of the operator, and nothing was changed."""
    code, error = broken.answer(command, name)

    assert (70, "invalid-procedure", False) == (code, error["error"], error["changed"])
    assert SLIPS[name][2] in {problem["attribute"] for problem in error["problems"]}


def test_an_error_for_people_is_one_paragraph(broken: Checkout) -> None:
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
    """The notebook of the sound one is run and stamped, its page written; then both commands end with 70."""
    checkout = Checkout.copy(tmp_path / "copy", "docs")
    checkout.keep("list_staff", "grant_staff")
    checkout.replace("runbook_lib/procedures/grant_staff.py", "MINUTES = ", "MINUTS = ")
    page = checkout.folder / "docs" / "runbooks" / "grant-staff.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("as it was")

    alone = checkout.runbook("check-notebooks", "list_staff")
    checked, error = checkout.answer("check-notebooks")
    published, _ = checkout.answer("pages")

    assert (0, 70, 70) == (alone.returncode, checked, published)
    assert "invalid-procedure" == error["error"]
    assert ["list_staff.ipynb", "stamps.json"] == sorted(path.name for path in checkout.executed.iterdir())
    assert page.with_name("list-staff.md").exists()
    assert "as it was" == page.read_text(encoding="utf-8")
