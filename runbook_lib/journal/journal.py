"""The journal's file. Each record is written durably and chained to the previous one."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import functools
import itertools
import os
from typing import TYPE_CHECKING, Any

from runbook_lib.config import private
from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.journal import approvals, begun_runs
from runbook_lib.journal.head import HeadFile, JournalHead, Position, added_records, disagreement
from runbook_lib.journal.lines import Lines, digest, split
from runbook_lib.journal.proof import SIGNED, Proof, prove, signed_text
from runbook_lib.journal.run import Record, Run, undone
from runbook_lib.model import canonical
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

    from runbook_lib.journal.signatures import AllowedSigners, Signer
    from runbook_lib.model.plan import Plan


class Journal:
    """The journal of one folder.

    Attributes:
        path: The journal's file.
        head: The file of its head; None if it has no head.
        signer: The key that signs new records; None if they are not signed.
        allowed: The signers that the check accepts; None if the site does not use signatures.
        written: The position of the last record that this object wrote; None before the first one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        head: Path | None = None,
        signer: Signer | None = None,
        allowed: AllowedSigners | None = None,
    ) -> None:
        self.path = folder / "journal.jsonl"
        self.head = HeadFile(head) if head else None
        self.signer, self.allowed = signer, allowed
        self.written: Position | None = None

    def append(self, kind: str, run_id: str, **facts: Any) -> None:
        """Write one record durably: after this returns, the record survives a power failure.

        Raises:
            Refused: The file can't be written. Without a record, no system may be changed.
        """
        with self._open_exclusively() as stream:
            self._write(stream, {"kind": kind, "run_id": run_id, **facts})

    @contextlib.contextmanager
    def begin(
        self, plan: Plan, *, reason: str, operator: str, time: str, needs_approval: bool = False
    ) -> Iterator[str]:
        """Lock a new run, write its intent like `append`, and yield the run's ID, such as ``20260115T120000-3fa9c2``.

        The lock precedes the intent, so no other process can resolve the run while it is running. The intent names the
        approval that it uses, so that no other run can use it.

        Raises:
            Refused: The file can't be written, or the plan needs an approval and has none that can be used.
        """
        stem = f"{time.translate(str.maketrans('', '', '-:'))[:15]}-{plan.plan_id[:6]}"
        facts = {"plan": plan.as_json(), "reason": reason, "operator": operator, "time": time}
        with contextlib.ExitStack() as locks:
            with self._open_exclusively() as stream:
                lines = _read(stream).lines
                if needs_approval:
                    intact = (line.record for line in lines if line.record and line.is_intact)
                    approval = approvals.find(intact, plan, operator=operator, now=time, allowed=self.allowed)
                    facts["approval"] = approval.digest
                existing = {line.record["run_id"] for line in lines if line.record}
                candidates = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
                run_id = next(candidate for candidate in candidates if candidate not in existing)
                locks.enter_context(self.lock(run_id))
                self._write(stream, {"kind": "intent", "run_id": run_id, **facts})
            begun_runs.register(run_id, functools.partial(self.run, run_id))
            yield run_id

    def approve(self, plan: Plan, *, reason: str, operator: str, time: str) -> None:
        """Record that an operator approves exactly this plan.

        Raises:
            Refused: The file can't be written.
        """
        facts = {"plan_id": plan.plan_id, "reason": reason, "operator": operator, "time": time}
        self.append("approval", approvals.run_id(plan), **facts)

    def lines(self) -> Lines:
        """Return the lines of the file; none if it does not exist.

        Raises:
            Refused: It is not a regular file, or can't be read.
        """
        private.require_file(self.path)
        try:
            return split(self.path.read_bytes()) if self.path.exists() else Lines()
        except OSError as error:
            raise Refused.unreadable(f"the journal {self.path}", error) from error

    def records(self) -> Iterator[Record]:
        """Yield every record. Skip damaged lines, and a partial record that a crash left."""
        yield from (line.record for line in self.lines().lines if line.record)

    def runs(self) -> list[Run]:
        """Return every run that can be read, oldest first; a damaged or foreign record hides only its own run."""
        return list(self._read_runs()[0].values())

    def unreadable(self) -> list[str]:
        """Return a sentence for each line and run that can't be read."""
        return self._read_runs()[1]

    def _read_runs(self) -> tuple[dict[str, Run], list[str]]:
        records: dict[str, list[Record]] = {}
        altered: set[str] = set()
        problems = []
        for line in self.lines().lines:
            if line.record is None:
                problems.append(f"line {line.number} of {self.path} is not a journal record")
                continue
            run_id = str(line.record["run_id"])
            records.setdefault(run_id, []).append(line.record)
            if not line.is_intact:
                altered.add(run_id)
        runs = {}
        for run_id, its_records in records.items():
            if {record["kind"] for record in its_records} == {"approval"}:
                continue
            try:
                runs[run_id] = Run.from_records(run_id, its_records, is_intact=run_id not in altered)
            except (ValueError, KeyError, TypeError, AttributeError):
                problems.append(
                    f"run {run_id} of {self.path} can't be read: its records were altered, or another "
                    "release wrote them"
                )
        return runs, problems

    def run(self, run_id: str) -> Run:
        """Return one run.

        Raises:
            TargetNotFound: The journal has no such run.
        """
        runs, _ = self._read_runs()
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

    def undone_by(self, run_id: str) -> str:
        """Return the ID of the run that undid a run; empty if none did, or if that undo was itself undone."""
        return undone(self.runs()).get(run_id, "")

    def last_run(self, operator: str) -> Run:
        """Return an operator's last run that can be undone, or whose changes are unknown; an undo does not count.

        Raises:
            TargetNotFound: There is none.
        """
        runs = self.runs()
        undone_by = undone(runs)
        for run in reversed(runs):
            is_own = run.operator == operator and not run.plan.undoes
            if is_own and (run.is_unknown or (run.receipt and run.run_id not in undone_by)):
                return run
        raise TargetNotFound(
            kind="last run",
            key=f"of {operator}",
            where=f"the journal {self.path}",
            next_step=f"'{commands.HISTORY}' lists the runs, of colleagues too; name one by its ID",
        )

    def check(self, kept: Position | None = None) -> Proof:
        """Check the chain of digests, the head and the signatures.

        Args:
            kept: A position that an earlier outcome printed; the journal must still contain it.

        Raises:
            Refused: The journal or its head can't be read.
        """
        try:
            head: JournalHead | str | None = self.head.read() if self.head else None
        except ValueError as error:
            head = str(error)
        except OSError as error:
            raise Refused.unreadable("the journal's head", error) from error
        return prove(self.lines(), head, self.allowed, kept=kept)

    @contextlib.contextmanager
    def lock(self, run_id: str) -> Iterator[None]:
        """Mark a run as running until the block or the process ends.

        Raises:
            Refused: Another process holds the lock of this run.
        """
        path = self.path.parent / "runs" / f"{run_id}.lock"
        try:
            private.folder(path.parent)
            descriptor = private.open_file(path, os.O_WRONLY | os.O_CREAT)
        except OSError as error:
            raise Refused.unwritable(f"the folder of running runs {path.parent}", error) from error
        with os.fdopen(descriptor, "w"):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(
                    what=f"run {run_id} is still running",
                    next_step="wait until it ends, then repeat the command",
                ) from error
            yield
        with contextlib.suppress(OSError):  # the run has ended, and a file that nobody locks stops nothing
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _open_exclusively(self) -> Iterator[FileIO]:
        """Open the file for reading and appending, and lock out other processes."""
        try:
            private.folder(self.path.parent)
            descriptor = private.open_file(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            with os.fdopen(descriptor, "a+b", buffering=0) as stream:
                private.lock(descriptor, self.path)
                yield stream
        except OSError as error:
            raise Refused.unwritable(f"the journal {self.path}", error) from error

    def _write(self, stream: FileIO, facts: Record) -> None:
        """Write one record after the last one, wait until it is on the disk, and update the head."""
        lines = _read(stream)
        head = self._head_of(lines)
        if self.head and head and head.records < len(lines.lines):  # a crash left it behind; a second must not
            head = dataclasses.replace(head, records=len(lines.lines), digest=lines.last_digest)
            self.head.write(head)
        records = len(lines.lines) + _end_last_line(stream, lines, head) + 1
        record = {**facts, "previous": lines.last_digest}
        if self.signer and record["kind"] in SIGNED:
            record["signer"] = self.signer.operator
            record["signature"] = self.signer.sign(signed_text(record))
        record["digest"] = digest(record)
        line = canonical(record).encode() + b"\n"
        if (written := stream.write(line)) != len(line):
            raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes were written")
        os.fsync(stream.fileno())
        self.written = Position(records, record["digest"])
        if self.head and head:
            self.head.write(dataclasses.replace(head, records=records, digest=record["digest"]))

    def _head_of(self, lines: Lines) -> JournalHead | None:
        """Return the head for the present records: a new one, or the old one with the differences that it shows."""
        if not self.head:
            return None
        count = len(lines.lines)
        new = JournalHead(count, lines.last_digest, since=count)
        try:
            head = self.head.read()
        except ValueError as error:
            return dataclasses.replace(new, disagreements=(str(error),))
        if head is None:
            return new
        problem = disagreement(head, lines) or added_records(head, lines)
        return dataclasses.replace(head, disagreements=(*head.disagreements, problem)) if problem else head


def _read(stream: FileIO) -> Lines:
    stream.seek(0)
    return split(stream.readall())


def _end_last_line(stream: FileIO, lines: Lines, head: JournalHead | None) -> int:
    """Remove a partial record that a crash left, but keep the rest of an acknowledged one.

    Return the number of added lines.
    """
    is_cut = bool(lines.torn) and head is not None and head.records > len(lines.lines)
    if is_cut or not lines.is_ended:
        stream.write(b"\n")
    elif lines.torn:
        stream.truncate(stream.seek(0, os.SEEK_END) - len(lines.torn))
    return int(is_cut)
