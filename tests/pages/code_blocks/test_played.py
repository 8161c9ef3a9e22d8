"""Blocks with a command that can't exist here run in a real shell, where a strict one plays it; and real pipelines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.pages.code_blocks import pages, tables

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.pages.code_blocks.blocks import Fence
    from tests.pages.code_blocks.sandbox import Sandbox


def blocks_of(runner: str) -> list[Fence]:
    """Return the blocks of one runner."""
    return [block for block in pages.every() if block.runner == runner]


def test_every_played_block_is_known_to_its_stand_ins(sandbox: Sandbox, tmp_path: Path) -> None:
    """As it stands on the page: it ends with 0, and each of its commands has said that it knows its words."""
    for block in blocks_of("stand-in"):
        ended = sandbox.run(block.text, home=tmp_path / "home")
        assert (0, block.place) == (ended.returncode, block.place), ended.stderr
        assert ended.stdout.count(": known\n") >= 1


@pytest.mark.usefixtures("celery")
def test_every_real_pipeline_prints_what_its_page_says(sandbox: Sandbox, tmp_path: Path) -> None:
    """Beside a real Celery worker and a real Flower: the pattern in its mark is found."""
    for block in blocks_of("shell"):
        ended = sandbox.run(block.text, home=tmp_path / "home")
        assert 0 == ended.returncode, ended.stderr
        assert re.search(block.marked, ended.stdout, re.MULTILINE), f"{block.place}: {ended.stdout}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("argo list -n argo --everything", "argo has no option --everything here"),
        ("argo lst -n argo", "argo does not know the argument lst"),
        ("argo get -n argo", "argo needs workflow"),
        ("argo get -n argo ansible-deploy-7w2kq another", "argo does not know the argument another"),
        ("argo get -n ago ansible-deploy-7w2kq", "'ago' is no namespace that the table knows"),
        ("argo list -n", "argo -n needs a value"),
        ("argo list --running=yes", "argo --running takes no value"),
        ("sudo argo list --nothing", "argo has no option --nothing here"),
        ("cd /opt/dev/atmosphere; ./manage.py maintenance show", "needs that site's environment, not ''"),
        ("source /opt/env/troposphere/bin/activate; cd /opt/dev/atmosphere; ./manage.py shell", "needs that site's"),
        ("source /opt/env/atmo/bin/activate; /opt/dev/atmosphere/manage.py shell", "manage.py is not in /work"),
        ("/opt/dev/atmosphere/scripts/application_to_provider.py 1378 7", "needs PYTHONPATH="),
    ],
)
def test_stand_in_refuses_what_its_table_does_not_have(
    text: str, message: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Options, values, arguments, and the surroundings that the real command needs."""
    ended = sandbox.run(text, home=tmp_path / "home")

    assert 2 == ended.returncode
    assert message in ended.stderr


def test_command_without_table_is_refused() -> None:
    """Nobody is played without one."""
    with pytest.raises(tables.Refused, match="there is no table for frobnicate"):
        tables.check("frobnicate", [])
