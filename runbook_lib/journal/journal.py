"""The journal's file: each record written durably, chained to the one before it, read back and checked."""

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
        """Write one record durably: when this returns, it survives a power cut.

        Raises:
            Refused: The file can't be written. Nothing is changed in any system without a record of it.
        """
        with self._locked() as stream:
            self._write(stream, {"kind": kind, "run_id": run_id, **facts})

    @contextlib.contextmanager
    def begin(self, plan: Plan, *, reason: str, operator: str, time: str) -> Iterator[str]:
        """Hold a new run, write its intent as `append` does, and yield the run's id, e.g. ``20260115T120000-3fa9c2``.

        The run is held before the intent can be read, so that nobody resolves it while it goes on.
        """
        stem = f"{time.translate(str.maketrans('', '', '-:'))[:15]}-{plan.plan_id[:6]}"
        facts = {"plan": plan.as_json(), "reason": reason, "operator": operator, "time": time}
        with contextlib.ExitStack() as held:
            with self._locked() as stream:
                taken = {record["run_id"] for record in self._parsed(_whole_lines(stream))}
                names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
                run_id = next(name for name in names if name not in taken)
                held.enter_context(self.hold(run_id))
                self._write(stream, {"kind": "intent", "run_id": run_id, **facts})
            begun_runs.remember(run_id, functools.partial(self.run, run_id))
            yield run_id

    def records(self) -> Iterator[Record]:
        """Yield every whole record; a line cut off by a crash was never acknowledged and is passed over.

        Raises:
            Refused: A line is not a record: the file was edited.
        """
        if self.path.exists():
            yield from self._parsed(self.path.read_bytes().split(b"\n")[:-1])

    def runs(self) -> list[Run]:
        """Return every run, oldest first.

        Raises:
            Refused: A record is not as this library writes it: the file was edited.
        """
        found: dict[str, dict[str, Any]] = {}
        altered: set[str] = set()
        for number, record in enumerate(self.records(), start=1):
            name = record["run_id"]
            try:
                if not _is_intact(record):
                    altered.add(name)
                if record["kind"] == "intent":
                    facts = {key: record[key] for key in ("reason", "operator", "time")}
                    found[name] = {"plan": Plan.from_json(record["plan"]), "steps": (), **facts}
                elif record["kind"] == "step":
                    found[name]["steps"] = (*found[name]["steps"], record)
                    found[name]["outcome"] = None  # an earlier outcome did not know of it
                else:
                    found[name]["outcome"] = record
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(number) from error
        return [Run(run_id=name, intact=name not in altered, **facts) for name, facts in found.items()]

    def run(self, run_id: str) -> Run:
        """Return one run.

        Raises:
            TargetNotFound: There is none of that name.
        """
        runs = {run.run_id: run for run in self.runs()}
        if run_id not in runs:
            similar = [name for name in runs if run_id and name.endswith(run_id)][:3]
            raise TargetNotFound(
                kind="run",
                key=run_id,
                where=f"the journal {self.path}",
                similar=similar,
                next_step=f"'{commands.HISTORY}' lists the runs",
            )
        return runs[run_id]

    def check(self) -> list[str]:
        """Return what is wrong with the chain of digests, one sentence each; empty when it is whole."""
        problems: list[str] = []
        previous = BEGINNING
        for number, record in enumerate(self.records(), start=1):
            digest = record.get("digest")
            if record.get("previous") != previous:
                problems.append(
                    f"record {number} does not follow the one before it: a record was removed, added or moved"
                )
            if not _is_intact(record):
                problems.append(f"record {number} was altered after it was written")
            previous = str(digest)
        return problems

    @contextlib.contextmanager
    def hold(self, run_id: str) -> Iterator[None]:
        """Mark a run as going on, for as long as this process lives and stays inside.

        Raises:
            Refused: Another process is inside with the same run.
        """
        path = self.path.parent / "runs" / f"{run_id}.lock"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(
                    what=f"run {run_id} is still going on",
                    next_step="wait until it has ended",
                ) from error
            yield
        path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[FileIO]:
        """Open the file for reading and appending, alone."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self.path.open("a+b", buffering=0) as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                yield stream
        except OSError as error:
            raise Refused.unwritable(f"the journal {self.path}", error) from error

    def _write(self, stream: FileIO, facts: Record) -> None:
        """Write one record after the last whole one, and wait until it is on the disk."""
        lines = _whole_lines(stream)
        previous = [record["digest"] for record in self._parsed(lines[-1:], first=len(lines))] or [BEGINNING]
        record = {**facts, "previous": previous[0]}
        record["digest"] = fingerprint(canonical(record))
        line = canonical(record).encode() + b"\n"
        if (written := stream.write(line)) != len(line):
            raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes were written")
        os.fsync(stream.fileno())

    def _parsed(self, lines: Sequence[bytes], *, first: int = 1) -> Iterator[Record]:
        """Yield the record of each line."""
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
            next_step="keep a copy of the file, and restore it from a backup",
        )


def _whole_lines(stream: FileIO) -> list[bytes]:
    """Return the complete lines, and cut off what a crash left behind the last line break."""
    stream.seek(0)
    *lines, torn = stream.readall().split(b"\n")
    if torn:
        stream.truncate(stream.tell() - len(torn))
    return lines


def _is_intact(record: Record) -> bool:
    """Tell whether a record is as it was written."""
    return bool(record.get("digest") == fingerprint(canonical({k: v for k, v in record.items() if k != "digest"})))
