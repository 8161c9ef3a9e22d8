"""The log files below the folder, the time range of each, and the rejected files."""

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
    """Return a time in Phoenix."""
    return datetime.fromisoformat(f"2026-01-{text}-07:00")


def searched(result: LogMatches) -> list[str]:
    """Return the names of the searched files."""
    return [file.file for file in result.searched]


def why(result: LogMatches, name: str) -> list[str]:
    """Return the reported problems of a file or folder."""
    return [problem.why for problem in result.problems if problem.name == name]


@pytest.mark.parametrize("places", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_trees_are_found_in_each_layout(tree: Tree, places: tuple[str, str, str]) -> None:
    """The layouts are copies side by side, the docker host, a machine's own paths, and one folder for all."""
    atmosphere, celery, troposphere = places
    for code in ("opt/dev/atmosphere", "opt/dev/troposphere"):
        tree.write(f"{code}/manage.py", "")
    tree.write(f"{atmosphere}/atmosphere.log", line("2026-01-15 04:00:00", "needle 1"))
    tree.write(
        f"{atmosphere}/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.yml.log", "2026-01-15T11:00:00Z needle 4"
    )
    tree.write(f"{celery}/imaging.log", "[2026-01-15 04:00:00,000: INFO/MainProcess] needle 2\n")
    tree.write(f"{troposphere}/troposphere.log", "2026-01-15 04:00:00,000 troposphere-INFO [/x.py:1] needle 3\n")
    result = tree.find("needle")

    assert {"needle 1", "needle 2", "needle 3", "needle 4"} == {record.text for record in result.records}
    assert {"atmosphere", "celery", "troposphere", "argo"} == {record.system for record in result.records}
    assert {"the file does not exist"} == {problem.why for problem in result.problems}


def test_folder_of_code_is_not_searched(tree: Tree) -> None:
    """A checkout next to the logs is ignored."""
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
def test_files_of_a_time_range_are_searched(tree: Tree, since: str, until: str, expected: list[str]) -> None:
    """A rotated file ends at an unknown time of its date, which is in the host's own zone."""
    for day in DAYS:
        tree.write(f"atmosphere/atmosphere.log{day}", line("2026-01-15 04:00:00", "needle"))
    result = tree.find(since=at(since), until=at(until))

    assert [f"atmosphere/atmosphere.log{day}" for day in expected] == searched(result)


@pytest.mark.parametrize(
    ("since", "reported"),
    [("12T00:00", []), ("09T00:00", ["older files are deleted: the host keeps 10 rotated files, one per day"])],
)
def test_deleted_files_are_reported(tree: Tree, since: str, reported: list[str]) -> None:
    """For a time before the oldest file, the result is not just empty."""
    for day in DAYS:
        tree.write(f"atmosphere/atmosphere.log{day}", "")
    result = tree.find(since=at(since), until=at("15T00:00"))

    assert reported == why(result, "atmosphere/atmosphere.log-20260113.gz")


def test_file_with_a_compressed_copy_is_searched_once(tree: Tree) -> None:
    """After an interrupted compression both exist, and the uncompressed file is intact."""
    tree.write("atmosphere/atmosphere.log-20260114", line("2026-01-13 10:00:00", "needle"))
    (tree.folder / "atmosphere/atmosphere.log-20260114.gz").write_bytes(b"\x1f\x8b")
    result = tree.find("needle")

    assert ["atmosphere/atmosphere.log-20260114"] == searched(result)
    assert ["it also exists uncompressed; that file was searched"] == why(
        result, "atmosphere/atmosphere.log-20260114.gz"
    )


def test_files_outside_of_the_catalog_are_reported(tree: Tree) -> None:
    """A file that was not searched and an invalid date are named."""
    tree.write("atmosphere/mine.log", "needle")
    tree.write("atmosphere/notes.txt", "needle")
    tree.write("atmosphere/atmosphere.log-20261399", "needle")
    result = tree.find("needle")

    assert [] == result.records
    assert ["it is not in the catalog and was not searched"] == why(result, "atmosphere/mine.log")
    assert ["its name does not end in a valid date"] == why(result, "atmosphere/atmosphere.log-20261399")


def test_missing_trees_are_reported(tree: Tree) -> None:
    """For an empty folder, each missing tree is a problem."""
    result = tree.find("needle")

    assert ["atmosphere", "celery", "troposphere"] == [problem.name for problem in result.problems]
    assert [] == result.searched


def test_deployments_of_a_time_range_are_searched(tree: Tree) -> None:
    """A deployment's folder has one time; Atmosphere follows a workflow for a day, before or after it."""
    tree.write("atmosphere/atmosphere.log", "")
    for day in ("2026-01-11", "2026-01-13", "2026-01-14", "2026-01-17", "unreadable"):
        tree.write(f"atmosphere/atmosphere_deploy.d/joetest/1111/{day}_040000/00_setup_ssh.yml.log", "")
    result = tree.find(since=at("14T03:00"), until=at("14T05:00"), trees=frozenset({"argo"}))

    assert ["2026-01-14_040000", "2026-01-13_040000"] == [name.split("/")[-2] for name in searched(result)]


def test_links_out_of_the_folder_are_not_followed(tree: Tree, tmp_path: Path) -> None:
    """This applies to links to files and folders; a link within the folder is followed."""
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
    result = tree.find("needle")

    assert {"atmosphere/atmosphere.log", "atmosphere/atmosphere.log-20260115"} == set(searched(result))
    refused = ["it is a link out of the folder and was not followed"]
    assert refused == why(result, "atmosphere/atmosphere_api.log")
    assert refused == why(result, "atmosphere/atmosphere_auth.log")
    assert refused == why(result, "celery/secret.log")
    assert refused == why(result, "atmosphere/atmosphere_deploy.d")


def test_links_among_the_deployments_are_not_followed(tree: Tree) -> None:
    """A link might lead to a loop."""
    tree.write("atmosphere/atmosphere.log", "")
    tree.write("atmosphere/atmosphere_deploy.d/joetest/1111/2026-01-15_040000/x.log", "")
    (tree.folder / "atmosphere/atmosphere_deploy.d/again").symlink_to("..")
    result = tree.find("needle")

    assert ["it is a link; links to folders of deployments are not followed"] == why(
        result, "atmosphere/atmosphere_deploy.d/again"
    )


def test_pipes_and_unreadable_files_are_reported(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe with a log's name does not block the search, and an unreadable file is named with the reason."""
    (tree.folder / "atmosphere").mkdir()
    os.mkfifo(tree.folder / "atmosphere/atmosphere.log")
    tree.write("atmosphere/atmosphere_api.log", "needle")
    real_open = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:  # root can read everything, so the kernel does not refuse
        if str(path).endswith("atmosphere_api.log"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    result = tree.find("needle")

    assert {
        "atmosphere/atmosphere.log": "it is not a regular file",
        "atmosphere/atmosphere_api.log": "Permission denied",
    } == {file.file: file.trouble for file in result.searched}


def test_hostile_file_name_is_escaped(tree: Tree) -> None:
    """A line break, an escape sequence or invalid text in a file name has no effect."""
    tree.write("atmosphere/atmosphere.log", "")
    raw = os.fsencode(tree.folder / "atmosphere") + b"/a\x1b[2J\n\xff.log"
    with open(raw, "wb"):  # noqa: PTH123 - the name is not valid text
        pass

    assert "atmosphere/a\\x1b[2J\\n\\udcff.log" in [problem.name for problem in tree.find("needle").problems]


def test_missing_folder_is_reported(tmp_path: Path) -> None:
    """The errors distinguish a missing configuration from a missing folder."""
    with pytest.raises(Refused, match="the logs are not configured"):
        Logs(None).find(Query("needle"))
    with pytest.raises(NotConnected, match="the folder of the logs cannot be reached"):
        Logs(tmp_path / "missing").find(Query("needle"))
