"""Which account goes to which cluster: of one address only, never unencrypted, never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused
from runbook_lib.systems.argo import Argo
from tests.systems.argo.servers import kubeconfig, refused_by

if TYPE_CHECKING:
    from pathlib import Path


def test_an_account_goes_to_its_own_cluster_only(tmp_path: Path) -> None:
    """The current context is another cluster's: it is not used, and the addresses are named."""
    file = kubeconfig(tmp_path, "https://argo.example.org:6443")
    error = refused_by(Argo("https://elsewhere.example.org", config_file=file), Refused, "has no context for")
    assert "https://argo.example.org:6443, https://other.example.org" in error.why


def test_the_namespace_is_that_of_the_fitting_context(tmp_path: Path) -> None:
    """Not that of the current one."""
    file = kubeconfig(tmp_path, "https://argo.example.org:6443/")
    assert "argo" == Argo("https://argo.example.org:6443", config_file=file).namespace


def test_a_token_is_not_sent_unencrypted(tmp_path: Path) -> None:
    """As kubectl does; only on this machine it is."""
    file = kubeconfig(tmp_path, "http://argo.example.org")
    refused_by(Argo("http://argo.example.org", config_file=file), Refused, "is not encrypted")


@pytest.mark.parametrize("text", ["", "clusters: [", "a-token-that-must-not-be-shown", "clusters: 1"])
def test_a_kubeconfig_that_is_none_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    """It may be the token itself."""
    file = tmp_path / "config"
    file.write_text(text)
    refused_by(Argo("https://argo.example.org", config_file=file), Refused, "can't be used")


def test_a_kubeconfig_that_is_missing_is_refused(tmp_path: Path) -> None:
    """Its path is named."""
    file = tmp_path / "nowhere"
    refused_by(Argo("https://argo.example.org", config_file=file), Refused, str(file))
