"""Searching: by text, by time, within limits, with secrets masked and everything left out counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from runbook_lib.systems.logs import Logs, Query, Searched
from runbook_lib.systems.logs.records import MOST_LINES
from tests.systems.logs.conftest import HEAD, Tree, line

if TYPE_CHECKING:
    from runbook_lib.systems.logs import LogMatches

LOG = "atmosphere/atmosphere.log"
TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/x.py", line 42, in f\n    g()\nValueError: needle'


def texts(found: LogMatches) -> list[str]:
    """Return the texts."""
    return [record.text for record in found.records]


def at(text: str) -> datetime:
    """Return a moment in Phoenix."""
    return datetime.fromisoformat(f"2026-01-15T{text}-07:00")


def test_a_text_is_literal_and_its_case_does_not_count(tree: Tree) -> None:
    """Signs of a regular expression are signs; letters of all scripts fold."""
    tree.write(LOG, "".join(line("2026-01-15 04:00:00", text) for text in ("a.c (x)*", "abc (x)", "ZOË")))

    assert ["a.c (x)*"] == texts(tree.find("A.C (X)*"))
    assert ["ZOË"] == texts(tree.find("zoë"))


def test_a_traceback_is_kept_whole(tree: Tree) -> None:
    """What follows a head belongs to it: a text in the last line of a traceback finds all of it."""
    tree.write(LOG, line("2026-01-15 04:00:00", f"failed\n{TRACEBACK}") + line("2026-01-15 04:00:01", "next"))
    (record,) = tree.find("valueerror: needle").records

    assert f"failed\n{TRACEBACK}" == record.text
    assert (LOG, 1, "INFO", "atmosphere") == (record.file, record.line, record.level, record.logger)
    assert at("04:00:00") == record.moment


def test_a_traceback_of_argo_is_kept_whole(tree: Tree) -> None:
    """There every line has a time, so its shape keeps it together."""
    lines = [
        f"2026-01-15T11:00:{number:02}.5Z {text}"
        for number, text in enumerate(["TASK", *TRACEBACK.split("\n"), "after"])
    ]
    tree.write(LOG, "")
    tree.write("atmosphere/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.yml.log", "\n".join(lines))

    assert [TRACEBACK] == texts(tree.find("needle"))
    assert ["TASK", TRACEBACK, "after"] == texts(tree.find())


def test_a_path_of_a_deployment_is_searched_too(tree: Tree) -> None:
    """Argo's lines name no instance: it stands in the path, and the whole file belongs to it."""
    tree.write(LOG, "")
    for instance in ("1111", "2222"):
        path = f"atmosphere/atmosphere_deploy.d/joetest/{instance}/2026-01-15_040000/x.yml.log"
        tree.write(path, f"2026-01-15T11:00:00Z TASK of {instance}")

    assert ["TASK of 2222"] == texts(tree.find("/2222/"))


def test_a_span_of_time_begins_with_its_first_moment_and_ends_before_its_last(tree: Tree) -> None:
    """Entries of rotated files and of the current one stand in one row, in the order of time."""
    times = ["04:00:00", "04:30:00", "05:00:00"]
    tree.write(LOG, "".join(line(f"2026-01-15 {time}", time) for time in times))
    tree.write(f"{LOG}-20260115.gz", line("2026-01-15 03:59:00", "03:59:00") + line("2026-01-15 04:01:00", "04:01:00"))

    assert ["04:00:00", "04:01:00", "04:30:00"] == texts(tree.find(since=at("04:00"), until=at("05:00")))
    assert ["04:30:00"] == texts(tree.find("04:3", since=at("04:00"), until=at("05:00")))
    assert ["03:59:00", "04:00:00", "04:01:00", "04:30:00", "05:00:00"] == texts(tree.find())


def test_an_hour_that_comes_twice_is_found_by_both(tree: Tree) -> None:
    """When clocks are set back, a local time may mean either hour, so both find it, and the entry tells both."""
    tree.write(LOG, line("2026-11-01 01:30:00", "needle"))
    first = datetime.fromisoformat("2026-11-01T07:30+00:00")
    hour = timedelta(hours=1)

    for since in (first, first + hour):
        found = tree.find(zone="America/Denver", since=since, until=since + hour / 2)
        assert [(first, first + hour)] == [(record.moment, record.late) for record in found.records]
    assert [] == tree.find(zone="America/Denver", since=first + 2 * hour, until=first + 3 * hour).records
    assert "America/Denver" == found.zone


def test_troposphere_writes_utc(tree: Tree) -> None:
    """Its settings fix the zone, whatever Atmosphere's is."""
    tree.write("troposphere/troposphere.log", "2026-01-15 11:00:00,000 troposphere-INFO [/x.py:1] needle\n")

    assert [at("04:00")] == [record.moment for record in tree.find("needle").records]


def test_the_latest_are_kept_and_the_others_counted(tree: Tree) -> None:
    """More than is asked for are not held, but known by number."""
    tree.write(LOG, "".join(line(f"2026-01-15 04:00:{number:02}", f"n {number}") for number in range(50)))
    found = tree.find("n ", most=3)

    assert ["n 47", "n 48", "n 49"] == texts(found)
    assert 47 == found.left_out
    assert [Searched(LOG, lines=50, found=50)] == found.searched


def test_a_long_entry_is_cut_and_its_rest_counted(tree: Tree) -> None:
    """An entry of a million lines does not fill the memory."""
    tree.write(
        LOG, line("2026-01-15 04:00:00", "first\n" + "more\n" * 2000 + "needle") + line("2026-01-15 04:00:01", "x")
    )
    (record, _) = tree.find().records

    assert (MOST_LINES, 2002 - MOST_LINES) == (len(record.text.split("\n")), record.left_out)
    assert 0 == len(tree.find("needle").records)


def test_an_entry_in_two_files_is_shown_once(tree: Tree) -> None:
    """What atmosphere_api writes is also in atmosphere.log, because that is where the root logger writes."""
    text = line("2026-01-15 04:00:00", "needle")
    tree.write(LOG, text)
    tree.write("atmosphere/atmosphere_api.log", text)
    found = tree.find("needle")

    assert ["atmosphere/atmosphere_api.log"] == [record.file for record in found.records]
    assert (1, 0) == (found.repeated, found.left_out)


def test_an_entry_twice_in_one_file_is_shown_twice(tree: Tree) -> None:
    """A retry within the same thousandth of a second is a retry."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle") * 3)
    tree.write("atmosphere/atmosphere_api.log", line("2026-01-15 04:00:00", "needle") * 2)
    found = tree.find("needle")

    assert (["needle"] * 3, 2) == (texts(found), found.repeated)


def test_secrets_are_masked_and_counted(tree: Tree) -> None:
    """They can be searched for, and are not shown."""
    tree.write(
        "troposphere/troposphere.log",
        "2026-01-15 04:00:00,000 troposphere-INFO [/x.py:1] [EMULATE]User staffmember (Token: abc) has emulated User "
        "joetest (Token:EMULATED-def)\n",
    )
    found = tree.find("emulated-DEF")

    assert ["[EMULATE]User staffmember (Token: (masked)) has emulated User joetest (Token:EMULATED-(masked))"] == texts(
        found
    )
    assert 2 == found.masked


def test_lines_before_the_first_head_have_no_time(tree: Tree) -> None:
    """They are found by their text; in a span of time they are counted and left out."""
    tree.write(LOG, "  needle of an entry that was rotated away\n" + line("2026-01-15 04:00:00", "needle"))

    assert [None, at("04:00")] == [record.moment for record in tree.find("needle").records]
    found = tree.find("needle", since=at("03:00"), until=at("05:00"))
    assert (["needle"], 1) == (texts(found), found.undated)


def test_long_lines_are_counted(tree: Tree) -> None:
    """Beyond the limit nothing is searched, so it is said."""
    tree.write(LOG, line("2026-01-15 04:00:00", "x" * 100_000 + "needle"))

    assert (1, []) == (tree.find().cut, tree.find("needle").records)


def test_a_damaged_file_is_told_and_its_readable_part_found(tree: Tree) -> None:
    """One bad file does not cost the others, nor its own beginning."""
    path = tree.write(f"{LOG}-20260114.gz", line("2026-01-13 10:00:00", "needle") * 2000)
    path.write_bytes(path.read_bytes()[:-20])
    tree.write(LOG, line("2026-01-15 04:00:00", "needle"))
    found = tree.find("needle", most=5000)

    assert ["", "the gzip file is cut off"] == [one.trouble for one in found.searched]
    assert 1900 < len(found.records) + found.left_out


def test_a_search_that_takes_too_long_is_ended(tree: Tree) -> None:
    """What was found until then is the answer, which says how far it goes."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle") * 5000)
    tree.write("celery/imaging.log", "")
    passed = iter(range(1000))
    found = Logs(tree.folder, seconds=8, timer=lambda: float(next(passed))).find(Query("needle"))

    assert "the search was ended after 8 s" in [problem.why for problem in found.problems]
    assert "there was no time to read it to its end" == found.searched[-1].trouble
    assert 0 < found.searched[-1].lines < 5000
    assert 0 < len(found.records)
    assert found.not_reached == 2


@pytest.mark.parametrize("trees", [{"celery"}, {"argo"}, {"troposphere", "argo"}])
def test_only_the_trees_asked_for_are_searched(tree: Tree, trees: set[str]) -> None:
    """The others are neither read nor missed."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle"))
    tree.write("celery/imaging.log", "[2026-01-15 04:00:00,000: INFO/MainProcess] needle\n")
    tree.write("troposphere/troposphere.log", "2026-01-15 04:00:00,000 troposphere-INFO [/x.py:1] needle\n")
    tree.write("atmosphere/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.yml.log", "2026-01-15T11:00:00Z needle")
    found = tree.find("needle", trees=frozenset(trees))

    assert trees == {record.system for record in found.records}
    assert {"celery"} & trees >= {problem.name.partition(":")[0] for problem in found.problems}


def test_nothing_is_written(tree: Tree) -> None:
    """Reading leaves every byte as it was, and makes no file."""
    tree.write(LOG, line("2026-01-15 04:00:00", "needle"))
    tree.write(f"{LOG}-20260115.gz", "x")
    before = {path: path.read_bytes() for path in tree.folder.rglob("*") if path.is_file()}
    tree.find("needle")

    assert before == {path: path.read_bytes() for path in tree.folder.rglob("*") if path.is_file()}
    assert HEAD in before[tree.folder / LOG].decode()
