"""The formats of log lines, and their times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from runbook_lib.systems.logs import catalog
from runbook_lib.systems.logs.forms import FORMS, Head, utc_times

LOCAL = datetime.fromisoformat("2020-11-25T18:02:03.123")
TASK = "service.tasks.driver.deploy(4f6d9ab2-0b4f-4b0e-9d3c-2f1f6f0d3c11)"
READ = [
    (
        "atmosphere",
        "2020-11-25 18:02:03,123 atmosphere_api-ERROR [/opt/dev/at mo/api/x.py 42] a [b] c",
        Head(LOCAL, "ERROR", "atmosphere_api", "/opt/dev/at mo/api/x.py 42", "a [b] c"),
    ),
    (
        "troposphere",
        "2020-11-25 18:02:03,123 troposphere.views.emulation-INFO [/opt/dev/troposphere/x.py:42] [EMULATE]User",
        Head(LOCAL, "INFO", "troposphere.views.emulation", "/opt/dev/troposphere/x.py:42", "[EMULATE]User"),
    ),
    (
        "celery",
        f"[2020-11-25 18:02:03,123: atmosphere-DEBUG/ForkPoolWorker-1 [PID:77] [{TASK}] @ /opt/x.py on 42] text",
        Head(LOCAL, "DEBUG", "atmosphere", f"/opt/x.py on 42 ForkPoolWorker-1 [PID:77] {TASK}", "text"),
    ),
    (
        "celery",
        "[2020-11-25 18:02:03,123: celery.worker-WARNING/MainProcess [PID:77] @ /opt/x.py on 42] ready",
        Head(LOCAL, "WARNING", "celery.worker", "/opt/x.py on 42 MainProcess [PID:77]", "ready"),
    ),
    (
        "celery",
        "[2020-11-25 18:02:03,123: INFO/MainProcess] beat: Starting...",
        Head(LOCAL, "INFO", "", "MainProcess", "beat: Starting..."),
    ),
    (
        "celery",
        "[W 201125 18:02:03 state:113] Substantial drift",
        Head(LOCAL.replace(microsecond=0), "WARNING", "", "state:113", "Substantial drift"),
    ),
    (
        "status",
        "2020-11-25 18:02:03,joetest,1111-222,f77cb286,3,Networking Complete",
        Head(LOCAL.replace(microsecond=0), "", "", "", "joetest,1111-222,f77cb286,3,Networking Complete"),
    ),
    (
        "argo",
        "2020-11-26T01:02:03.123456789Z TASK [x] ***",
        Head(datetime(2020, 11, 26, 1, 2, 3, 123456, tzinfo=UTC), "", "", "", "TASK [x] ***"),
    ),
    ("argo", "2020-11-26T01:02:03Z", Head(datetime(2020, 11, 26, 1, 2, 3, tzinfo=UTC), "", "", "", "")),
]
NO_HEADS = [
    ("atmosphere", "Traceback (most recent call last):"),
    ("atmosphere", '  File "/opt/x.py", line 42, in f'),
    ("atmosphere", "2020-02-30 18:02:03,123 atmosphere-INFO [/opt/x.py 42] a day that does not exist"),
    ("atmosphere", "2020-11-25 18:02:03,123 atmosphere-INFO [/opt/x.py:42] Troposphere's form"),
    ("troposphere", "2020-11-25 18:02:03,123 troposphere-INFO [/opt/x.py 42] Atmosphere's form"),
    ("celery", "2020-11-25 18:02:03,123 atmosphere-INFO [/opt/x.py 42] text"),
    ("status", "joetest,1111-222,f77cb286,3,Networking Complete"),
    ("argo", "TASK [x] ***"),
    ("argo", "2020-11-26T01:02:03 without its offset"),
]


@pytest.mark.parametrize(("form", "line", "head"), READ)
def test_head_of_an_entry_is_read(form: str, line: str, head: Head) -> None:
    """It has time, level, logger, place and text in each of the real formats."""
    assert head == FORMS[form].read(line)


@pytest.mark.parametrize(("form", "line"), NO_HEADS)
def test_line_without_a_head_returns_none(form: str, line: str) -> None:
    """A line without a head of its format continues the entry before it."""
    assert FORMS[form].read(line) is None


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
def test_every_example_has_its_form(form: object) -> None:
    """The examples on the catalog's page can be parsed."""
    named = FORMS[getattr(form, "name", "")]

    assert named.read(named.example) is not None


def test_every_file_of_the_catalog_has_a_form() -> None:
    """Each kind of file can be parsed, and has a content and symptoms."""
    assert set() == {file.form for file in catalog.FILES} - FORMS.keys()
    assert set() == FORMS.keys() - {file.form for file in catalog.FILES}
    assert all(file.holds and file.symptoms for file in catalog.FILES)


def test_first_matching_entry_counts() -> None:
    """A worker with an entry of its own does not match the entry for other layouts."""
    names = ["imaging.log", "atmosphere-deploy_7.log", "celery_periodic.log", "my-node.log"]

    assert ["imaging.log", "atmosphere-deploy_*.log", "celery_periodic.log", "*.log"] == [
        entry.name for name in names if (entry := catalog.entry_for("celery", name))
    ]


@pytest.mark.parametrize(
    ("zone", "local", "first", "second"),
    [
        ("America/Phoenix", "2026-01-15T05:00", "2026-01-15T12:00+00:00", None),
        # 1 November 2026, 01:30 occurs twice in Denver.
        ("America/Denver", "2026-11-01T01:30", "2026-11-01T07:30+00:00", "2026-11-01T08:30+00:00"),
        ("America/Denver", "2026-11-01T02:30", "2026-11-01T09:30+00:00", None),
        # 8 March 2026, 02:30 does not exist there.
        ("America/Denver", "2026-03-08T02:30", "2026-03-08T09:30+00:00", None),
        ("America/Phoenix", "2026-01-15T05:00+02:00", "2026-01-15T03:00+00:00", None),
    ],
)
def test_local_time_means_one_or_two_utc_times(zone: str, local: str, first: str, second: str | None) -> None:
    """An hour that occurs twice, when clocks are set back, returns both times; a written offset decides."""
    early, late = utc_times(datetime.fromisoformat(local), ZoneInfo(zone))

    assert (datetime.fromisoformat(first), second and datetime.fromisoformat(second)) == (early, late)
