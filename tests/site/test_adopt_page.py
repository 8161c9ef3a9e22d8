"""The files of the page 'Adopt the runbook' are accepted by the programs that read them."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from runbook_lib.cli.parser import parse
from runbook_lib.config import extensions, settings
from runbook_lib.messages import rules
from tests.site import adopt_page

if TYPE_CHECKING:
    from pathlib import Path

SITE = "runbook --site prod check-notebooks"


def _workflow() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(adopt_page.file(".github/workflows/runbook.yml"))
    return content


def _run_steps() -> list[str]:
    return [step["run"] for step in _workflow()["jobs"]["site"]["steps"] if "run" in step]


def test_settings_are_valid(tmp_path: Path) -> None:
    """Every key of the file is a setting, and each value has its form."""
    file = tmp_path / "config.toml"
    file.write_text(adopt_page.file("config.toml"))
    file.chmod(0o600)

    config = settings.load({"RUNBOOK_CONFIG": str(file)})

    assert ("prod", "Runbook of example.net", False) == (config.site, config.pages_name, config.is_practice)
    assert config.procedures_dir
    assert config.pages_logo


def test_rule_and_entry_point_are_valid() -> None:
    """The rule is read, and the entry point has the group that is searched."""
    (rule,) = rules.read(adopt_page.file("rules/acme.toml"), name="acme.toml")

    assert "acme-rack-full" == rule.id
    assert extensions.GROUP in tomllib.loads(adopt_page.file("pyproject.toml"))["project"]["entry-points"]


def test_workflow_runs_the_commands_of_the_page() -> None:
    """After the installation and the check of the settings, in the same order; then it publishes what they built."""
    steps = _run_steps()
    site, publish = _workflow()["jobs"]["site"]["steps"], _workflow()["jobs"]["publish"]

    assert adopt_page.commands(SITE) == steps[-4:]
    assert ["pip", "chmod", "runbook"] == [shlex.split(step)[0] for step in steps[:-4]]
    assert steps[-1].endswith(site[-1]["with"]["path"])
    assert "site" == publish["needs"]
    assert {"push", "pull_request"} == _workflow()[True].keys()  # YAML 1.1 reads 'on' as true


@pytest.mark.parametrize("line", [*adopt_page.commands(SITE), "runbook config check", "runbook --practice list"])
def test_commands_are_accepted(line: str) -> None:
    """By the parser of the command line; mkdocs and Python are run with the installed wheel elsewhere."""
    assert line in adopt_page.PAGE.read_text(encoding="utf-8")
    program, *arguments = shlex.split(line)
    if program == "runbook":
        assert parse(arguments).command == next(
            word for word in arguments if word in {"check-notebooks", "pages", "config", "list"}
        )


def test_container_starts_the_command() -> None:
    """Each instruction is known, the copied files are installed, and the default command is accepted."""
    lines = [line.split(" ", 1) for line in adopt_page.file("Dockerfile").splitlines()]
    instructions = dict(lines)

    assert {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "ENTRYPOINT", "CMD"} == instructions.keys()
    copied = instructions["COPY"].split()[:-1]
    install = next(text for name, text in lines if name == "RUN" and "pip install" in text)
    assert all(name in install for name in copied)
    assert install.split("pip install ")[1].removeprefix("--no-cache-dir ") == _run_steps()[0].removeprefix(
        "pip install "
    )
    assert ["runbook"] == json.loads(instructions["ENTRYPOINT"])
    assert "list" == parse(json.loads(instructions["CMD"])).command


def test_server_serves_the_path_of_the_settings() -> None:
    """The location and the page for missing files are below the path of ``pages_url``."""
    path = tomllib.loads(adopt_page.file("config.toml"))["sites"]["prod"]["pages_url"].rpartition("/")[2]
    text = adopt_page.PAGE.read_text(encoding="utf-8").partition("```nginx\n")[2].partition("```")[0]

    assert f"location /{path}/ {{" in text
    assert f"error_page 404 /{path}/404.html;" in text
    assert text.count("{") == text.count("}")
    assert all(re.search(r"[;{}]$", line) for line in text.splitlines())
