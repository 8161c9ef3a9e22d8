"""find_log_lines: entries of all files in one list, counts of left-out entries, and reports of unreadable files."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import engine, params, procedures
from runbook_lib.errors import ParamError, Refused
from runbook_lib.fixture.rows.launches import LAUNCHES
from runbook_lib.model.inspection import Excerpt, Inspection, Table
from runbook_lib.systems.logs.gateway import Logs
from tests.checks import check_inspection

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "find_log_lines"
UNREACHABLE = next(launch.instance_id for launch in LAUNCHES if launch.name == "unreachable")


def entries(inspection: Inspection) -> str:
    """Return the literal text."""
    return next(part.text for part in inspection.parts if isinstance(part, Excerpt))


def files(inspection: Inspection) -> list[Any]:
    """Return the names of the files in the table."""
    return [row[0] for part in inspection.parts if isinstance(part, Table) for row in part.rows]


def refused(world: World, **given: Any) -> ParamError:
    """Return the error of an inspection."""
    procedure = procedures.find(NAME)
    with pytest.raises(ParamError) as caught:
        engine.inspect(procedure, world, params.check(procedure.fields, given, procedure=NAME))
    return caught.value


def with_log(world: World, folder: Path, name: str, text: str, zone: str = "America/Phoenix") -> None:
    """Give the world one log file."""
    path = folder / "the logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    world.endpoints = dataclasses.replace(world.endpoints, log_dir=folder / "the logs", log_zone=zone)
    world._opened["logs"] = Logs(world.endpoints.log_dir, zone=zone)


def test_missing_text_and_time_are_refused(world: World) -> None:
    """Otherwise every line of every log would match."""
    assert "neither text nor when is given" in str(refused(world))


def test_invalid_span_is_refused(world: World) -> None:
    """More than one year, or a time without any minutes before it."""
    assert "more than one year" in str(refused(world, text="x", minutes=600_000))
    assert "the end of the calendar" in str(refused(world, when="0001-01-01T00:30+00:00", minutes=60))


def test_missing_logs_are_refused(world: World, bench: Bench) -> None:
    """Logs that are not configured are not an empty answer."""
    world._opened["logs"] = Logs(None)

    with pytest.raises(Refused, match="the logs are not configured"):
        check_inspection(world, bench, NAME, text="joetest")


def test_entries_of_an_instance_come_from_all_systems(world: World, bench: Bench) -> None:
    """States, playbooks, Argo's saved output and the worker's traceback are in one list."""
    inspection = check_inspection(
        world, bench, NAME, text=UNREACHABLE.upper(), when="2026-01-15T04:10-07:00", minutes=60
    )
    text = entries(inspection)

    assert {"atmosphere", "argo", "celery"} == {event.source for event in inspection.events}
    assert ["build", "deploying"] == [event.text for event in inspection.timeline][:2]
    assert "\n    AnsibleDeployException: Instance: " in text
    assert text.index(",deploying") < text.index("PLAY [00_setup_ssh]") < text.index("check_networking.yml result 4")
    assert f"entries with {UNREACHABLE.upper()!r}, from " in inspection.answer
    assert "runbook triage 'AnsibleDeployException: " in inspection.steps[0].command
    assert () == inspection.gaps


def test_secrets_are_masked_and_counted(world: World, bench: Bench) -> None:
    """The entry shows who emulated whom, but not the tokens."""
    inspection = check_inspection(world, bench, NAME, text="has emulated User")

    assert "User staffmember (Token: (masked)) has emulated User joetest (Token:EMULATED-(masked))" in entries(
        inspection
    )
    assert "Likely secrets masked: 2." in inspection.answer
    assert "fixture-token" not in str(inspection.as_json())


def test_secret_in_the_search_text_is_masked(world: World, bench: Bench) -> None:
    """The answer masks a token that the operator searches for."""
    inspection = check_inspection(world, bench, NAME, text="EMULATED-fixture-token")

    assert inspection.answer.startswith("1 entry with 'EMULATED-(masked)', on all days that are kept, in 1 of ")


def test_hour_without_text_shows_all_its_entries(world: World, bench: Bench) -> None:
    """Compressed files are read only if they can contain that hour."""
    inspection = check_inspection(world, bench, NAME, when="2026-01-12T04:00-07:00", minutes=30)

    assert {
        "atmosphere/atmosphere.log-20260112.gz",
        "atmosphere/atmosphere_auth.log-20260112.gz",
        "troposphere/troposphere.log-20260112.gz",
    } == set(files(inspection))
    assert "2026-01-12 11:00:00Z 1: INFO login of joetest" in entries(inspection)
    assert inspection.answer.startswith("3 entries, from 2026-01-12 10:30:00Z to 2026-01-12 11:30:00Z, in 3 of ")
    assert "Identical entries in two files, shown once: 1." in inspection.answer
    assert [("logs: celery/imaging.log-20260114", "ask the host's administrator for a backup")] == [
        (gap.source, gap.how) for gap in inspection.gaps
    ]


def test_search_can_be_restricted_to_one_system(world: World, bench: Bench) -> None:
    """The other systems are neither searched nor missing."""
    inspection = check_inspection(world, bench, NAME, text="joetest", system="troposphere")

    assert {"troposphere"} == {name.partition("/")[0] for name in files(inspection)}


def test_empty_result_leads_to_the_next_step(world: World, bench: Bench) -> None:
    """With a time, a longer span of the same search; without a time, the page about the files."""
    inspection = check_inspection(world, bench, NAME, text="it's not there", when="2026-01-15T04:10-07:00", minutes=10)
    assert inspection.answer.startswith("0 entries with ")
    command = f"runbook inspect {NAME} -p text='it'\"'\"'s not there' -p when=2026-01-15T11:10+00:00 -p minutes=40"
    assert command == inspection.steps[0].command

    inspection = check_inspection(world, bench, NAME, text="it's not there")
    assert "tools/logs.html" == inspection.steps[0].page


def test_left_out_entries_are_counted(world: World, bench: Bench, tmp_path: Path) -> None:
    """The latest entries are shown, with the number of the others."""
    lines = [f"2026-01-15 04:{n // 60:02}:{n % 60:02},000 atmosphere-INFO [/x.py 1] n{n}\n" for n in range(300)]
    with_log(world, tmp_path, "atmosphere/atmosphere.log", "".join(lines))
    inspection = check_inspection(world, bench, NAME, text="n")

    assert inspection.answer.startswith("300 entries with 'n'")
    assert "Only the latest 200 are shown; earlier entries left out: 100." in inspection.answer
    assert entries(inspection).endswith("n299")


def test_hour_that_occurred_twice_is_reported(world: World, bench: Bench, tmp_path: Path) -> None:
    """Both times precede the entry."""
    line = "2026-11-01 01:30:00,000 atmosphere-INFO [/x.py 1] needle\n"
    with_log(world, tmp_path, "atmosphere/atmosphere.log", line, "America/Denver")
    inspection = check_inspection(world, bench, NAME, text="needle")

    assert "2026-11-01 07:30:00Z or 2026-11-01 08:30:00Z 1: INFO needle" in entries(inspection)
    assert "occurred twice when clocks were set back, shown with both times: 1." in inspection.answer
    assert "were read as America/Denver" in inspection.answer


def test_unreadable_files_are_missing_sources(world: World, bench: Bench, tmp_path: Path) -> None:
    """A link out of the folder, a damaged file and absent systems are missing sources with a next step."""
    line = "2026-01-15 04:00:00,000 atmosphere-INFO [/x.py 1] needle \x1b[2J\n"
    with_log(world, tmp_path, "atmosphere/atmosphere.log", line)
    folder = tmp_path / "the logs" / "atmosphere"
    (folder / "atmosphere_api.log").symlink_to("/etc/passwd")
    (folder / "atmosphere_auth.log-20260113.gz").write_bytes(b"no gzip")
    inspection = check_inspection(world, bench, NAME, text="needle")
    gaps = {gap.source: gap.why for gap in inspection.gaps}

    assert "it is a link out of the folder and was not followed" == gaps["logs: atmosphere/atmosphere_api.log"]
    assert "the gzip file is damaged" in gaps["logs: atmosphere/atmosphere_auth.log-20260113.gz"]
    assert "no logs found" in gaps["logs: celery"]
    assert all(gap.how for gap in inspection.gaps)
    assert "needle \\x1b[2J" in entries(inspection)


def test_long_line_is_shortened(world: World, bench: Bench, tmp_path: Path) -> None:
    """Its beginning is shown, with the number of the missing characters."""
    line = f"2026-01-15 04:00:00,000 atmosphere-INFO [/x.py 1] needle {'x' * 3000}\n"
    with_log(world, tmp_path, "atmosphere/atmosphere.log", line)

    assert entries(check_inspection(world, bench, NAME, text="needle")).endswith("x… (2007 more characters)")
