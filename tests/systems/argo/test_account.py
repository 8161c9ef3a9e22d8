"""The choice of the account for a cluster: for its own address only, never unencrypted, never shown."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from runbook_lib.errors import Refused
from runbook_lib.systems.argo import Argo, account
from tests.systems.argo.servers import check_error, kubeconfig

VERSION = "client.authentication.k8s.io/v1"


def test_account_is_used_for_its_own_cluster_only(tmp_path: Path) -> None:
    """The current context belongs to another cluster and is not used; the error lists the addresses."""
    file = kubeconfig(tmp_path, "https://argo.example.org:6443")
    error = check_error(Argo("https://elsewhere.example.org", config_file=file), Refused, "has no context for")
    assert "https://argo.example.org:6443, https://other.example.org" in error.why


def test_namespace_is_that_of_the_matching_context(tmp_path: Path) -> None:
    """The current context has another namespace."""
    file = kubeconfig(tmp_path, "https://argo.example.org:6443/")
    assert "argo" == Argo("https://argo.example.org:6443", config_file=file).namespace


def test_token_is_not_sent_unencrypted(tmp_path: Path) -> None:
    """Like kubectl, the gateway sends it unencrypted only to this machine."""
    file = kubeconfig(tmp_path, "http://argo.example.org")
    check_error(Argo("http://argo.example.org", config_file=file), Refused, "is not encrypted")


@pytest.mark.parametrize("text", ["", "clusters: [", "a-token-that-must-not-be-shown", "clusters: 1"])
def test_invalid_kubeconfig_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    """Its content might be the token itself."""
    file = tmp_path / "config"
    file.write_text(text)
    check_error(Argo("https://argo.example.org", config_file=file), Refused, "can't be used")


def test_missing_kubeconfig_is_refused(tmp_path: Path) -> None:
    """The error names its path."""
    file = tmp_path / "nowhere"
    check_error(Argo("https://argo.example.org", config_file=file), Refused, str(file))


def test_plugin_that_hangs_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A program that waits, and its children, end at the time limit, and what they wrote is not shown."""
    monkeypatch.setattr(account, "PLUGIN_SECONDS", 0.5)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    url, pid = "http://127.0.0.1:9", tmp_path / "pid"
    file = with_plugin(tmp_path, url, f"echo x9-plugin >&2; sleep 60 & echo $! > {pid}; wait")
    start = time.monotonic()

    error = check_error(Argo(url, config_file=file), Refused, "the program sh of context here in kubeconfig failed")

    assert time.monotonic() - start < 10
    assert "it did not end within 0.5 s" in error.why
    assert "x9-plugin" not in str(error) + "".join(capfd.readouterr())
    child = Path(f"/proc/{pid.read_text().strip()}/stat")
    while child.exists() and " Z " not in child.read_text() and time.monotonic() - start < 10:
        time.sleep(0.05)
    assert time.monotonic() - start < 10


def test_plugin_returns_the_token(tmp_path: Path) -> None:
    """Its output is used; nothing else of the environment is needed."""
    url = "http://127.0.0.1:9"
    status = {"apiVersion": VERSION, "kind": "ExecCredential", "status": {"token": "x9-token"}}
    file = with_plugin(tmp_path, url, f"echo '{json.dumps(status)}'")

    client = account.load(url, str(file)).client

    assert "x9-token" in str(client.configuration.api_key)


@pytest.mark.parametrize("output", ["", "[]", "{}", '{"kind": "x", "apiVersion": "y", "status": {}}'])
def test_plugin_with_other_output_is_refused(tmp_path: Path, output: str) -> None:
    """The error says that there is no account, without the output."""
    url = "http://127.0.0.1:9"
    file = with_plugin(tmp_path, url, f"echo '{output}'")

    assert "it returned no account" in check_error(Argo(url, config_file=file), Refused, "the program sh").why


def with_plugin(folder: Path, url: str, script: str) -> Path:
    """Return a kubeconfig whose user gets the token from a shell script."""
    file = kubeconfig(folder, url)
    config = json.loads(file.read_text())
    plugin = {"apiVersion": VERSION, "command": "sh", "args": ["-c", script]}
    config["users"][0]["user"] = {"exec": {**plugin, "env": [{"name": "MINE", "value": "yes"}]}}
    file.write_text(json.dumps(config))
    return file


def test_plugin_gets_no_secret_and_its_text_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A program of kubeconfig has its own environment, and what it writes is neither in the error nor on the screen."""
    monkeypatch.setenv("RUNBOOK_API_TOKEN", "x9-secret")
    recorded = tmp_path / "seen"
    url = "http://127.0.0.1:9"
    file = with_plugin(tmp_path, url, f"env > {recorded}; echo x9-plugin >&2; exit 3")

    error = check_error(Argo(url, config_file=file), Refused, "the program sh of context here in kubeconfig failed")

    assert "x9-secret" not in recorded.read_text()
    assert "MINE=yes" in recorded.read_text()
    assert "x9-plugin" not in str(error) + "".join(capfd.readouterr())
