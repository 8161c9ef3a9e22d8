"""Which log files the sites write: where, by whom, in which form, for how long, and for which symptom; data only.

Source: the logging settings of Atmosphere v37-5 and Troposphere v36-6, their ``extras/logrotate.*``, the Celery node
templates, and the code that saves the logs of Argo's workflows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ATMOSPHERE, CELERY, TROPOSPHERE, ARGO = "atmosphere", "celery", "troposphere", "argo"

# Tree → where it may be below the folder of RUNBOOK_LOG_DIR; the first that exists counts. In this order: a copy of the
# trees beside one another, the host of the docker installation, the sites' own paths below the root of a machine.
PLACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ATMOSPHERE: ("atmosphere/logs", "atmosphere", "logs/atmosphere", "opt/dev/atmosphere/logs", "."),
        CELERY: ("celery", "logs/celery", "var/log/celery", "."),
        TROPOSPHERE: ("troposphere/logs", "troposphere", "logs/troposphere", "opt/dev/troposphere/logs", "."),
    }
)
DEPLOY_FOLDER = "atmosphere_deploy.d"  # in Atmosphere's tree: <username>/<instance uuid>/<date>/<playbook>.yml.log
ROTATION = (
    "daily; FILE becomes FILE-YYYYMMDD, and FILE-YYYYMMDD.gz from the second day. The file is copied and then emptied: "
    "lines written between the two are lost, and right after it the current file is nearly empty"
)


@dataclass(frozen=True)
class LogFile:
    """One file, or one kind of file.

    Attributes:
        tree: Which tree it is in: a key of `PLACES`, or `ARGO`.
        name: Its name; ``*`` stands for what differs.
        writer: Who writes it.
        form: How its lines look: a key of `runbook_lib.systems.logs.forms.FORMS`.
        keep: How many rotated files are kept, one a day; 0 means that it is never rotated.
        holds: What is in it.
        symptoms: Inspection here when…
        note: What one must know; may be empty.
        optional: Whether a site may well be without it.
        utc: Whether its times are UTC; otherwise they are in Atmosphere's zone, unless the form holds an offset.
    """

    tree: str
    name: str
    writer: str
    form: str
    keep: int
    holds: str
    symptoms: tuple[str, ...]
    note: str = ""
    optional: bool = False
    utc: bool = False


def _atmosphere(name: str, keep: int, holds: str, *symptoms: str, note: str = "") -> LogFile:
    form = "status" if name == "atmosphere_status.log" else "atmosphere"
    optional = name == "libcloud.log"
    return LogFile(ATMOSPHERE, name, "Atmosphere", form, keep, holds, symptoms, note, optional)


def _celery(name: str, keep: int, holds: str, *symptoms: str, note: str = "", optional: bool = False) -> LogFile:
    return LogFile(CELERY, name, "Celery", "celery", keep, holds, symptoms, note, optional)


# The most telling first; of two that fit a name, the first counts.
FILES: tuple[LogFile, ...] = (
    _atmosphere(
        "atmosphere.log",
        10,
        "everything that the web processes log, what the other loggers write included",
        "a page or a request to the API ends in an error",
        "an imaging request stays in 'started' right after it was approved: the start itself failed",
        note="Celery's workers do not write here",
    ),
    _atmosphere("atmosphere_api.log", 4, "the requests to the API", "an action in Troposphere does nothing"),
    _atmosphere("atmosphere_auth.log", 4, "logins and tokens", "a user can't log in", "emulation fails silently"),
    _atmosphere("atmosphere_email.log", 2, "the mails that were sent", "an expected mail did not arrive"),
    _atmosphere(
        "atmosphere_status.log",
        4,
        "one line for every change of an instance's state: user, instance, image, size, state",
        "when did an instance enter a state",
        note="without level and logger; values are parted by commas",
    ),
    _atmosphere(
        "atmosphere_deploy.log",
        4,
        "Ansible's playbooks: INSTANCE|ADDRESS|USERNAME, arguments, output, result (0 good, 2 failed, 4 unreachable)",
        "an instance is stuck in networking",
        "a volume can't be attached",
        "the user's own boot script fails",
        "the preparation of a snapshot fails",
        note="from v37 on, the playbooks of an instance's deployment are not here but in Argo's saved logs",
    ),
    _atmosphere(
        "libcloud.log",
        10,
        "the requests to OpenStack",
        "OpenStack refuses what Atmosphere asks",
        note="only with LOG_LIBCLOUD; the guide calls it atmosphere_libcloud, which does not exist",
    ),
    _celery(
        "imaging.log",
        10,
        "the imaging worker: snapshot, download, clean-up, upload, the records of the new image",
        "an imaging request fails or stands still",
        note="one task at a time in production",
    ),
    _celery(
        "atmosphere-deploy_*.log",
        20,
        "the deploy workers: waiting for SSH, submitting to Argo and polling it",
        "an instance is stuck in deploying or in deploy_error",
    ),
    _celery("atmosphere-fast_*.log", 20, "waiting for new instances", "an instance stays in build"),
    _celery(
        "atmosphere-node_*.log", 20, "all other tasks", "an instance is not deleted", "an action is accepted and lost"
    ),
    _celery("celery_periodic.log", 20, "the periodic tasks, such as the monitoring", "states in the database are old"),
    _celery("email.log", 10, "the worker that sends mail", "an expected mail did not arrive"),
    _celery("beat.log", 20, "what was due and when", "a periodic task does not run", note="with docker", optional=True),
    _celery(
        "celerybeat.log",
        20,
        "what was due and when",
        "a periodic task does not run",
        note="with systemd",
        optional=True,
    ),
    _celery("flower.log", 10, "Flower's warnings", "Flower shows nothing", optional=True),
    _celery("*.log", 20, "a worker of another layout", "a task of this node fails", optional=True),
    LogFile(
        TROPOSPHERE,
        "troposphere.log",
        "Troposphere",
        "troposphere",
        10,
        "the portal: logins, emulation (who emulated whom is told here only), errors of its pages",
        ("a page of Troposphere ends in an error", "who emulated whom"),
        "tokens stand in it in clear: they are masked here; Troposphere's settings say UTC, whatever Atmosphere's say",
        utc=True,
    ),
    LogFile(
        ARGO,
        f"{DEPLOY_FOLDER}/*/*/*/*.log",
        "Atmosphere, from Argo's workflow",
        "argo",
        0,
        "the output of each playbook of one deployment, saved when its workflow had ended",
        ("which task of which playbook failed",),
        "USERNAME/INSTANCE/DATE/PLAYBOOK.yml.log; written after the end, and not at all when the wait timed out; the "
        "rotation does not reach these folders, so they stay for ever",
    ),
)


def entry_for(tree: str, name: str) -> LogFile | None:
    """Return what the catalog says of a file, its suffixes of rotation taken away; None when it does not know it."""
    return next((file for file in FILES if file.tree == tree and fnmatchcase(name, file.name)), None)
