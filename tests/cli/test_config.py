"""`runbook config`, and the options --site and --practice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from runbook_lib.cli.io import Output
from tests.cli.test_main import GRANT, WHY
from tests.config.test_site_file import SITES, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.test_main import Terminal


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Return a configuration file that the environment names."""
    [(name, path)] = write(tmp_path, SITES.replace("atmo@db", "atmo:s3cret@db")).items()
    monkeypatch.setenv(name, path)
    return path


def test_settings_are_shown_with_their_sources(
    runbook: Terminal, file: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value has its variable or key; a password and a token never appear."""
    monkeypatch.setenv("RUNBOOK_API_TOKEN", "s3cret-token")
    shown = runbook.json("config", "show")

    assert ("prod", False) == (shown["site"], shown["practice"])
    assert {
        "value": "postgresql://db.example.org/atmo_prod",
        "source": f"atmosphere_db of [sites.prod] in {file}",
    } == shown["settings"]["atmosphere_db"]
    assert {"value": str(home), "source": "RUNBOOK_HOME"} == shown["settings"]["home"]
    assert {"value": "(not shown)", "source": "RUNBOOK_API_TOKEN"} == shown["settings"]["api_token"]
    assert "ssh …" == shown["settings"]["host_exec"]["value"]
    text = runbook("config")
    assert text == runbook("config", "show")
    assert text.startswith("Site prod\n")
    assert "s3cret" not in text + str(shown)


def test_practice_mode_is_shown(runbook: Terminal, file: str) -> None:
    """The option wins over the file, before and after the command."""
    assert "Practice mode: no real system is configured" in runbook("config", "show", "--practice")
    assert runbook.json("--practice", "config", "show")["practice"]
    assert file not in runbook("--practice", "config")


@pytest.mark.usefixtures("file")
def test_site_is_chosen_before_or_after_the_command(runbook: Terminal) -> None:
    """Both options at once are an error of usage."""
    assert ["test", "test"] == [
        runbook.json(*arguments)["site"] for arguments in [("--site", "test", "config"), ("config", "--site", "test")]
    ]
    assert "not allowed with argument" in runbook.json("config", "--site", "x", "--practice", exit_code=2)["what"]
    assert "has no site 'tset'" in runbook.json("--site", "tset", "config", exit_code=2)["what"]


@pytest.mark.usefixtures("file")
def test_all_sites_are_checked(runbook: Terminal, tmp_path: Path) -> None:
    """The problems of all sites are listed at once."""
    assert "is valid: 2 sites (prod, test)" in runbook("config", "check")
    write(tmp_path, "[sites.a]\napi_url = 'x'\n[sites.b]\nclouds = 'x'\n[sites.c]\nhome = '/x'")
    error = runbook.json("config", "check", exit_code=2)

    assert ["api_url of [sites.a]", "entry 1 of clouds of [sites.b]", "[sites.c]"] == [
        problem.split(" in ")[0].split(" is not")[0] for problem in error["what"].split("; ")
    ]


def test_missing_file_has_nothing_to_check(runbook: Terminal) -> None:
    """Settings can come from the environment alone."""
    assert "does not exist; nothing to check" in runbook("config", "check")


@pytest.mark.usefixtures("file")
def test_printed_commands_keep_the_chosen_site(runbook: Terminal) -> None:
    """Copied into the same terminal, a command must not reach another site."""
    plan = runbook("plan", *GRANT, "--practice")
    [plan_id] = re.findall(r"To apply this plan: runbook --practice apply --plan (\S+) --reason", plan)

    assert "Practice" in runbook("--practice", "apply", "--plan", plan_id, *WHY, "--yes")
    assert "'runbook --practice list'" in runbook.json("--practice", "show", "nothing", exit_code=2)["next_step"]


def test_only_commands_get_the_site(capsys: pytest.CaptureFixture[str]) -> None:
    """Other words that begin like a command stay as they are; a name is quoted."""
    Output(site="a b").text("runbook plan x; runbook_lib plan; the runbook plans; runbook history")

    expected = "runbook --site 'a b' plan x; runbook_lib plan; the runbook plans; runbook --site 'a b' history\n"
    assert expected == capsys.readouterr().out


def test_data_that_looks_like_a_command_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON, only the fields for commands get the site; a recorded reason is as it was typed."""
    body = {"reason": "see runbook plan x", "next_step": "runbook history", "steps": [{"command": "runbook plan x"}]}
    Output(as_json=True, site="prod").json(body)

    assert {
        "reason": "see runbook plan x",
        "next_step": "runbook --site prod history",
        "steps": [{"command": "runbook --site prod plan x"}],
    } == json.loads(capsys.readouterr().out)


def test_procedure_links_its_page(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only if the site has an address; no site needs to be chosen."""
    assert "Page:" not in runbook("show", "grant_staff")
    monkeypatch.setenv("RUNBOOK_PAGES_URL", "https://a.example.org/r/")
    assert "\nPage: https://a.example.org/r/runbooks/grant-staff.html\n" in runbook("show", "grant_staff")
