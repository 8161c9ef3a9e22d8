"""The command form in a browser: a typed value arrives at a program unchanged, or is refused in the library's words."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from runbook_lib import params, procedures
from runbook_lib.errors import ParamError
from runbook_lib.pages.procedure_page import REASON
from runbook_lib.params.schema import schema
from runbook_lib.text import commands
from tests.awkward import AWKWARD, PARAMETER_TEXTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from runbook_lib.model.procedure import Procedure

HOSTILE = [
    *(
        "it's",
        'a "quoted" word',
        "$(touch pwned)",
        "`id`",
        "$HOME ${HOME}",
        "two\nlines",
        "a\\b\\",
        "!!",
        "~",
        "*",
        "#x",
    ),
    *(
        "zoë 漢字 🧬",
        "1.10",
        "0042",
        "nan",
        "True",
        "null",
        "-x",
        "--yes",
        "a=b",
        "a;b&&c|d>e",
        "{a,b}",
        "'",
        "''",
        '"',
    ),
    *("%s", "a  b", "1e5", "<b>&amp;", "--reason x", "'; DROP TABLE x; --"),
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a runbook and a papermill that print their arguments."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("runbook", "papermill"):
        program = folder / name
        script = "import json, sys; print(json.dumps(sys.argv[1:]))"
        program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-c", script])} "$@"\n')
        program.chmod(0o755)
    return folder


def arguments(command: str, programs: Path) -> list[str]:
    """Return the arguments that a program gets from a command in bash."""
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["bash", "--norc"], input=command, env=environment, cwd=programs, capture_output=True, text=True, check=True
    )
    assert "" == done.stderr
    printed: list[str] = json.loads(done.stdout)
    return printed


def command(tab: Page, kind: str) -> str:
    """Return a command of the page."""
    return tab.locator(f"code[data-command='{kind}']").evaluate("code => code.textContent").rstrip("\n")


def _page(procedure: str) -> str:
    return procedures.find(procedure).page


def _fragment(values: dict[str, Any]) -> str:
    return "&".join(f"{name}={quote(str(value))}" for name, value in values.items())


def test_hostile_values_arrive_as_typed(site: Path, programs: Path, tab: Page) -> None:
    """In every command of the page, through a real shell."""
    tab.goto(f"{site.as_uri()}/{_page('grant_staff')}")
    for value in HOSTILE:
        tab.fill("form[data-procedure=grant_staff] [name=username]", value)
        tab.fill("form[data-procedure=grant_staff] [name=reason]", value)
        plan = ["plan", "grant_staff", "-p", f"username={value}"]
        assert plan == arguments(command(tab, "plan"), programs), value
        assert ["apply", *plan[1:], "--reason", value] == arguments(command(tab, "apply"), programs), value
        paper = ["notebooks/grant_staff.py", "grant_staff.ipynb", "-r", "username", value]
        assert paper == arguments(command(tab, "papermill"), programs), value
        applied = arguments(command(tab, "papermill-apply"), programs)
        assert [*paper, "-p", "apply", "True", "-r", "reason", value] == applied, value


@pytest.mark.parametrize("procedure", procedures.every(), ids=lambda procedure: procedure.name)
def test_commands_are_those_of_library(site: Path, tab: Page, procedure: Procedure) -> None:
    """With the example values in the address, after which nothing on the page is invalid."""
    tab.goto(f"{site.as_uri()}/{procedure.page}#{_fragment(procedure.example)}")
    verb = "inspect" if procedure.inspects else "plan"
    shown = {kind: command(tab, kind) for kind in (verb, "papermill")}
    expected = {
        verb: commands.line(verb, procedure.name, procedure.example, wrap=True),
        "papermill": commands.papermill(procedure.name, procedure.example),
    }
    if not procedure.inspects:
        shown["apply"] = command(tab, "apply")
        expected["apply"] = commands.line("apply", procedure.name, procedure.example, reason=REASON, wrap=True)

    assert expected == shown
    assert 0 == tab.locator("[aria-invalid=true]").count()


def test_first_command_is_above_the_fold(site: Path, tab: Page) -> None:
    """On the first screen of a laptop, on every procedure's page."""
    low = {}
    for procedure in procedures.every():
        tab.goto(f"{site.as_uri()}/{procedure.page}")
        box = tab.locator("form[data-procedure] code[data-command]").bounding_box()
        assert box
        if box["y"] + box["height"] > 900:
            low[procedure.name] = box["y"]

    assert {} == low


def _verdict(field: params.Field, text: str) -> str:
    """Return the library's problem with a text as a command line passes it; empty for a text that it accepts."""
    try:
        params.from_text([field], {field.name: text}, procedure="x")
    except ParamError as error:
        (problem,) = error.problems
        return problem
    return ""


def test_rules_in_browser_and_library_agree(site: Path, tab: Page) -> None:
    """The same verdict on every text, for each kind of parameter, and the beginning of the same sentence."""
    tab.goto(f"{site.as_uri()}/index.html")
    fields = {(f.kind, f.choices, f.longest, f.form): f for p in procedures.every() for f in p.fields}.values()
    texts = [text for text in [*PARAMETER_TEXTS, *AWKWARD.values()] if text and "\udcff" not in text]
    for field in fields:
        described = schema([field], procedure="x")["properties"][field.name]
        problems = tab.evaluate(
            "([schema, texts]) => texts.map(text => runbook.parameters.problem(schema, text))", [described, texts]
        )
        for text, problem in zip(texts, problems, strict=True):
            verdict = _verdict(field, text)
            assert bool(verdict) == bool(problem), (field.name, text[:60], verdict, problem)
            assert not problem or verdict.startswith(f"{field.name} {problem}"), (verdict, problem)


def test_invalid_value_is_marked(address: str, tab: Page) -> None:
    """The control says so to a screen reader, and the message is its description."""
    tab.goto(f"{address}/{_page('change_quota')}")
    control = tab.locator("[name=provider_id]")
    control.fill("1.5")

    assert "true" == control.get_attribute("aria-invalid")
    assert tab.get_by_text("provider_id must be a whole number, not the text '1.5'").is_visible()
    assert "rb-provider_id-error" in (control.get_attribute("aria-describedby") or "")
    control.fill("4")
    assert control.get_attribute("aria-invalid") is None
    control.fill("")
    assert tab.get_by_text("provider_id is missing").is_visible()


def test_unchanged_values_are_left_out(site: Path, tab: Page) -> None:
    """A default that is chosen again disappears from the commands."""
    tab.goto(f"{site.as_uri()}/{_page('grant_staff')}")
    tab.fill("[name=username]", "alice")
    tab.click("summary:has-text('Optional')")
    tab.select_option("[name=site]", "atmosphere")
    tab.uncheck("[name=superuser]")
    assert (
        "runbook plan grant_staff \\\n  -p username=alice \\\n  -p site=atmosphere \\\n  -p superuser=False"
        == command(tab, "plan")
    )
    assert "-p superuser False" in command(tab, "papermill")

    tab.select_option("[name=site]", "both")
    tab.check("[name=superuser]")
    assert "runbook plan grant_staff -p username=alice" == command(tab, "plan")


def test_address_keeps_values(address: str, tab: Page) -> None:
    """A link fills in the form; an anchor of the page does not."""
    tab.goto(f"{address}/{_page('grant_staff')}")
    tab.fill("[name=username]", "a&b=c d+e#ü")
    link = tab.evaluate("location.href")
    tab.goto("about:blank")
    tab.goto(link)
    assert "a&b=c d+e#ü" == tab.input_value("[name=username]")
    assert "runbook plan grant_staff -p username='a&b=c d+e#ü'" == command(tab, "plan")

    tab.goto("about:blank")
    tab.goto(f"{address}/{_page('grant_staff')}#undo")
    assert "" == tab.input_value("[name=username]")


def test_secret_is_neither_shown_nor_kept(site: Path, tab: Page) -> None:
    """A reference is; the secret itself is refused and left out of commands and address."""
    tab.goto(f"{site.as_uri()}/{_page('grant_staff')}#password=hunter2hunter2&username=alice")
    assert "hunter2" not in command(tab, "plan")
    tab.fill("[name=password]", "hunter3hunter3")
    assert "true" == tab.get_attribute("[name=password]", "aria-invalid")
    assert "hunter" not in tab.evaluate("location.href") + command(tab, "plan") + command(tab, "papermill")

    tab.fill("[name=password]", "env:NEW_PASSWORD")
    assert "-p password=env:NEW_PASSWORD" in command(tab, "plan")
    assert "password=env" in tab.evaluate("location.href")


def test_django_lines_follow(site: Path, tab: Page) -> None:
    """The lines for the Django shell have the same value, as Python writes it."""
    tab.goto(f"{site.as_uri()}/{_page('grant_staff')}")
    tab.fill("[name=username]", 'o"x')
    text = " ".join(tab.locator("[data-shell] code").all_text_contents())

    assert 2 == text.count('.objects.get(username="o\\"x")')
    assert "joetest" not in text


def test_enter_and_c_copy(site: Path, tab: Page) -> None:
    """One key is enough, in a field and outside; inside a field c is a letter."""
    tab.goto(f"{site.as_uri()}/{_page('grant_staff')}")
    tab.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    tab.locator("[name=username]").press_sequentially("alice")
    assert tab.evaluate("window.copied") is None
    tab.keyboard.press("Enter")
    assert "runbook plan grant_staff -p username=alice" == tab.evaluate("window.copied")
    tab.evaluate("window.copied = null; document.activeElement.blur()")
    tab.keyboard.press("c")
    assert "runbook plan grant_staff -p username=alice" == tab.evaluate("window.copied")
    assert "Copied." == tab.locator(".rb-status").text_content()


def test_ticks_stay_until_cleared(address: str, tab: Page) -> None:
    """On this device, also from disk."""
    tab.goto(f"{address}/{_page('grant_staff')}")
    tab.check("h3 .rb-tick >> nth=0")
    tab.fill("[name=username]", "alice")
    tab.reload()
    assert tab.is_checked("h3 .rb-tick >> nth=0")
    assert not tab.is_checked("h3 .rb-tick >> nth=1")

    tab.locator("form[data-procedure]").get_by_role("button", name="Clear").click()
    assert ("", "") == (tab.input_value("[name=username]"), tab.evaluate("location.hash"))
    tab.reload()
    assert not tab.is_checked("h3 .rb-tick >> nth=0")


def test_page_without_scripts_has_its_command(site: Path, browser: Any) -> None:
    """The minimal one, once."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site.as_uri()}/{_page('grant_staff')}")
    text = tab.locator("article").inner_text()
    context.close()

    assert 1 == text.count("runbook plan grant_staff -p username=joetest")
