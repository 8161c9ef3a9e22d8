"""What a procedure that only reads found: an answer, tables, texts, a timeline, gaps and next steps; plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook_lib.model.practice import is_practice
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float | bool | datetime | None


@dataclass(frozen=True)
class Table:
    """Rows side by side.

    Attributes:
        title: What it shows.
        columns: The column headings.
        rows: The values, one tuple per row, as long as `columns`; timestamps are aware.
        note: A fact that is needed to read the table; can be empty.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a row of another length (a defect of the procedure)."""
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"{self.title}: {len(self.columns)} columns, and a row of {len(wrong[0])}")


@dataclass(frozen=True)
class Excerpt:
    """A literal text: a fault, lines of a log, a message to send. Secrets are masked before it is made.

    Attributes:
        title: What it is.
        text: The text; its line breaks count.
    """

    title: str
    text: str


@dataclass(frozen=True)
class Event:
    """Something on the timeline.

    Attributes:
        time: The time, or the start time; with a time zone.
        source: The data source, such as ``database``, ``nova`` or ``celery``: the timeline's lane.
        text: What happened, in a few words.
        until: When it ended; None for an instant, and for an event that `lasts`.
        lasts: Whether it has not ended yet.
        trouble: Whether it is a failure.
    """

    time: datetime
    source: str
    text: str
    until: datetime | None = None
    lasts: bool = False
    trouble: bool = False


@dataclass(frozen=True)
class Gap:
    """A missing data source.

    Attributes:
        source: Its name, such as ``nova:4``.
        why: What happened: not configured, not reachable, refused, too slow.
        how: How to get what is missing.
    """

    source: str
    why: str
    how: str


@dataclass(frozen=True)
class Step:
    """What to do next.

    Attributes:
        text: One sentence.
        command: The command that does it, ready to copy; may be empty.
        page: The page with the details, as a path on the site (``runbooks/redeploy-instance.html``); may be empty.
    """

    text: str
    command: str = ""
    page: str = ""


Part = Table | Excerpt


@dataclass(frozen=True)
class Inspection:
    """What was found. A procedure gives the first five; `runbook_lib.engine.inspect` fills in the rest.

    Attributes:
        answer: The answer, in one sentence or a few.
        parts: Tables and texts, the most important first.
        events: For the timeline, in any order.
        gaps: What is missing, and how to get it.
        steps: What to do next, the first thing first.
        procedure: The procedure's name.
        params: Its parameters in JSON form; a secret is its reference.
        targets: The inspected systems, without credentials.
        taken: When, ISO 8601, UTC.
    """

    answer: str
    parts: tuple[Part, ...] = ()
    events: tuple[Event, ...] = ()
    gaps: tuple[Gap, ...] = ()
    steps: tuple[Step, ...] = ()
    procedure: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    taken: str = ""

    @property
    def timeline(self) -> tuple[Event, ...]:
        """The events in the order in which they began."""
        return tuple(sorted(self.events, key=lambda event: event.time))

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints; timestamps are ISO 8601, UTC."""
        return {
            "procedure": self.procedure,
            "practice": is_practice(self.targets),
            "params": dict(self.params),
            "taken": self.taken,
            "answer": self.answer,
            "tables": [_table(part) for part in self.parts if isinstance(part, Table)],
            "texts": [vars(part) for part in self.parts if isinstance(part, Excerpt)],
            "timeline": [{name: _value(value) for name, value in vars(event).items()} for event in self.timeline],
            "missing": [vars(gap) for gap in self.gaps],
            "next_steps": [vars(step) for step in self.steps],
        }


def page(procedure: str) -> str:
    """Return the path of a procedure's page on the site."""
    return f"runbooks/{procedure.replace('_', '-')}.html"


def to_inspect(procedure: str, /, **values: object) -> tuple[str, str]:
    """Return command and page of a `Step` that inspects."""
    return commands.inspect(procedure, **values), page(procedure)


def to_plan(procedure: str, /, **values: object) -> tuple[str, str]:
    """Return command and page of a `Step` that plans."""
    return commands.plan(procedure, **values), page(procedure)


def _table(table: Table) -> dict[str, Any]:
    rows = [dict(zip(table.columns, map(_value, row), strict=True)) for row in table.rows]
    return {"title": table.title, "rows": rows, "note": table.note}


def _value(value: Value) -> Any:
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else value
