"""Which files there are below the folder, which hour each can hold, and what is refused."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.systems.logs import Logs, Query
from tests.systems.logs.conftest import Tree, line

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.systems.logs import LogMatches

DAYS = ("", "-20260115", "-20260114.gz", "-20260113.gz")
LAYOUTS = {
    "side by side": ("atmosphere", "celery", "troposphere"),
    "the docker host": ("logs/atmosphere", "logs/celery", "logs/troposphere"),
    "in place": ("opt/dev/atmosphere/logs", "var/log/celery", "opt/dev/troposphere/logs"),
    "the checkouts": ("atmosphere/logs", "celery", "troposphere/logs"),
    "one folder": (".", ".", "."),
}


def at(text: str) -> datetime:
    """Return a moment in Phoenix."""
    return datetime.fromisoformat(f"2026-01-{text}-07:00")


def searched(found: LogMatches) -> list[str]:
    """Return the names of the searched files."""
    return [one.file for one in found.searched]


def why(found: LogMatches, name: str) -> list[str]:
    """Return what is said of a file or folder."""
    return [problem.why for problem in found.problems if problem.name == name]


@pytest.mark.parametrize("places", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_trees_are_found_in_each_layout(tree: Tree, places: tuple[str, str, str]) -> None:
    """A copy side by side, the docker host, a machine's own paths and one folder for all are all understood."""
    atmosphere, celery, troposphere = places
    for code in ("opt/dev/atmosphere", "opt/dev/troposphere"):
        tree.write(f"{code}/manage.py", "")
    tree.write(f"{atmosphere}/atmosphere.log", line("2026-01-15 04:00:00", "needle 1"))
    tree.write(
        f"{atmosphere}/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.yml.log", "2026-01-15T11:00:00Z needle 4"
    )
    tree.write(f"{celery}/imaging.log", "[2026-01-15 04:00:00,000: INFO/MainProcess] needle 2\n")
    tree.write(f"{troposphere}/troposphere.log", "2026-01-15 04:00:00,000 troposphere-INFO [/x.py:1] needle 3\n")
    found = tree.find("needle")

    assert {"needle 1", "needle 2", "needle 3", "needle 4"} == {record.text for record in found.records}
    assert {"atmosphere", "celery", "troposphere", "argo"} == {record.system for record in found.records}
    assert {"the file is not there"} == {problem.why for problem in found.problems}


def test_a_folder_of_code_is_no_folder_of_logs(tree: Tree) -> None:
    """A checkout beside the logs is passed over."""
    tree.write("atmosphere/manage.py", "")
    tree.write("atmosphere/readme.log.txt", "needle")
    tree.write("logs/atmosphere/atmosphere.log", line("2026-01-15 04:00:00", "needle"))

    assert ["logs/atmosphere/atmosphere.log"] == searched(tree.find("needle"))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("15T03:00", "15T04:00", ["", "-20260115", "-20260114.gz"]),
        ("15T23:59", "16T00:00", ["", "-20260115"]),
        ("16T14:00", "16T15:00", [""]),
        ("14T03:00", "14T04:00", ["-20260115", "-20260114.gz", "-20260113.gz"]),
        ("13T03:00", "13T04:00", ["-20260114.gz", "-20260113.gz"]),
        ("12T03:00", "12T04:00", ["-20260113.gz"]),
        ("12T03:00", "16T03:00", ["", "-20260115", "-20260114.gz", "-20260113.gz"]),
    ],
)
def test_the_files_of_an_hour(tree: Tree, since: str, until: str, expected: list[str]) -> None:
    """A rotated file ends within its date, at an hour nobody knows, and the date is that of the host's own zone."""
    for day in DAYS:
        tree.write(f"atmosphere/atmosphere.log{day}", line("2026-01-15 04:00:00", "needle"))
    found = tree.find(since=at(since), until=at(until))

    assert [f"atmosphere/atmosphere.log{day}" for day in expected] == searched(found)


@pytest.mark.parametrize(
    ("since", "told"), [("12T00:00", []), ("09T00:00", ["nothing older is kept: 10 rotated files at most, one a day"])]
)
def test_what_is_deleted_already_is_told(tree: Tree, since: str, told: list[str]) -> None:
    """An hour before the oldest file is not 'nothing found': it is gone."""
    for day in DAYS:
        tree.write(f"atmosphere/atmosphere.log{day}", "")
    found = tree.find(since=at(since), until=at("15T00:00"))

    assert told == why(found, "atmosphere/atmosphere.log-20260113.gz")


def test_a_file_that_is_there_packed_and_unpacked_is_searched_once(tree: Tree) -> None:
    """When packing was broken off, both are there, and the unpacked one is whole."""
    tree.write("atmosphere/atmosphere.log-20260114", line("2026-01-13 10:00:00", "needle"))
    (tree.folder / "atmosphere/atmosphere.log-20260114.gz").write_bytes(b"\x1f\x8b")
    found = tree.find("needle")

    assert ["atmosphere/atmosphere.log-20260114"] == searched(found)
    assert ["it is also there unpacked, and that one was searched"] == why(
        found, "atmosphere/atmosphere.log-20260114.gz"
    )


def test_what_the_catalog_does_not_know_is_told(tree: Tree) -> None:
    """A file that was not searched is named, and so is a date that does not exist."""
    tree.write("atmosphere/mine.log", "needle")
    tree.write("atmosphere/notes.txt", "needle")
    tree.write("atmosphere/atmosphere.log-20261399", "needle")
    found = tree.find("needle")

    assert [] == found.records
    assert ["the catalog does not know it: it was not searched"] == why(found, "atmosphere/mine.log")
    assert ["its name ends in no date"] == why(found, "atmosphere/atmosphere.log-20261399")


def test_missing_trees_are_told(tree: Tree) -> None:
    """An empty folder is an answer that says what is not there."""
    found = tree.find("needle")

    assert ["atmosphere", "celery", "troposphere"] == [problem.name for problem in found.problems]
    assert [] == found.searched


def test_the_deployments_of_an_hour(tree: Tree) -> None:
    """A deployment's folder bears one moment; Atmosphere follows a workflow for a day, before or after it."""
    tree.write("atmosphere/atmosphere.log", "")
    for day in ("2026-01-11", "2026-01-13", "2026-01-14", "2026-01-17", "unreadable"):
        tree.write(f"atmosphere/atmosphere_deploy.d/joetest/1111/{day}_040000/00_setup_ssh.yml.log", "")
    found = tree.find(since=at("14T03:00"), until=at("14T05:00"), trees=frozenset({"argo"}))

    assert ["2026-01-14_040000", "2026-01-13_040000"] == [name.split("/")[-2] for name in searched(found)]


def test_links_out_of_the_folder_are_refused(tree: Tree, tmp_path: Path) -> None:
    """Neither a file nor a folder leads out, however it is linked; a link inside is followed."""
    outside = tmp_path / "outside"
    (outside / "joetest/1111/2026-01-15_040000").mkdir(parents=True)
    (outside / "secret.log").write_text(line("2026-01-15 04:00:00", "needle"))
    (outside / "joetest/1111/2026-01-15_040000/x.log").write_text("2026-01-15T11:00:00Z needle")
    tree.write("atmosphere/atmosphere.log-20260115", line("2026-01-15 04:00:00", "needle"))
    folder = tree.folder / "atmosphere"
    (folder / "atmosphere.log").symlink_to("atmosphere.log-20260115")
    (folder / "atmosphere_api.log").symlink_to(outside / "secret.log")
    (folder / "atmosphere_auth.log").symlink_to("../../outside/secret.log")
    (folder / "atmosphere_deploy.d").symlink_to(outside)
    (tree.folder / "celery").symlink_to(outside)
    found = tree.find("needle")

    assert {"atmosphere/atmosphere.log", "atmosphere/atmosphere.log-20260115"} == set(searched(found))
    refused = ["it is a link out of the folder: it was not followed"]
    assert refused == why(found, "atmosphere/atmosphere_api.log")
    assert refused == why(found, "atmosphere/atmosphere_auth.log")
    assert refused == why(found, "celery/secret.log")
    assert refused == why(found, "atmosphere/atmosphere_deploy.d")


def test_links_among_the_deployments_are_not_followed(tree: Tree) -> None:
    """A link could make a circle."""
    tree.write("atmosphere/atmosphere.log", "")
    tree.write("atmosphere/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.log", "")
    (tree.folder / "atmosphere/atmosphere_deploy.d/again").symlink_to("..")
    found = tree.find("needle")

    assert ["it is a link: folders of deployments are not reached through links"] == why(
        found, "atmosphere/atmosphere_deploy.d/again"
    )


def test_pipes_and_what_may_not_be_read_are_told(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe under a log's name does not make the search wait, and a closed file is named with the reason."""
    (tree.folder / "atmosphere").mkdir()
    os.mkfifo(tree.folder / "atmosphere/atmosphere.log")
    tree.write("atmosphere/atmosphere_api.log", "needle")
    really = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:  # root may read everything, so the kernel can't refuse here
        if str(path).endswith("atmosphere_api.log"):
            raise PermissionError(13, "Permission denied")
        return really(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    found = tree.find("needle")

    assert {
        "atmosphere/atmosphere.log": "it is no plain file",
        "atmosphere/atmosphere_api.log": "Permission denied",
    } == {one.file: one.trouble for one in found.searched}


def test_a_hostile_name_is_shown_and_not_obeyed(tree: Tree) -> None:
    """A line break, an escape or bytes that are no text in a file's name do nothing."""
    tree.write("atmosphere/atmosphere.log", "")
    raw = os.fsencode(tree.folder / "atmosphere") + b"/a\x1b[2J\n\xff.log"
    with open(raw, "wb"):  # noqa: PTH123 - a name that is no text
        pass

    assert "atmosphere/a\\x1b[2J\\n\\udcff.log" in [problem.name for problem in tree.find("needle").problems]


def test_without_a_folder_it_is_refused(tmp_path: Path) -> None:
    """Not configured and not there are told apart, and say what to do."""
    with pytest.raises(Refused, match="there are no logs to read"):
        Logs(None).find(Query("needle"))
    with pytest.raises(NotConnected, match="the folder of the logs cannot be reached"):
        Logs(tmp_path / "missing").find(Query("needle"))
