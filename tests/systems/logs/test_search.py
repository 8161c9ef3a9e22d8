"""The search by text and time, within limits, with masked secrets and counted omissions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from runbook_lib.systems.logs import Logs, Query, Searched
from runbook_lib.systems.logs.records import MAX_LINES
from tests.systems.logs.conftest import HEAD, Tree, line

if TYPE_CHECKING:
    from runbook_lib.systems.logs import LogMatches

LOG = "atmosphere/atmosphere.log"
TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/x.py", line 42, in f\n    g()\nValueError: needle'


def texts(result: LogMatches) -> list[str]:
    """Return the texts."""
    return [record.text for record in result.records]


def at(text: str) -> datetime:
    """Return a time in Phoenix."""
    return datetime.fromisoformat(f"2026-01-15T{text}-07:00")


def test_text_is_literal_and_ignores_case(tree: Tree) -> None:
    """Special characters of regular expressions are literal, and case is ignored in all scripts."""
    tree.write(LOG, "".join(line("2026-01-15 04:00:00", text) for text in ("a.c (x)*", "abc (x)", "ZOË")))

    assert ["a.c (x)*"] == texts(tree.find("A.C (X)*"))
    assert ["ZOË"] == texts(tree.find("zoë"))


def test_traceback_stays_intact(tree: Tree) -> None:
    """The lines after a head belong to its entry, so a text in the last line finds the complete traceback."""
    tree.write(LOG, line("2026-01-15 04:00:00", f"failed\n{TRACEBACK}") + line("2026-01-15 04:00:01", "next"))
    (record,) = tree.find("valueerror: needle").records

    assert f"failed\n{TRACEBACK}" == record.text
    assert (LOG, 1, "INFO", "atmosphere") == (record.file, record.line, record.level, record.logger)
    assert at("04:00:00") == record.time


def test_traceback_of_argo_stays_intact(tree: Tree) -> None:
    """Every line of Argo has a time, so the traceback is recognized by its shape."""
    lines = [
        f"2026-01-15T11:00:{number:02}.5Z {text}"
        for number, text in enumerate(["TASK", *TRACEBACK.split("\n"), "after"])
    ]
    tree.write(LOG, "")
    tree.write("atmosphere/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.yml.log", "\n".join(lines))

    assert [TRACEBACK] == texts(tree.find("needle"))
    assert ["TASK", TRACEBACK, "after"] == texts(tree.find())


def test_path_of_a_deployment_is_searched(tree: Tree) -> None:
    """Argo's lines do not name the instance; it is in the path, so the complete file matches."""
    tree.write(LOG, "")
    for instance in ("1111", "2222"):
        path = f"atmosphere/atmosphere_deploy.d/joetest/{instance}/2026-01-15_040000/x.yml.log"
        tree.write(path, f"2026-01-15T11:00:00Z TASK of {instance}")

    assert ["TASK of 2222"] == texts(tree.find("/2222/"))


def test_time_range_includes_its_start_and_excludes_its_end(tree: Tree) -> None:
    """Entries of the rotated and current files are merged in the order of time."""
    times = ["04:00:00", "04:30:00", "05:00:00"]
    tree.write(LOG, "".join(line(f"2026-01-15 {time}", time) for time in times))
    tree.write(f"{LOG}-20260115.gz", line("2026-01-15 03:59:00", "03:59:00") + line("2026-01-15 04:01:00", "04:01:00"))

    assert ["04:00:00", "04:01:00", "04:30:00"] == texts(tree.find(since=at("04:00"), until=at("05:00")))
    assert ["04:30:00"] == texts(tree.find("04:3", since=at("04:00"), until=at("05:00")))
    assert ["03:59:00", "04:00:00", "04:01:00", "04:30:00", "05:00:00"] == texts(tree.find())


def test_hour_that_occurs_twice_is_found_by_both_times(tree: Tree) -> None:
    """When clocks are set back, a local time can mean either hour, so both find the entry, which has both times."""
    tree.write(LOG, line("2026-11-01 01:30:00", "needle"))
    first = datetime.fromisoformat("2026-11-01T07:30+00:00")
    hour = timedelta(hours=1)

    for since in (first, first + hour):
        result = tree.find(zone="America/Denver", since=since, until=since + hour / 2)
        assert [(first, first + hour)] == [(record.time, record.later_time) for record in result.records]
    assert [] == tree.find(zone="America/Denver", since=first + 2 * hour, until=first + 3 * hour).records
    assert "America/Denver" == result.zone


def test_troposphere_writes_utc(tree: Tree) -> None:
    """Its settings always use UTC."""
    tree.write("troposphere/troposphere.log", "2026-01-15 11:00:00,000 troposphere-INFO [/x.py:1] needle\n")

    assert [at("04:00")] == [record.time for record in tree.find("needle").records]


def test_latest_entries_are_kept_and_the_others_counted(tree: Tree) -> None:
    """Entries beyond the limit are only counted."""
    tree.write(LOG, "".join(line(f"2026-01-15 04:00:{number:02}", f"n {number}") for number in range(50)))
    result = tree.find("n ", limit=3)

    assert ["n 47", "n 48", "n 49"] == texts(result)
    assert 47 == result.omitted
    assert [Searched(LOG, lines=50, matches=50)] == result.searched


def test_long_entry_is_truncated_and_its_rest_counted(tree: Tree) -> None:
    """An entry with a million lines does not fill the memory."""
    tree.write(
        LOG, line("2026-01-15 04:00:00", "first\n" + "more\n" * 2000 + "needle") + line("2026-01-15 04:00:01", "x")
    )
    (record, _) = tree.find().records

    assert (MAX_LINES, 2002 - MAX_LINES) == (len(record.text.split("\n")), record.omitted)
    assert 0 == len(tree.find("needle").records)


def test_entry_in_two_files_is_shown_once(tree: Tree) -> None:
    """The root logger repeats the entries of atmosphere_api in atmosphere.log."""
    text = line("2026-01-15 04:00:00", "needle")
    tree.write(LOG, text)
    tree.write("atmosphere/atmosphere_api.log", text)
    result = tree.find("needle")

    assert ["atmosphere/atmosphere_api.log"] == [record.file for record in result.records]
    assert (1, 0) == (result.repeated, result.omitted)


def test_entry_twice_in_one_file_is_shown_twice(tree: Tree) -> None:
    """A retry within the same millisecond is a separate entry."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle") * 3)
    tree.write("atmosphere/atmosphere_api.log", line("2026-01-15 04:00:00", "needle") * 2)
    result = tree.find("needle")

    assert (["needle"] * 3, 2) == (texts(result), result.repeated)


def test_secrets_are_masked_and_counted(tree: Tree) -> None:
    """A search finds them, but does not show them."""
    tree.write(
        "troposphere/troposphere.log",
        "2026-01-15 04:00:00,000 troposphere-INFO [/x.py:1] [EMULATE]User staffmember (Token: abc) has emulated User "
        "joetest (Token:EMULATED-def)\n",
    )
    result = tree.find("emulated-DEF")

    assert ["[EMULATE]User staffmember (Token: (masked)) has emulated User joetest (Token:EMULATED-(masked))"] == texts(
        result
    )
    assert 2 == result.masked


def test_lines_before_the_first_head_have_no_time(tree: Tree) -> None:
    """A search by text finds them; a search by time counts and omits them."""
    tree.write(LOG, "  needle of an entry that was rotated away\n" + line("2026-01-15 04:00:00", "needle"))

    assert [None, at("04:00")] == [record.time for record in tree.find("needle").records]
    result = tree.find("needle", since=at("03:00"), until=at("05:00"))
    assert (["needle"], 1) == (texts(result), result.undated)


def test_long_lines_are_counted(tree: Tree) -> None:
    """The part beyond the maximum length is not searched."""
    tree.write(LOG, line("2026-01-15 04:00:00", "x" * 100_000 + "needle"))

    assert (1, []) == (tree.find().truncated, tree.find("needle").records)


def test_readable_part_of_a_damaged_file_is_searched(tree: Tree) -> None:
    """Damage is reported and does not affect other files or the beginning of the same file."""
    path = tree.write(f"{LOG}-20260114.gz", line("2026-01-13 10:00:00", "needle") * 2000)
    path.write_bytes(path.read_bytes()[:-20])
    tree.write(LOG, line("2026-01-15 04:00:00", "needle"))
    result = tree.find("needle", limit=5000)

    assert ["", "the gzip file is incomplete"] == [file.trouble for file in result.searched]
    assert 1900 < len(result.records) + result.omitted


def test_search_beyond_the_time_limit_is_partial(tree: Tree) -> None:
    """It returns the matches so far and reports its progress."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle") * 5000)
    tree.write("celery/imaging.log", "")
    passed = iter(range(1000))
    result = Logs(tree.folder, seconds=8, timer=lambda: float(next(passed))).find(Query("needle"))

    assert "the search exceeded its limit of 8 s" in [problem.why for problem in result.problems]
    assert "it was not read to its end within the time limit" == result.searched[-1].trouble
    assert 0 < result.searched[-1].lines < 5000
    assert 0 < len(result.records)
    assert result.not_reached == 2


@pytest.mark.parametrize("trees", [{"celery"}, {"argo"}, {"troposphere", "argo"}])
def test_only_the_requested_trees_are_searched(tree: Tree, trees: set[str]) -> None:
    """The others are neither read nor reported as missing."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle"))
    tree.write("celery/imaging.log", "[2026-01-15 04:00:00,000: INFO/MainProcess] needle\n")
    tree.write("troposphere/troposphere.log", "2026-01-15 04:00:00,000 troposphere-INFO [/x.py:1] needle\n")
    tree.write("atmosphere/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.yml.log", "2026-01-15T11:00:00Z needle")
    result = tree.find("needle", trees=frozenset(trees))

    assert trees == {record.system for record in result.records}
    assert {"celery"} & trees >= {problem.name.partition(":")[0] for problem in result.problems}


def test_nothing_is_written(tree: Tree) -> None:
    """Reading changes and creates no file."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle"))
    tree.write(f"{LOG}-20260115.gz", "x")
    before = {path: path.read_bytes() for path in tree.folder.rglob("*") if path.is_file()}
    tree.find("needle")

    assert before == {path: path.read_bytes() for path in tree.folder.rglob("*") if path.is_file()}
    assert HEAD in before[tree.folder / LOG].decode()
