"""Which systems are configured, whether they answer, and whether their tables are those that this release knows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.changes import DATABASES, Database
from runbook_lib.db import drift
from runbook_lib.db.guard import translated
from runbook_lib.errors import NothingChanged, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
    databases = [_database(world, name) for name in DATABASES]
    return [_home(settings), *databases, *_clouds(world), _api(world), _argo(world), *_celery(world), _logs(world)]


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
            where = f"{cloud} at {world.glance(provider_id).address()}, {world.keystone(provider_id).summary()}"
            yield Finding(f"glance:{provider_id}", "ok", where)
        except NothingChanged as error:
            yield Finding(f"glance:{provider_id}", "problem", f"{error.what}. {error.why}. {error.next_step}")
        try:
            nova = world.nova(provider_id)
            yield Finding(f"nova:{provider_id}", "ok", f"{cloud} at {nova.address()}, {nova.summary()}")
        except NothingChanged as error:
            yield Finding(f"nova:{provider_id}", "problem", f"{error.what}. {error.why}. {error.next_step}")


def _api(world: World) -> Finding:
    """Tell whose token the API has, and what that user may do."""
    if not world.sites.api_url:
        return Finding("api", "not configured", "set RUNBOOK_API_URL and RUNBOOK_API_TOKEN to use it")
    try:
        account = world.api.account()
        account.require_staff()
    except NothingChanged as error:
        return Finding("api", "problem", f"{error.what}. {error.why}. {error.next_step}")
    emulates = "superuser too" if account.is_superuser else "no superuser"
    return Finding("api", "ok", f"{world.sites.api_url}, the token of {account.username}: staff, {emulates}")


def _argo(world: World) -> Finding:
    if not world.sites.argo_url:
        return Finding("argo", "not configured", "set RUNBOOK_ARGO_URL to use it")
    try:
        return Finding("argo", "ok", f"{world.sites.argo_url}, {world.workflows.summary()}")
    except NothingChanged as error:
        return Finding("argo", "problem", f"{error.what}. {error.why}. {error.next_step}")


def _logs(world: World) -> Finding:
    if world.sites.log_dir is None:
        return Finding("logs", "not configured", "set RUNBOOK_LOG_DIR to use them")
    try:
        return Finding("logs", "ok", world.logs.summary())
    except NothingChanged as error:
        return Finding("logs", "problem", f"{error.what}. {error.why}. {error.next_step}")


def _celery(world: World) -> Iterator[Finding]:
    """Tell whether the broker, Flower and the host are reached, and what they show."""
    looks: dict[str, tuple[bool, str, Callable[[], str]]] = {
        "broker": (world.queues.configured, "RUNBOOK_BROKER_URL", partial(_broker, world)),
        "flower": (bool(world.sites.flower_url), "RUNBOOK_FLOWER_URL", partial(_flower, world)),
        "host": (bool(world.sites.host_exec), "RUNBOOK_HOST_EXEC", partial(_host, world)),
    }
    for name, (configured, variable, look) in looks.items():
        if not configured:
            yield Finding(name, "not configured", f"set {variable} to use it")
            continue
        try:
            yield Finding(name, "ok", look())
        except NothingChanged as error:
            yield Finding(name, "problem", f"{error.what}. {error.why}. {error.next_step}")


def _broker(world: World) -> str:
    """Return what answers there; nobody answering is no problem of the broker's."""
    workers = world.queues.look().workers
    return f"{world.queues.address()}, workers: {', '.join(sorted(workers)) or 'nobody answers'}"


def _flower(world: World) -> str:
    return f"{world.sites.flower_url}, {len(world.flower.workers())} workers known"


def _host(world: World) -> str:
    """Return who we are there, and what keeps the workers."""
    who = world.host.read(["id", "-un"]).output.strip()
    return f"as {who}, {len(world.workers.nodes())} Celery workers, kept by {world.workers.service()}"
