"""Timestamps: each has its offset from UTC in every form; other values are refused with the form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib import params
from runbook_lib.errors import ParamError
from runbook_lib.params import param, timestamps
from tests.notebook.papermill_process import PapermillProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.fork_server import ForkServer


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A required timestamp and an optional one."""

    begin: datetime = param("When it begins.", example="2026-01-15T18:00-07:00")
    end: datetime | None = param("When it ends.", default=None)


FIELDS = params.fields(Sample)
SIX = datetime(2026, 1, 16, 1, 0, tzinfo=UTC)  # 18:00 in Arizona


def check(begin: object, **more: object) -> dict[str, Any]:
    """Check values as a notebook hands them over."""
    return params.check(FIELDS, {"begin": begin, **more}, procedure="sample")


def refusal(begin: object) -> str:
    """Return the message that refuses a value."""
    with pytest.raises(ParamError) as caught:
        check(begin)
    return caught.value.what


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15T24:00+00:00",
        "2026-02-30T18:00+00:00",
        "2025-02-29T18:00Z",
        "2026-13-01T18:00Z",
        "2026-01-15T18:60Z",
        "2026-01-15T18:00+24:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
    ],
)
def test_impossible_timestamp_is_refused(text: str) -> None:
    """No such day or hour, or one that leaves the calendar when it is converted to UTC."""
    assert f"sample: begin is not an existing date and time: {text}" == refusal(text)


@pytest.mark.parametrize("text", ["2026-01-15T18:00", "2026-01-15 18:00", "2026-01-15T18:00:30.5"])
def test_timestamp_without_offset_is_refused_with_the_value_to_use(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No zone is guessed; the message has the time in the zone of Atmosphere's logs, to copy."""
    seconds = ":30" if ":30" in text else ""
    expected = "sample: begin needs its offset from UTC: in America/Phoenix, it is 2026-01-15T18:00{}-07:00"
    assert expected.format(seconds) == refusal(text)

    monkeypatch.setenv("RUNBOOK_LOG_DIR", "/srv/logs,zone=Europe/Berlin")
    assert f"in Europe/Berlin, it is 2026-01-15T18:00{seconds}+01:00" in refusal(text)


def test_impossible_time_has_no_value_to_use() -> None:
    """The message then only says what is missing."""
    assert "sample: begin needs its offset from UTC" == refusal("2026-02-30T18:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15",
        "2026-01-15Z",
        "18:00-07:00",
        "20260115T1800-0700",
        "2026-W03-4T18:00Z",
        "2026-01-15x18:00Z",
        "2026-01-15T18Z",
        "2026-01-15T18:00 MST",
        "2026-01-15T18:00z",
        " 2026-01-15T18:00Z",
        "2026-01-15T18:00Z\n",
        "٢٠٢٦-01-15T18:00Z",
        "1/15/2026 6pm",
        "tomorrow",
        "now",
        "1768500000",
    ],
)
def test_other_form_is_refused_with_an_example(text: str) -> None:
    """The message shows the only valid form; other readable dates are refused."""
    expected = f"sample: begin must be a date and time such as 2026-01-15T18:00-07:00, not {text!r}"

    assert expected == refusal(text)


@pytest.mark.parametrize(
    ("text", "shown", "days"),
    [
        ("22:00", "22:00", 0),
        ("today 9:05", "09:05", 0),
        ("yesterday 14:10", "14:10", -1),
        ("tomorrow 8:00", "08:00", 1),
    ],
)
def test_time_without_a_date_is_refused_with_the_value_to_use(text: str, shown: str, days: int) -> None:
    """Today is another day on the other side of the world, so the message names the zone."""
    now = datetime.now(ZoneInfo("America/Phoenix"))
    near = [f"{now + timedelta(days=days, minutes=late):%Y-%m-%d}T{shown}-07:00" for late in (0, -5)]
    start = "sample: begin needs its date and its offset from UTC: in America/Phoenix, it is "

    assert refusal(text) in [start + value for value in near]
    assert near[0] == check(near[0])["begin"].astimezone(ZoneInfo("America/Phoenix")).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("arrived", "message"),
    [
        (date(2026, 1, 15), "must be text, but arrived as date datetime.date(2026, 1, 15)"),
        (64800, "must be text, but arrived as the whole number 64800"),  # what YAML 1.1 makes of 18:00:00
        (2026, "must be text, but arrived as the whole number 2026"),
        (True, "must be text, but arrived as the flag True"),
        (None, "must be text, but arrived as nothing (None)"),
        (datetime(2026, 1, 15, 18, 0), "needs its offset from UTC: in America/Phoenix, it is 2026-01-15T18:00-07:00"),  # noqa: DTZ001 - the value under test
        (datetime(1880, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")), "must be a date and time such as"),  # +00:53:28
    ],
)
def test_guessed_type_is_refused(arrived: object, message: str) -> None:
    """A date, a number or a naive object is never completed to a timestamp."""
    assert refusal(arrived).startswith(f"sample: begin {message}")


def test_long_text_is_shortened_in_the_error() -> None:
    """The message stays readable."""
    assert repr("x" * 40) in refusal("x" * 5000)
    assert "x" * 41 not in refusal("x" * 5000)


@pytest.mark.parametrize("empty", [{}, {"begin": ""}])
def test_required_timestamp_must_be_given(empty: dict[str, str]) -> None:
    """The empty default of a notebook's cell counts as not given."""
    with pytest.raises(ParamError, match=r"begin is missing: When it begins\."):
        params.check(FIELDS, empty, procedure="sample")


def test_omitted_timestamp_is_empty() -> None:
    """An optional timestamp has no default of its own."""
    assert {"begin": SIX, "end": None} == check("2026-01-15T18:00-07:00", end="")


@pytest.mark.parametrize(
    "arrived",
    [
        "2026-01-15T18:00-07:00",
        "2026-01-15 18:00-07:00",
        "2026-01-15T18:00:00-07:00",
        "2026-01-15T18:00:00.000000-07:00",
        "2026-01-15T18:00-0700",
        "2026-01-15 18:00 -0700",
        "2026-01-15T18:00-07",
        "2026-01-16 01:00 UTC",
        "2026-01-16 01:00:00 GMT",
        "2026-01-16T01:00Z",
        "2026-01-16T06:45+05:45",
        SIX,
        datetime(2026, 1, 15, 18, 0, tzinfo=timezone(timedelta(hours=-7))),
        datetime(2026, 1, 15, 18, 0, tzinfo=ZoneInfo("America/Phoenix")),
    ],
)
def test_timestamp_can_be_in_any_zone(arrived: object) -> None:
    """Text or an object with its offset is the same time, kept in UTC."""
    timestamp = check(arrived)["begin"]

    assert SIX == timestamp
    assert UTC is timestamp.tzinfo


def test_command_line_takes_the_same_text() -> None:
    """Every value is text there."""
    assert SIX == params.from_text(FIELDS, {"begin": "2026-01-15T18:00-07:00"}, procedure="sample")["begin"]


@given(st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_written_timestamp_is_accepted(timestamp: datetime) -> None:
    """The JSON form of a plan's parameter is a valid text for the same time."""
    text = params.as_json(timestamp)

    assert timestamp == timestamps.read(text)
    assert json.loads(json.dumps(text)) == text


def test_field_describes_the_timestamp() -> None:
    """The page's table and the notebook's cell follow from it: words for people, an empty text for not given."""
    declared = [(field.kind, field.type_name, field.required, field.default, field.empty) for field in FIELDS]

    assert [
        ("timestamp", "date and time with offset", True, None, ""),
        ("timestamp", "date and time with offset", False, None, ""),
    ] == declared


@pytest.mark.parametrize("option", [("-p", "start"), ("-r", "start"), ("-y", "start: ")])
def test_papermill_passes_a_timestamp_unchanged(option: tuple[str, str], tmp_path: Path, forks: ForkServer) -> None:
    """None of papermill's options makes a date of the text: it is planned, and shown in UTC."""
    mill = PapermillProcess(tmp_path, forks=forks)
    timestamp = "2026-01-20T18:00:00-07:00"
    given_ = [option[0], f"{option[1]}{timestamp}"] if option[0] == "-y" else [*option, timestamp]
    ran = mill.run("runbook://start_maintenance.ipynb", "-p", "beside_active", "True", *given_)

    assert 0 == ran.code, ran.terminal
    assert '| `start` | `"2026-01-21T01:00:00+00:00"` |' in ran.outputs()
    assert "`2026-01-21 01:00:00 UTC`" in ran.outputs()


def test_papermill_refuses_a_naive_timestamp_before_the_run(tmp_path: Path, forks: ForkServer) -> None:
    """The message names the offset; no executed notebook is written."""
    mill = PapermillProcess(tmp_path, forks=forks)

    ran = mill.run("runbook://start_maintenance.ipynb", "-p", "start", "2026-01-20T18:00")

    assert 0 != ran.code
    assert "start needs its offset from UTC: in America/Phoenix, it is 2026-01-20T18:00-07:00" in ran.terminal
    assert not mill.output.exists()
