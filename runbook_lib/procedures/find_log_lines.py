"""Find what the sites' logs say of a text, of a span of time, or of both, in all files that can hold it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import ParamError
from runbook_lib.model.inspection import Event, Excerpt, Gap, Inspection, Step, Table
from runbook_lib.params import param
from runbook_lib.systems.logs import LogMatches, LogRecord, Query, Searched
from runbook_lib.text import commands, mask
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.systems.logs import LogProblem
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("logs",)
MOST_EVENTS = 40
_LONGEST_SPAN = 366 * 24 * 60  # minutes
_LINE = 1000  # characters of a line that are shown
_SHORT = 100
_STATES = "atmosphere_status.log"  # one line for each state that an instance enters; the state stands last
_TROUBLE = ("ERROR", "CRITICAL", "FATAL")


@dataclass(frozen=True, kw_only=True)
class Params:
    """What to search for, and when."""

    text: str = param(
        "What the entry, or the path of a deployment's file, holds: taken literally, upper and lower case alike.",
        where="an instance's or image's id, a user name, a request's name, a word of an error",
        example="118aff3c-434b-5acf-bea2-1b7fc3e2dc24",
        default="",
    )
    when: datetime | None = param(
        "The middle of the time that is searched; not given means all days that are kept.",
        where="the user's report, or the instance's history",
        example="2026-01-15T04:10-07:00",
        default=None,
    )
    minutes: int = param("How many minutes before and after it.", default=60)
    system: Literal["all", "atmosphere", "celery", "troposphere", "argo"] = param("Whose logs.", default="all")


def inspect(world: World, params: Params) -> Inspection:
    """Return the entries in the order of time, and which files were searched. Reads the log files.

    Raises:
        ParamError: Neither a text nor a time is given, or the span is longer than a year.
        Refused: The logs are not configured.
        NotConnected: Their folder can't be read.
    """
    since, until = _span(params)
    trees = frozenset() if params.system == "all" else frozenset({params.system})
    found = world.logs.find(Query(params.text, since, until, trees))
    return Inspection(
        answer=_answer(params, found, since, until),
        parts=(
            Excerpt("Entries, in UTC", _entries(found.records)),
            _files(found.searched),
        ),
        events=tuple(_events(found.records)),
        gaps=tuple(_gap(problem) for problem in found.problems) + tuple(_damages(found.searched)),
        steps=tuple(_steps(params, found)),
    )


def _span(params: Params) -> tuple[datetime | None, datetime | None]:
    problems = []
    if not params.text and params.when is None:
        problems.append("neither text nor when is given: that would be every line of every log")
    if params.minutes > _LONGEST_SPAN:
        problems.append(f"minutes is more than a year ({_LONGEST_SPAN})")
    if problems:
        next_step = "give a text, a time, or both: -p text=deploy_error -p when=2026-01-15T04:10-07:00 -p minutes=30"
        raise ParamError(problems=problems, next_step=next_step, procedure="find_log_lines")
    if params.when is None:
        return None, None
    try:
        width = timedelta(minutes=params.minutes)
        return params.when - width, params.when + width
    except OverflowError as error:
        problems = ["when lies at the end of time"]
        raise ParamError(problems=problems, next_step="give another time", procedure="find_log_lines") from error


def _answer(params: Params, found: LogMatches, since: datetime | None, until: datetime | None) -> str:
    words = [count(len(found.records) + found.left_out, "entry", "entries")]
    if params.text:
        words.append(f"with {mask.mask(params.text)!r}")
    span = f"from {_time(since)} to {_time(until)}" if since and until else "on all days that are kept"
    files = [one for one in found.searched if one.found]
    sentences = [f"{' '.join(words)}, {span}, in {len(files)} of {len(found.searched)} files."]
    sentences += [text for number, text in _counted(found) if number]
    zone = f"Times are UTC; lines without an offset were read as {found.zone}, Troposphere's as UTC."
    return " ".join([*sentences, zone])


def _counted(found: LogMatches) -> Iterator[tuple[int, str]]:
    """Yield each number of what is not shown, with its sentence."""
    yield found.left_out, f"Only the latest {len(found.records)} are shown; earlier ones left out: {found.left_out}."
    yield found.repeated, f"In two files word for word, and shown once: {found.repeated}."
    yield found.masked, f"Likely secrets masked: {found.masked}."
    yield found.undated, f"Left out because they have no time of their own: {found.undated}."
    yield found.cut, f"Lines longer than is searched: {found.cut}."
    twice = sum(record.late is not None for record in found.records)
    yield twice, f"Of an hour that came twice, when clocks were set back, so both times are told: {twice}."
    unread = 1 if found.not_reached is None else found.not_reached
    yield unread, "The time was over before every file was read."


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def _entries(records: list[LogRecord]) -> str:
    """Return the entries as text; a file's name stands before the first of those that follow one another."""
    pieces = []
    before = ""
    for record in records:
        if record.file != before:
            pieces.append(f"--- {record.file}")
        pieces.append(_shown(record))
        before = record.file
    return "\n".join(pieces)


def _shown(record: LogRecord) -> str:
    """Return an entry as text: its times, the number of its line, its level, and all of its lines."""
    times = " or ".join(_time(moment) for moment in (record.moment, record.late) if moment) or "(no time)"
    first, *more = (_short(line, _LINE) for line in record.text.split("\n"))
    head = " ".join(word for word in (times, f"{record.line}:", record.level, first) if word)
    more += [f"({record.left_out} more lines)"] if record.left_out else []
    return "\n".join([head, *(f"    {line}" for line in more)])


def _short(line: str, length: int) -> str:
    return line if len(line) <= length else f"{line[:length]}… ({len(line) - length} more characters)"


def _files(searched: list[Searched]) -> Table:
    telling = sorted((one for one in searched if one.found or one.trouble), key=lambda one: -one.found)
    rows = tuple((one.file, one.lines, one.found, one.trouble) for one in telling)
    return Table(
        "Files",
        ("file", "lines read", "entries found", "trouble"),
        rows,
        note=f"{len(searched) - len(telling)} more were searched, with nothing found in them",
    )


def _events(records: list[LogRecord]) -> Iterator[Event]:
    """Yield the troubles, and the states that instances entered, for the timeline."""
    chosen = [record for record in records if _trouble(record) or _STATES in record.file]
    for record in chosen[-MOST_EVENTS:]:
        if record.moment:
            text = _short(record.text.partition("\n")[0], _SHORT)
            if _STATES in record.file:
                text = text.rpartition(",")[2]
            yield Event(record.moment, record.system, text, trouble=_trouble(record))


def _trouble(record: LogRecord) -> bool:
    return record.level in _TROUBLE or "Traceback (most recent call last)" in record.text or "fatal: [" in record.text


def _gap(problem: LogProblem) -> Gap:
    check = f"check the folder of RUNBOOK_LOG_DIR: {commands.DOCTOR}"
    how = "ask whoever keeps the host for a backup" if problem.is_gone else check
    return Gap(f"logs: {problem.name}", problem.why, how)


def _damages(searched: list[Searched]) -> Iterator[Gap]:
    for one in searched:
        if one.trouble:
            yield Gap(f"logs: {one.file}", one.trouble, "ask whoever keeps the host for a sound copy of this file")


def _steps(params: Params, found: LogMatches) -> Iterator[Step]:
    given = {"text": mask.mask(params.text)} if params.text else {}
    if params.when:
        given["when"] = params.when.isoformat(timespec="minutes")
    if not found.records and params.when and params.minutes * 4 <= _LONGEST_SPAN:
        wider = commands.inspect("find_log_lines", **given, minutes=params.minutes * 4)
        yield Step("Nothing was found: search a longer time.", wider)
    elif not found.records:
        yield Step("Nothing was found: the symptom tells which file to search.", page="tools/logs.html")
    if found.left_out:
        yield Step("Restrict it to fewer entries: a shorter time, or one system.", page="tools/logs.html")
    troubles = [record for record in found.records if _trouble(record)]
    if troubles:
        words = next((line for line in reversed(troubles[-1].text.split("\n")) if line.strip()), "")
        yield Step("Ask what the last error means.", commands.triage(words.strip()[: 4 * _SHORT]))
