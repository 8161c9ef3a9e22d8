"""Reading an earlier run back: what is in effect, what is not, and what nothing can show."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine, procedures
from runbook_lib.errors import Refused
from runbook_lib.text import commands
from tests import sessions
from tests.checks import apply, everything, interrupted, plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

GRANT = {"username": "joetest", "site": "atmosphere"}
MOVED = "UPDATE application SET private = TRUE WHERE id = 1201"


@pytest.mark.both_databases
def test_each_change_is_in_effect_or_not(world: World, bench: Bench) -> None:
    """A row that somebody changed since is not; the others are. Nothing is written."""
    run_id = apply(world, bench, plan(world, "publicize_image", application_id=1201)).run_id
    run = bench.journal.run(run_id)
    assert (run.receipt, ()) == (engine.verify(world, run).in_effect, engine.verify(world, run).not_in_effect)
    sessions.execute(bench, "atmosphere", MOVED)
    before, records = everything(bench), list(bench.journal.records())

    verification = engine.verify(world, run)

    assert ["application"] == [change.table for change in verification.not_in_effect]
    assert len(run.receipt) == len(verification.in_effect) + 1
    assert (before, records) == (everything(bench), list(bench.journal.records()))


def test_call_without_a_trace_is_unreadable(world: World, bench: Bench) -> None:
    """A restart, for instance, can't be read back, so it is neither in effect nor not."""
    planned = plan(world, "reboot_instance", **procedures.find("reboot_instance").example)
    run = bench.journal.run(apply(world, bench, planned).run_id)

    verification = engine.verify(world, run)
    assert run.receipt == (*verification.in_effect, *verification.not_in_effect, *verification.unreadable)
    assert tuple(call for call in run.receipt if call.leaves_no_trace) == verification.unreadable


def test_unknown_run_is_refused(world: World, bench: Bench) -> None:
    """An interrupted run is resolved first."""
    run_id = interrupted(world, bench, plan(world, "grant_staff", **GRANT), steps=1)

    with pytest.raises(Refused, match="are unknown") as caught:
        engine.verify(world, bench.journal.run(run_id))
    assert ("it was interrupted", commands.SETTLE) == (caught.value.why, caught.value.next_step)


def test_altered_run_is_refused(world: World, bench: Bench) -> None:
    """Its records can be invented, so the journal is checked first."""
    run = bench.journal.run(apply(world, bench, plan(world, "grant_staff", **GRANT)).run_id)

    with pytest.raises(Refused, match="are unknown") as caught:
        engine.verify(world, dataclasses.replace(run, is_intact=False))
    assert ("its journal records were altered after they were written", commands.CHECK_JOURNAL) == (
        caught.value.why,
        caught.value.next_step,
    )


def test_run_of_other_systems_is_refused(world: World, bench: Bench) -> None:
    """What is read there says nothing about the run."""
    run = bench.journal.run(apply(world, bench, plan(world, "grant_staff", **GRANT)).run_id)
    world.endpoints = type(world.endpoints)(**{**vars(world.endpoints), "targets": {"atmosphere": "postgresql://db/x"}})

    with pytest.raises(Refused, match="but the configured systems are"):
        engine.verify(world, run)
