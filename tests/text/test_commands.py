"""One module builds every displayed command line. Bash and the command-line parser accept each of them."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib.cli.parser import build_parser, parse
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(commands.__file__).parents[1]
AWKWARD = 'O\'Brien; $(reboot) "x" -p a=b *'
BUILT = (
    commands.LIST,
    f"{commands.SHOW} grant_staff",
    f"{commands.PLAN} grant_staff",
    f"{commands.APPLY} grant_staff --reason why",
    f"{commands.UNDO} last --reason why",
    commands.HISTORY,
    commands.CHECK_JOURNAL,
    commands.SETTLE,
    commands.TRIAGE,
    commands.DOCTOR,
    commands.PAGES,
    commands.database_roles("atmosphere"),
    commands.SHOW_CONFIG,
    commands.CHECK_CONFIG,
    commands.doctor_of("prod"),
    commands.show(AWKWARD),
    commands.inspect("show_account"),
    commands.inspect("show_account", username=AWKWARD, most=5, hard=True),
    commands.plan("grant_staff", username=AWKWARD),
    commands.apply_plan("6086439130cb"),
    commands.approve("6086439130cb"),
    commands.notebook("grant_staff", AWKWARD),
    commands.undo("20260115T120000-3fa9c2"),
    commands.undo(AWKWARD, reason=AWKWARD),
    commands.history(AWKWARD),
    commands.record_finding(AWKWARD, "not-done"),
    commands.triage(AWKWARD),
    commands.triage("-p is no option here"),
    commands.check_notebooks("grant_staff"),
    commands.without_arguments("doctor"),
    commands.line("plan", "grant_staff", {"username": AWKWARD}, wrap=True),
    commands.line("apply", "grant_staff", {"username": AWKWARD, "site": "both"}, reason=AWKWARD, wrap=True),
)
OTHERS = (
    commands.build_site(AWKWARD),
    commands.without_arguments(""),
    commands.papermill("grant_staff", {"username": AWKWARD, "application_id": 5}, reason=AWKWARD),
    commands.openstack("image", "show", AWKWARD, cloud=AWKWARD),
    commands.argo("logs", AWKWARD, "-f", namespace=AWKWARD),
    commands.kubectl("get", "crd", AWKWARD),
)


def _bash_arguments(command: str) -> list[str]:
    """Return the program and arguments of a command, as bash splits it."""
    script = f'printf "%s\\0" {command}'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert "" == done.stderr
    return done.stdout.split("\0")[:-1]


@pytest.mark.parametrize("command", [*BUILT, *OTHERS])
def test_bash_splits_a_command_as_python_does(command: str) -> None:
    """Bash accepts the command unchanged, and splits it by the same rules as `shlex`."""
    subprocess.run(["bash", "-n", "-c", command], check=True, capture_output=True)

    assert shlex.split(command.replace("\\\n", "")) == _bash_arguments(command)


@pytest.mark.parametrize("command", BUILT)
def test_parser_accepts_a_command(command: str) -> None:
    """The command line has the subcommand and its options."""
    program, *arguments = _bash_arguments(command)

    assert "runbook" == program
    assert next(argument for argument in arguments if argument in subcommands()) == parse(arguments).command


@pytest.mark.parametrize("command", [commands.show_help(), commands.show_help("apply")])
def test_help_command_exits_successfully(command: str) -> None:
    """The parser prints the help and exits with 0."""
    with pytest.raises(SystemExit) as exited:
        parse(_bash_arguments(command)[1:])

    assert 0 == exited.value.code


def test_commands_of_a_text_keep_the_chosen_site() -> None:
    """The bare command, which shows the help, needs no site."""
    text = f"'{commands.HELP}' or '{commands.DOCTOR}'"

    assert "'runbook' or 'runbook --practice doctor'" == commands.for_site(text, "--practice")


def test_values_reach_the_command_unchanged() -> None:
    """Bash and the parser return the values that the command was built with."""
    line = commands.line("apply", "grant_staff", {"username": AWKWARD, "hard": True}, reason=AWKWARD, wrap=True)

    request = parse(_bash_arguments(line)[1:])

    assert [f"username={AWKWARD}", "hard=True"] == request.parameters
    assert AWKWARD == request.reason


def test_papermill_command_has_r_for_text_and_p_for_numbers() -> None:
    """Papermill guesses the type after ``-p``, and would convert text that looks like a number."""
    expected = "papermill notebooks/a.py a.ipynb \\\n  -r version 1.10 \\\n  -p number 5"

    assert expected == commands.papermill("a", {"version": "1.10", "number": 5})


def subcommands() -> tuple[str, ...]:
    """Return the names of the runbook's subcommands."""
    (action,) = [action for action in build_parser()._actions if action.choices]
    return tuple(action.choices or ())


def literals(source: str) -> Iterator[str]:
    """Yield every string of a source, except docstrings. ``{}`` replaces the inserted values of an f-string."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented):
            skipped |= {
                id(item.value)
                for item in node.body
                if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
            }
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def literal_commands(source: str) -> list[str]:
    """Return the strings of a source that contain a runbook command that no function built."""
    pattern = re.compile(rf"\brunbook ({'|'.join(subcommands())}|\{{\}})(?![\w-])")
    return [text for text in literals(source) if pattern.search(text)]


def test_no_other_module_has_a_literal_command() -> None:
    """A literal command would lack the quoting, and would miss changes of the command line."""
    no_commands = {
        "cli/parser.py": ["runbook {}"],  # the version
        "connect.py": ["runbook {} ({})"],  # the name of a session
        "notebook/round_trip.py": ["runbook check-notebooks"],  # also a name
        "systems/db/access/locks.py": ["runbook {}"],  # the key of a lock
    }
    actual = {
        str(path.relative_to(PACKAGE)): typed
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != Path(commands.__file__) and (typed := literal_commands(path.read_text(encoding="utf-8")))
    }

    assert no_commands == actual


@pytest.mark.parametrize(
    "source",
    [
        "step = 'runbook doctor'",
        "step = f'runbook plan {name}'",
        "step = f'runbook {verb} {name}'",
        "def f():\n    return 'undo with: runbook undo 5'",
    ],
)
def test_literal_command_is_found(source: str) -> None:
    """The check covers plain strings and f-strings."""
    assert 1 == len(literal_commands(source))


def test_docstring_can_name_a_command() -> None:
    """Prose about a command is not a command line."""
    assert [] == literal_commands('"""What ``runbook doctor`` prints."""\nname = "runbook fixture"')


def used_names(source: str) -> set[str]:
    """Return the names of `commands` that a source uses."""
    return set(re.findall(r"\bcommands\.(\w+)", source))


def test_every_public_name_has_a_test_case() -> None:
    """A new function or constant requires a case above."""
    public = {name for name in vars(commands) if not name.startswith("_")} - {
        "annotations",
        "re",
        "shlex",
        "TYPE_CHECKING",
    }

    assert set() == public - used_names(Path(__file__).read_text(encoding="utf-8")) - {"REASON"}
