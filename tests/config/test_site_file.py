"""The configuration file: named sites, strict keys, no file that others control."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config import site_file
from runbook_lib.errors import ParamError, Refused

if TYPE_CHECKING:
    from pathlib import Path

SITES = """
default_site = "prod"

[sites.prod]
atmosphere_db = "postgresql://atmo@db.example.org/atmo_prod"
clouds = { 4 = "iu", 5 = "ta cc" }
host_exec = ["ssh", "atmo prod", "sudo"]
approval = ["grant_staff", ">20"]
max_changes = 50
api_token = "file:/etc/runbook/token"

[sites.test]
log_dir = "/srv/logs"
"""


def write(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    """Write a configuration file; return the environment that names it."""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return {"RUNBOOK_CONFIG": str(path)}


def test_values_get_the_form_of_the_variables(tmp_path: Path) -> None:
    """Tables, lists and numbers become the text that the environment variable would have."""
    file = site_file.read(write(tmp_path, SITES))

    assert file is not None
    assert ("prod", ["prod", "test"]) == (file.default_site, list(file.sites))
    assert {
        "atmosphere_db": "postgresql://atmo@db.example.org/atmo_prod",
        "clouds": "4=iu,5=ta cc",
        "host_exec": "ssh 'atmo prod' sudo",
        "approval": "grant_staff,>20",
        "max_changes": "50",
        "api_token": "file:/etc/runbook/token",
    } == file.choose("prod")


def test_missing_file_is_an_error_only_if_it_is_named(tmp_path: Path) -> None:
    """Without ``RUNBOOK_CONFIG``, a user without a file has no site."""
    assert site_file.read({}) is None
    with pytest.raises(ParamError, match=r"none\.toml: RUNBOOK_CONFIG names it, but it does not exist"):
        site_file.read({"RUNBOOK_CONFIG": str(tmp_path / "none.toml")})


def test_default_file_is_in_the_configuration_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It follows the platform's rule, on Linux ``XDG_CONFIG_HOME``."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook" / "config.toml").write_text(SITES, encoding="utf-8")

    file = site_file.read({})
    assert file is not None
    assert tmp_path / "runbook" / "config.toml" == file.path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sites = 3", "it has no site: add a table such as [sites.prod]"),
        ("", "it has no site: add a table such as [sites.prod]"),
        ("[site.prod]\nlog_dir = '/l'", "site is not a key: did you mean sites?"),
        ("default_site = 'prd'\n[sites.prod]\nlog_dir = '/l'", "default_site is not one of its sites"),
        ("[sites.prod]", "sites.prod has no settings"),
        ("[sites.practice]\nlog_dir = '/l'", "a site can't have the name 'practice'"),
        ("[sites.'a b']\nlog_dir = '/l'", "a site can't have the name 'a b'"),
        (
            "[sites.prod]\natmosphere_url = 'postgresql://x:s3cret@db/a'",
            "sites.prod.atmosphere_url is not a setting: did you mean atmosphere_db?",
        ),
        ("[sites.prod]\napi_token = 's3cret'", "sites.prod.api_token is not a reference: env:NAME, or file:/path"),
        ("[sites.prod]\nmax_changes = true", "sites.prod.max_changes has a value of the wrong type"),
        ("[sites.prod]\nlog_dir = 3", "sites.prod.log_dir has a value of the wrong type"),
        ("[sites.prod]\nclouds = { 4 = 5 }", "sites.prod.clouds has a value of the wrong type"),
        ("[sites.prod]\nlog_dir = s3cret", "it is not TOML (at line 2, column 11)"),
    ],
)
def test_malformed_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """The error names the file and the key, and never repeats a value."""
    with pytest.raises(ParamError) as caught:
        site_file.read(write(tmp_path, text))

    assert f"{tmp_path}/config.toml: {problem}" in caught.value.what
    assert "s3cret" not in str(caught.value)


def test_unknown_site_is_refused(tmp_path: Path) -> None:
    """The error lists the sites."""
    file = site_file.read(write(tmp_path, SITES))

    assert file is not None
    with pytest.raises(ParamError, match=r"has no site 'prd': did you mean prod\?") as caught:
        file.choose("prd")
    assert "choose one of its sites: prod, test; or practice" == caught.value.next_step


@pytest.mark.parametrize("mode", [0o602, 0o666])
def test_file_that_others_can_change_is_refused(tmp_path: Path, mode: int) -> None:
    """Its author decides which system the commands reach."""
    with pytest.raises(Refused, match=r"every user of this host can change .*config\.toml"):
        site_file.read(write(tmp_path, SITES, mode))


@pytest.mark.parametrize("url", ["postgresql://atmo:s3cret@db/a", "postgresql://db/a?user=x&password=s3cret"])
def test_password_that_others_can_read_is_refused(tmp_path: Path, url: str) -> None:
    """Without a password, the file can be readable."""
    text = f"[sites.prod]\natmosphere_db = '{url}'"

    with pytest.raises(Refused, match="every user of this host can read the password in"):
        site_file.read(write(tmp_path, text, 0o644))
    assert site_file.read(write(tmp_path, text, 0o640))
    assert site_file.read(write(tmp_path, SITES, 0o644))


def test_pipe_is_refused(tmp_path: Path) -> None:
    """It could block the command forever."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ParamError, match="it is not a regular file"):
        site_file.read({"RUNBOOK_CONFIG": str(tmp_path / "pipe")})
