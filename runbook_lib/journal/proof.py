"""Check a journal, and report what the check proves and what it can't prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.journal.head import JournalHead, Position, added_records, disagreement
from runbook_lib.journal.lines import BEGINNING, JournalLine, Lines
from runbook_lib.journal.run import is_open
from runbook_lib.model import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.journal.signatures import AllowedSigners

SIGNED = ("intent", "outcome", "approval")  # the chain ties the steps between them to the next one


@dataclass(frozen=True)
class Proof:
    """The result of a check of a journal.

    Attributes:
        records: The number of records.
        problems: The problems, one sentence each.
        limits: The facts that the check can't prove, one sentence each.
        last: The position of the last record; None in an empty journal.
    """

    records: int
    problems: tuple[str, ...]
    limits: tuple[str, ...]
    last: Position | None


def prove(
    lines: Lines, head: JournalHead | str | None, allowed: AllowedSigners | None, *, kept: Position | None = None
) -> Proof:
    """Check the chain, the ends of the runs, the head and the signatures.

    Args:
        lines: The journal's lines.
        head: The head; a text is the reason why it can't be read, and None means that there is no head.
        allowed: The allowed signers; None if the site does not use signatures.
        kept: A position that an operator kept; None for none.
    """
    problems = [*_chain(lines), *_beginnings(lines), *_ends(lines), *_head_problems(lines, head)]
    if kept and (problem := disagreement(kept, lines)):
        problems.append(f"compared with the head that you gave: {problem}")
    limits = [*_head_limits(lines, head)]
    if allowed is None:
        limits.append("cannot prove who wrote a record: no list of allowed signers is configured")
    else:
        problems += _signatures(lines, allowed)
        limits += _unsigned(lines)
    last = Position(len(lines.lines), lines.last_digest) if lines.lines else None
    return Proof(len(lines.lines), tuple(problems), tuple(limits), last)


def signed_text(record: Mapping[str, object]) -> str:
    """Return the text of a record that its signature covers."""
    return canonical({key: value for key, value in record.items() if key not in {"digest", "signature"}})


def _chain(lines: Lines) -> Iterator[str]:
    previous = BEGINNING
    for line in lines.lines:
        if line.record is None:
            yield f"line {line.number} is not a journal record"
            continue
        if line.record["previous"] != previous:
            yield f"record {line.number} does not follow the previous one: a record was removed, added or moved"
        if not line.is_intact:
            yield f"record {line.number} was altered after it was written"
        previous = str(line.record["digest"])


def _beginnings(lines: Lines) -> Iterator[str]:
    """Yield a sentence for each run that does not begin with its one intent."""
    begun: set[str] = set()
    for line, record in _records(lines):
        run_id, kind = str(record["run_id"]), record["kind"]
        if kind == "intent" and run_id in begun:
            yield f"record {line.number} is another intent of run {run_id}"
        elif kind not in {"intent", "approval"} and run_id not in begun:
            yield f"record {line.number} belongs to run {run_id}, whose intent does not precede it"
        begun.add(run_id)


def _ends(lines: Lines) -> Iterator[str]:
    """Yield a sentence for each second outcome of a run, unless it resolves an open one."""
    closed: set[str] = set()
    for line, record in _records(lines):
        run_id, kind = str(record["run_id"]), record["kind"]
        if kind == "step":
            closed.discard(run_id)  # an earlier outcome does not cover this step
        elif kind == "outcome":
            if run_id in closed:
                yield f"record {line.number} is another outcome of run {run_id}"
            if not is_open(record):
                closed.add(run_id)


def _head_problems(lines: Lines, head: JournalHead | str | None) -> Iterator[str]:
    if isinstance(head, str):
        yield head
    elif head is not None:
        yield from head.disagreements
        if problem := disagreement(head, lines) or added_records(head, lines):
            yield problem
    if not lines.is_ended:
        yield "the line break after the last record is missing: the file was cut"


def _head_limits(lines: Lines, head: JournalHead | str | None) -> Iterator[str]:
    if head is None and lines.lines:
        yield "cannot prove that no record is missing at the end, nor that the journal was not replaced: it has no head"
    elif isinstance(head, JournalHead):
        if head.since:
            yield f"cannot prove this of records 1 to {head.since}: the head was created after them"
        if len(lines.lines) == head.records + 1:
            yield "the head is one record behind, as a crash between the two leaves it"


def _signatures(lines: Lines, allowed: AllowedSigners) -> Iterator[str]:
    operators: dict[str, str] = {}
    has_signatures = False
    for line, record in _records(lines):
        if record["kind"] == "intent":
            operators[str(record["run_id"])] = str(record.get("operator"))
        if signature := record.get("signature"):
            has_signatures = True
            signer = str(record.get("signer"))
            if why := allowed.problem(signed_text(record), str(signature), signer=signer):
                yield f"record {line.number} is not signed by {signer}: {why}"
            operator = record.get("operator") or operators.get(str(record["run_id"]))
            if signer != operator and not record.get("settled"):
                yield f"record {line.number} names {operator} as operator, and {signer} signed it"
        elif has_signatures and record["kind"] in SIGNED:
            yield f"record {line.number} is not signed, although records before it are"


def _unsigned(lines: Lines) -> Iterator[str]:
    numbers = [line.number for line, record in _records(lines) if record.get("signature")]
    first = numbers[0] if numbers else len(lines.lines) + 1
    if first > 1 and lines.lines:
        yield f"cannot prove who wrote records 1 to {first - 1}: they are not signed"


def _records(lines: Lines) -> Iterator[tuple[JournalLine, Mapping[str, object]]]:
    for line in lines.lines:
        if line.record is not None:
            yield line, line.record
