"""The name of a prefix shows the program and the host, never another argument."""

from __future__ import annotations

import shlex

import pytest

from runbook_lib.errors import NotConnected
from runbook_lib.systems.host import Host
from runbook_lib.systems.host.prefix import prefix_name


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("", ""),
        ("ssh atmo-prod sudo", "ssh atmo-prod"),
        ("/usr/bin/ssh -p 2222 -i key -oBatchMode=yes ops@atmo-prod sudo", "ssh atmo-prod"),
        ("sshpass -p hunter2 ssh atmo-prod", "sshpass ssh atmo-prod"),
        ("sshpass -phunter2 ssh -l hunter2 atmo-prod sudo -S", "sshpass ssh atmo-prod"),
        ("ssh jump ssh atmo-prod", "ssh jump ssh atmo-prod"),
        ("env PASSWORD=hunter2 sudo -u atmo", "env"),
        ("docker exec -e PASSWORD=hunter2 --user atmo atmosphere", "docker exec atmosphere"),
        ("kubectl --token hunter2 -n staging exec -it atmo-0 -- sudo", "kubectl -n staging exec atmo-0"),
        ("kubectl --context=prod exec atmo-0 -c hunter2", "kubectl --context=prod exec atmo-0"),
        ("ssh", "ssh"),
    ],
)
def test_prefix_is_named_by_program_and_host(prefix: str, name: str) -> None:
    """Options and their values, users and everything after the host are not shown."""
    assert name == prefix_name(shlex.split(prefix))


def test_messages_of_the_host_do_not_show_a_password() -> None:
    """Neither the name of the host nor the error of a program that can't be started."""
    host = Host(("no-such-sshpass", "-p", "hunter2", "ssh", "atmo-prod"))

    with pytest.raises(NotConnected) as caught:
        host.read(["id"])

    assert "no-such-sshpass ssh atmo-prod" in str(caught.value)
    assert "hunter2" not in str(caught.value) + host.name
