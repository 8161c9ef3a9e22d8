"""Which systems are configured, whether they answer, and whether their tables are those that this release knows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.changes import DATABASES, Database
from runbook_lib.db import drift
from runbook_lib.db.guard import translated
from runbook_lib.errors import NothingChanged, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.settings import Settings
    from runbook_lib.world import World


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        system: What was looked at.
        state: ``ok``, ``not configured`` or ``problem``.
        detail: Where it is, or what is wrong and what to do.
    """

    system: str
    state: str
    detail: str


def examine(world: World, settings: Settings) -> list[Finding]:
    """Return a finding for every system; reads only, and goes on after a problem."""
    return [_home(settings), *(_database(world, name) for name in DATABASES), *_clouds(world)]


def judge(findings: Sequence[Finding]) -> None:
    """Return if nothing is wrong.

    Raises:
        Refused: Something is.
    """
    wrong = [finding.system for finding in findings if finding.state == "problem"]
    if wrong:
        error = Refused(what=f"there are problems with {', '.join(wrong)}", next_step="see the findings above")
        error.details["findings"] = [vars(finding) for finding in findings]
        raise error


def _home(settings: Settings) -> Finding:
    """Look whether the journal can be written, without making the folder."""
    nearest = next(folder for folder in (settings.home, *settings.home.parents) if os.access(folder, os.F_OK))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding("RUNBOOK_HOME", "ok", str(settings.home))
    detail = f"{settings.home} can't be written. Give RUNBOOK_HOME a folder you may write"
    return Finding("RUNBOOK_HOME", "problem", detail)


def _database(world: World, name: Database) -> Finding:
    where = world.targets().get(name)
    if where is None:
        return Finding(name, "not configured", f"set RUNBOOK_{name.upper()}_DB to use it")
    try:
        with world.reading(), translated(name):
            differences = drift.report(name)
    except NothingChanged as error:
        return Finding(name, "problem", f"{error.what}. {error.why}. {error.next_step}")
    if differences:
        return Finding(name, "problem", "its tables differ: " + "; ".join(differences))
    return Finding(name, "ok", f"{where}, tables as expected")


def _clouds(world: World) -> Iterator[Finding]:
    if not world.sites.clouds:
        yield Finding("clouds", "not configured", "set RUNBOOK_CLOUDS to use them")
    for provider_id, cloud in world.sites.clouds.items():
        try:
            yield Finding(f"glance:{provider_id}", "ok", f"{cloud} at {world.glance(provider_id).address()}")
        except NothingChanged as error:
            yield Finding(f"glance:{provider_id}", "problem", f"{error.what}. {error.why}. {error.next_step}")
