"""A run that dies at one boundary, in this process: each later write, commit and call fails, as if it were killed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib import engine
from runbook_lib.journal.head import HeadFile
from runbook_lib.journal.journal import Journal
from runbook_lib.model import changes_as_json
from runbook_lib.systems.db.access.rows import Transaction
from tests.checks import WHO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.journal import Run
    from runbook_lib.model import Call, Change
    from runbook_lib.world.world import World
    from tests.conftest import Bench


class Killed(BaseException):
    """The process of the run is dead; the text is the boundary."""


@dataclass
class Fate:
    """Where a run dies, and what it really did until then.

    Attributes:
        at: The number of the boundary at which it dies, from 0; None if it lives.
        passed: The boundaries that it passed.
        done: The changes that a system really made: each commit that returned and each call that was sent.
    """

    at: int | None = None
    passed: list[str] = field(default_factory=list)
    done: list[Change] = field(default_factory=list)
    died_at: str = ""
    _written: dict[int, list[Change]] = field(default_factory=dict)

    def reach(self, boundary: str) -> None:
        """Pass a boundary.

        Raises:
            Killed: This is the one, or the run is dead already.
        """
        if not self.died_at and len(self.passed) == self.at:
            self.died_at = boundary
        if self.died_at:
            raise Killed(self.died_at)
        self.passed.append(boundary)

    @contextlib.contextmanager
    def decides(self, world: World) -> Iterator[None]:
        """Let every journal record, head, commit and call of a run reach its boundaries."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(replaced(Journal, "_write", self._write))
            stack.enter_context(replaced(HeadFile, "write", self._write_head))
            stack.enter_context(replaced(Transaction, "write", self._write_row))
            stack.enter_context(replaced(Transaction, "commit", self._commit))
            outside = world.outside
            world.outside = lambda system: Mortal(outside(system), self)  # type: ignore[method-assign] # put back below
            stack.callback(world.__dict__.pop, "outside")
            yield

    def _write(self, write: Any, journal: Journal, stream: Any, facts: dict[str, Any]) -> None:
        self.reach(f"before the {facts['kind']} is journaled")
        try:
            self.reach(f"while the {facts['kind']} is journaled")
        except Killed:
            stream.write(b'{"kind": "torn", "run')
            raise
        write(journal, stream, facts)
        self.reach(f"after the {facts['kind']} is journaled")

    def _write_head(self, write: Any, head: HeadFile, value: Any) -> None:
        self.reach("before the head is written")
        write(head, value)

    def _write_row(self, write: Any, transaction: Transaction, change: Any) -> Any:
        written = write(transaction, change)
        self._written.setdefault(id(transaction), []).append(written)
        return written

    def _commit(self, commit: Any, transaction: Transaction) -> None:
        self.reach("before the commit")
        commit(transaction)
        self.done += self._written.pop(id(transaction), [])
        self.reach("after the commit")


@dataclass
class Mortal:
    """An outside system whose caller can die."""

    system: Any
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        """Return what the system has."""
        return getattr(self.system, name)

    def perform(self, call: Call) -> None:
        """Make a call, unless the caller is dead."""
        self.fate.reach("before the call")
        self.system.perform(call)
        self.fate.done.append(call)
        self.fate.reach("after the call")


def record_truth(world: World, bench: Bench, run: Run, done: list[Change]) -> None:
    """Record by hand what was really done of the last step, if no system can prove it."""
    if run.has_uncertain_step:
        last = run.steps[-1]["changes"]
        is_done = changes_as_json(done)[-len(last) :] == last
        engine.record_finding(world, bench.journal, run, engine.HandCheck("done" if is_done else "not-done", **WHO))


@contextlib.contextmanager
def replaced(owner: Any, name: str, new: Callable[..., Any]) -> Iterator[None]:
    """Replace a method by a function that gets the old one before the method's arguments."""
    old = getattr(owner, name)
    setattr(owner, name, lambda *args, **options: new(old, *args, **options))
    try:
        yield
    finally:
        setattr(owner, name, old)
