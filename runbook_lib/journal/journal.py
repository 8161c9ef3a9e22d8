"""The journal's file. Each record is written durably and chained to the previous one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import itertools
import json
import os
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.journal import begun_runs
from runbook_lib.journal.run import Record, Run
from runbook_lib.model import canonical, fingerprint
from runbook_lib.model.plan import Plan
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO
    from pathlib import Path

BEGINNING = "0" * 64


class Journal:
    """The journal of one ``RUNBOOK_HOME``."""

    def __init__(self, home: Path) -> None:
        self.path = home / "journal.jsonl"

    def append(self, kind: str, run_id: str, **facts: Any) -> None:
        """Write one record durably: after this returns, the record survives a power failure.

        Raises:
            Refused: The file can't be written. Without a record, no system may be changed.
        """
        with self._open_exclusively() as stream:
            self._write(stream, {"kind": kind, "run_id": run_id, **facts})

    @contextlib.contextmanager
    def begin(self, plan: Plan, *, reason: str, operator: str, time: str) -> Iterator[str]:
        """Lock a new run, write its intent like `append`, and yield the run's ID, such as ``20260115T120000-3fa9c2``.

        The lock precedes the intent, so no other process can resolve the run while it is running.
        """
        stem = f"{time.translate(str.maketrans('', '', '-:'))[:15]}-{plan.plan_id[:6]}"
        facts = {"plan": plan.as_json(), "reason": reason, "operator": operator, "time": time}
        with contextlib.ExitStack() as locks:
            with self._open_exclusively() as stream:
                existing = {record["run_id"] for record in self._parse(_complete_lines(stream))}
                candidates = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
                run_id = next(candidate for candidate in candidates if candidate not in existing)
                locks.enter_context(self.lock(run_id))
                self._write(stream, {"kind": "intent", "run_id": run_id, **facts})
            begun_runs.register(run_id, functools.partial(self.run, run_id))
            yield run_id

    def records(self) -> Iterator[Record]:
        """Yield every complete record. Skip a last line that a crash truncated: it was never acknowledged.

        Raises:
            Refused: A line is not a record, so the file was edited.
        """
        if self.path.exists():
            yield from self._parse(self.path.read_bytes().split(b"\n")[:-1])

    def runs(self) -> list[Run]:
        """Return every run, oldest first.

        Raises:
            Refused: A record does not have the form that this library writes, so the file was edited.
        """
        facts_by_run: dict[str, dict[str, Any]] = {}
        altered: set[str] = set()
        for number, record in enumerate(self.records(), start=1):
            run_id = record["run_id"]
            try:
                if not _is_intact(record):
                    altered.add(run_id)
                if record["kind"] == "intent":
                    facts = {key: record[key] for key in ("reason", "operator", "time")}
                    facts_by_run[run_id] = {"plan": Plan.from_json(record["plan"]), "steps": (), **facts}
                elif record["kind"] == "step":
                    facts_by_run[run_id]["steps"] = (*facts_by_run[run_id]["steps"], record)
                    facts_by_run[run_id]["outcome"] = None  # an earlier outcome does not cover this step
                else:
                    facts_by_run[run_id]["outcome"] = record
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(number) from error
        return [Run(run_id=run_id, is_intact=run_id not in altered, **facts) for run_id, facts in facts_by_run.items()]

    def run(self, run_id: str) -> Run:
        """Return one run.

        Raises:
            TargetNotFound: The journal has no such run.
        """
        runs = {run.run_id: run for run in self.runs()}
        if run_id not in runs:
            similar = [other for other in runs if run_id and other.endswith(run_id)][:3]
            raise TargetNotFound(
                kind="run",
                key=run_id,
                where=f"the journal {self.path}",
                similar=similar,
                next_step=f"'{commands.HISTORY}' lists the runs",
            )
        return runs[run_id]

    def check(self) -> list[str]:
        """Return the problems of the chain of digests, one sentence each; empty when the chain is intact."""
        problems: list[str] = []
        previous = BEGINNING
        for number, record in enumerate(self.records(), start=1):
            digest = record.get("digest")
            if record.get("previous") != previous:
                problems.append(
                    f"record {number} does not follow the previous one: a record was removed, added or moved"
                )
            if not _is_intact(record):
                problems.append(f"record {number} was altered after it was written")
            previous = str(digest)
        return problems

    @contextlib.contextmanager
    def lock(self, run_id: str) -> Iterator[None]:
        """Mark a run as running until the block or the process ends.

        Raises:
            Refused: Another process holds the lock of this run.
        """
        path = self.path.parent / "runs" / f"{run_id}.lock"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(
                    what=f"run {run_id} is still running",
                    next_step="wait until it ends, then repeat the command",
                ) from error
            yield
        path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _open_exclusively(self) -> Iterator[FileIO]:
        """Open the file for reading and appending, and lock out other processes."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.open("a+b", buffering=0) as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                yield stream
        except OSError as error:
            raise Refused.unwritable(f"the journal {self.path}", error) from error

    def _write(self, stream: FileIO, facts: Record) -> None:
        """Write one record after the last complete one, and wait until it is on the disk."""
        lines = _complete_lines(stream)
        previous = next((record["digest"] for record in self._parse(lines[-1:], first=len(lines))), BEGINNING)
        record = {**facts, "previous": previous}
        record["digest"] = fingerprint(canonical(record))
        line = canonical(record).encode() + b"\n"
        if (written := stream.write(line)) != len(line):
            raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes were written")
        os.fsync(stream.fileno())

    def _parse(self, lines: Sequence[bytes], *, first: int = 1) -> Iterator[Record]:
        """Yield the record of each line; `first` is the number of the first line."""
        for number, line in enumerate(lines, start=first):
            try:
                record = json.loads(line)
                if not record.keys() >= {"kind", "run_id", "previous", "digest"}:
                    raise self._damaged(number)
            except (ValueError, AttributeError) as error:
                raise self._damaged(number) from error
            yield record

    def _damaged(self, number: int) -> Refused:
        return Refused(
            what=f"line {number} of {self.path} is not a journal record",
            why="the file was edited or damaged",
            next_step="keep a copy of the file, then restore it from a backup",
        )


def _complete_lines(stream: FileIO) -> list[bytes]:
    """Return the complete lines, and remove an incomplete line that a crash left at the end."""
    stream.seek(0)
    *lines, incomplete = stream.readall().split(b"\n")
    if incomplete:
        stream.truncate(stream.tell() - len(incomplete))
    return lines


def _is_intact(record: Record) -> bool:
    """Return whether a record matches its digest."""
    facts = {key: value for key, value in record.items() if key != "digest"}
    return bool(record.get("digest") == fingerprint(canonical(facts)))
