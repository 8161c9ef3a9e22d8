"""A connection to PostgreSQL that breaks at any message: the run ends in time, and its report is true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import OutcomeUnknown, RunbookError
from runbook_lib.text import waiting
from tests import sessions
from tests.checks import apply, plan, settle
from tests.faults.proxy import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model import Database
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench
    from tests.faults.proxy import Proxy

Site = tuple["World", "Bench", "Proxy"]
Flags = list[tuple[bool, bool]]
NAME, VALUES = "revoke_staff", {"username": "staffmember"}
DATABASES: tuple[Database, ...] = ("atmosphere", "troposphere")
SAMPLE = 8  # points per action in the quick test, besides those around the commits
SECONDS = 30.0  # for one run with a limit of 1 s per response; locks and connecting have limits of 5 s
QUERY = "SELECT is_staff, is_superuser FROM {} WHERE username = 'staffmember'"
TABLES = {"atmosphere": "atmosphere_user", "troposphere": "troposphere_user"}


def _flags(bench: Bench) -> Flags:
    """Return the flags in both databases, read past the proxy."""
    return [sessions.rows(bench, name, QUERY.format(TABLES[name]))[0] for name in DATABASES]  # type: ignore[misc]


def _end_sessions(site: Site) -> None:
    """End all sessions: a held connection keeps its locks, as behind a real proxy."""
    world, bench, _ = site
    for name in DATABASES:
        sessions.end_sessions(bench, name)
        world.rows(name).reconnect()


def _restore(site: Site, flags: Flags) -> None:
    _end_sessions(site)
    for name, values in zip(DATABASES, flags, strict=True):
        statement = f"UPDATE {TABLES[name]} SET is_staff = %s, is_superuser = %s WHERE username = 'staffmember'"
        sessions.execute(site[1], name, statement, *values)


def _discover(site: Site) -> tuple[list[tuple[str, bytes]], Flags, Flags]:
    """Return the messages of an undisturbed apply, and the flags before and after it.

    The second one counts: the first one also reads what later ones remember.
    """
    world, bench, proxy = site
    before = after = _flags(bench)
    messages: list[tuple[str, bytes]] = []
    for _ in range(2):
        planned = plan(world, NAME, **VALUES)
        proxy.arm()
        assert "applied" == apply(world, bench, planned).state
        messages, after = list(proxy.messages), _flags(bench)
        assert all(old != new for old, new in zip(before, after, strict=True))
        _restore(site, before)
    return messages, before, after


def _sample(messages: list[tuple[str, bytes]]) -> list[int]:
    """Return some points, and those around each commit."""
    commits = [number for number, (_, text) in enumerate(messages) if b"COMMIT" in text]
    assert len(commits) > 1
    around = {number + step for number in commits for step in (-1, 0, 1, 2)}
    return sorted({*range(0, len(messages), max(1, len(messages) // SAMPLE)), *around} & set(range(len(messages))))


def _check_report(site: Site, planned: Plan, before: Flags, after: Flags) -> str:
    """Apply with an armed proxy; check that the report is true, and return it."""
    world, bench, proxy = site
    started = time.monotonic()
    error: RunbookError | None = None
    try:
        apply(world, bench, planned)
    except RunbookError as raised:
        error = raised
    assert time.monotonic() - started < SECONDS
    assert proxy.has_acted
    proxy.arm()
    now = _flags(bench)
    assert all(flags in pair for flags, pair in zip(now, zip(before, after, strict=True), strict=True)), "torn"
    run = bench.journal.runs()[-1]
    if error is None:
        assert after == now
        return "applied"
    if error.changed is False:
        assert before == now
    else:
        assert "Nothing was changed" not in str(error)
    if error.changed:
        assert before != now
    _end_sessions(site)
    settle(world, bench)
    settled = bench.journal.run(run.run_id)
    made = {change.database for change in settled.receipt if hasattr(change, "database")}
    if not settled.is_open:
        assert {name for name, old, new in zip(DATABASES, before, now, strict=True) if old != new} == made
    return f"exit {error.exit_code}, then {settled.state}"


def _check_points(site: Site, action: Action, points: list[int], before: Flags, after: Flags) -> dict[str, int]:
    world, _, proxy = site
    reports: dict[str, int] = {}
    for at in points:
        planned = plan(world, NAME, **VALUES)
        proxy.arm(action, at)
        try:
            report = _check_report(site, planned, before, after)
        except AssertionError as problem:
            raise AssertionError(f"{action.value}, at message {at}: {problem}") from problem
        reports[report] = reports.get(report, 0) + 1
        _restore(site, before)
    return reports


@pytest.mark.parametrize("action", Action, ids=lambda action: action.name)
def test_broken_connection_is_reported_truthfully(
    site: Site, action: Action, record_property: Callable[[str, object], None]
) -> None:
    """At some messages, and around each commit: no hang, nothing torn, and "nothing was changed" only where true."""
    messages, before, after = _discover(site)

    reports = _check_points(site, action, _sample(messages), before, after)

    record_property("points", sum(reports.values()))
    assert {"applied", "exit 7, then not-applied", "exit 5, then partly-applied"} <= reports.keys()
    assert (action is Action.HOLD) is any(report.startswith("exit 8") for report in reports)


def test_commit_without_a_response_is_reported_while_it_lasts(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line on standard error says what is waited for; the outcome is unknown, and settling finds it."""
    world, bench, proxy = site
    messages, _, _ = _discover(site)
    planned = plan(world, NAME, **VALUES)
    monkeypatch.setattr(waiting, "NOTICE_SECONDS", 0.4)
    at = next(number for number, (_, text) in enumerate(messages) if b"COMMIT" in text)
    proxy.arm(Action.HOLD, at)

    with pytest.raises(OutcomeUnknown, match="commit atmosphere") as caught:
        apply(world, bench, planned)

    assert "still waiting for the commit of atmosphere, after 0 s\n" in capsys.readouterr().err
    assert (None, 8) == (caught.value.changed, caught.value.exit_code)
    _end_sessions(site)
    assert [(caught.value.run_id, "not-applied")] == settle(world, bench)


@pytest.mark.soak
@pytest.mark.parametrize("action", Action, ids=lambda action: action.name)
def test_connection_broken_at_every_message_is_reported_truthfully(
    site: Site, action: Action, record_property: Callable[[str, object], None]
) -> None:
    """All messages of an apply, in both directions."""
    messages, before, after = _discover(site)

    reports = _check_points(site, action, list(range(len(messages))), before, after)

    record_property("points", sum(reports.values()))
    assert len(messages) == sum(reports.values())
    print(action.name, len(messages), reports)  # noqa: T201 - the measurement
