"""Find log entries of both sites by text, by time, or by both, in every file that can contain them."""

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

GROUP = "Logs and support"
MINUTES = 2
NEEDS = ("logs",)
MOST_EVENTS = 40
_LONGEST_SPAN = 366 * 24 * 60  # minutes
_LINE = 1000  # characters of each line to show
_SHORT = 100
_STATES = "atmosphere_status.log"  # one line per state that an instance enters; the state is the last field
_TROUBLE = ("ERROR", "CRITICAL", "FATAL")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The text and the time to search for."""

    text: str = param(
        "Text in the entry, or in the path of a deployment's file: taken literally, in upper or lower case.",
        where="an instance's or image's ID, a username, a request's name, a word of an error message",
        example="118aff3c-434b-5acf-bea2-1b7fc3e2dc24",
        default="",
    )
    when: datetime | None = param(
        "The middle of the time to search; without it, the search covers all days that are kept.",
        where="the user's report, or the instance's history",
        practice="2026-01-15T04:10-07:00",
        default=None,
    )
    minutes: int = param("How many minutes to search before and after it.", default=60)
    system: Literal["all", "atmosphere", "celery", "troposphere", "argo"] = param(
        "The system that wrote the log.", default="all"
    )


def inspect(world: World, params: Params) -> Inspection:
    """Return the entries in order of time, and the searched files. Reads the log files.

    Raises:
        ParamError: Neither a text nor a time is given, or the span is longer than a year.
        Refused: The logs are not configured.
        NotConnected: The logs' folder cannot be read.
    """
    since, until = _span(params)
    trees = frozenset() if params.system == "all" else frozenset({params.system})
    matches = world.logs.find(Query(params.text, since, until, trees))
    return Inspection(
        answer=_answer(params, matches, since, until),
        parts=(
            Excerpt("Entries, in UTC", _entries(matches.records)),
            _files(matches.searched),
        ),
        events=tuple(_events(matches.records)),
        gaps=tuple(_gap(problem) for problem in matches.problems) + tuple(_damages(matches.searched)),
        steps=tuple(_steps(params, matches)),
    )


def _span(params: Params) -> tuple[datetime | None, datetime | None]:
    problems = []
    if not params.text and params.when is None:
        problems.append("neither text nor when is given, so every line of every log would match")
    if params.minutes > _LONGEST_SPAN:
        problems.append(f"minutes is more than one year ({_LONGEST_SPAN})")
    if problems:
        next_step = "give a text, a time, or both: -p text=deploy_error -p when=2026-01-15T04:10-07:00 -p minutes=30"
        raise ParamError(problems=problems, next_step=next_step, procedure="find_log_lines")
    if params.when is None:
        return None, None
    try:
        width = timedelta(minutes=params.minutes)
        return params.when - width, params.when + width
    except OverflowError as error:
        problems = ["when is at the end of the calendar"]
        raise ParamError(problems=problems, next_step="give another time", procedure="find_log_lines") from error


def _answer(params: Params, matches: LogMatches, since: datetime | None, until: datetime | None) -> str:
    subject = [count(len(matches.records) + matches.omitted, "entry", "entries")]
    if params.text:
        subject.append(f"with {mask.mask(params.text)!r}")
    span = f"from {_time(since)} to {_time(until)}" if since and until else "on all days that are kept"
    files = [file for file in matches.searched if file.matches]
    sentences = [f"{' '.join(subject)}, {span}, in {len(files)} of {len(matches.searched)} files."]
    sentences += [text for number, text in _counted(matches) if number]
    zone = f"Times are UTC; lines without an offset were read as {matches.zone}, Troposphere's as UTC."
    return " ".join([*sentences, zone])


def _counted(matches: LogMatches) -> Iterator[tuple[int, str]]:
    """Yield each number of entries or files that are not shown, with its sentence."""
    yield (
        matches.omitted,
        f"Only the latest {len(matches.records)} are shown; earlier entries left out: {matches.omitted}.",
    )
    yield matches.repeated, f"Identical entries in two files, shown once: {matches.repeated}."
    yield matches.masked, f"Likely secrets masked: {matches.masked}."
    yield matches.undated, f"Entries left out because they have no time: {matches.undated}."
    yield matches.truncated, f"Lines too long to search completely: {matches.truncated}."
    twice = sum(record.later_time is not None for record in matches.records)
    yield twice, f"Entries from an hour that occurred twice when clocks were set back, shown with both times: {twice}."
    unread = 1 if matches.not_reached is None else matches.not_reached
    yield unread, "The search timed out before it read every file."


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def _entries(records: list[LogRecord]) -> str:
    """Return the entries as text; a file's name precedes each run of entries from that file."""
    pieces = []
    before = ""
    for record in records:
        if record.file != before:
            pieces.append(f"--- {record.file}")
        pieces.append(_shown(record))
        before = record.file
    return "\n".join(pieces)


def _shown(record: LogRecord) -> str:
    """Return an entry as text: its times, its line number, its level, and all of its lines."""
    times = " or ".join(_time(time) for time in (record.time, record.later_time) if time) or "(no time)"
    first, *more = (_short(line, _LINE) for line in record.text.split("\n"))
    head = " ".join(word for word in (times, f"{record.line}:", record.level, first) if word)
    more += [f"({record.omitted} more lines)"] if record.omitted else []
    return "\n".join([head, *(f"    {line}" for line in more)])


def _short(line: str, length: int) -> str:
    return line if len(line) <= length else f"{line[:length]}… ({len(line) - length} more characters)"


def _files(searched: list[Searched]) -> Table:
    listed = sorted((file for file in searched if file.matches or file.trouble), key=lambda file: -file.matches)
    rows = tuple((file.file, file.lines, file.matches, file.trouble) for file in listed)
    return Table(
        "Files",
        ("file", "lines read", "entries found", "problem"),
        rows,
        note=f"{len(searched) - len(listed)} more files were searched and contain no matching entry",
    )


def _events(records: list[LogRecord]) -> Iterator[Event]:
    """Yield the errors, and the states that instances entered, for the timeline."""
    chosen = [record for record in records if _trouble(record) or _STATES in record.file]
    for record in chosen[-MOST_EVENTS:]:
        if record.time:
            text = _short(record.text.partition("\n")[0], _SHORT)
            if _STATES in record.file:
                text = text.rpartition(",")[2]
            yield Event(record.time, record.system, text, trouble=_trouble(record))


def _trouble(record: LogRecord) -> bool:
    return record.level in _TROUBLE or "Traceback (most recent call last)" in record.text or "fatal: [" in record.text


def _gap(problem: LogProblem) -> Gap:
    check = f"check the folder of RUNBOOK_LOG_DIR: {commands.DOCTOR}"
    how = "ask the host's administrator for a backup" if problem.is_gone else check
    return Gap(f"logs: {problem.name}", problem.why, how)


def _damages(searched: list[Searched]) -> Iterator[Gap]:
    for file in searched:
        if file.trouble:
            how = "ask the host's administrator for an undamaged copy of this file"
            yield Gap(f"logs: {file.file}", file.trouble, how)


def _steps(params: Params, matches: LogMatches) -> Iterator[Step]:
    given = {"text": mask.mask(params.text)} if params.text else {}
    if params.when:
        given["when"] = params.when.isoformat(timespec="minutes")
    if not matches.records and params.when and params.minutes * 4 <= _LONGEST_SPAN:
        wider = commands.inspect("find_log_lines", **given, minutes=params.minutes * 4)
        yield Step("Nothing was found: search a longer time span.", wider)
    elif not matches.records:
        yield Step("Nothing was found: choose the file to search by its symptom.", page="tools/logs.html")
    if matches.omitted:
        yield Step("Search for fewer entries: a shorter time span, or one system.", page="tools/logs.html")
    troubles = [record for record in matches.records if _trouble(record)]
    if troubles:
        last = next((line for line in reversed(troubles[-1].text.split("\n")) if line.strip()), "")
        yield Step("Find out what the last error means.", commands.triage(last.strip()[: 4 * _SHORT]))
