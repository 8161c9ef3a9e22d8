"""The sites' log files, with their location, writer, format, retention and related symptoms; data only.

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

# Tree → its possible locations below the folder of RUNBOOK_LOG_DIR; the first existing one counts. The order: copies of
# the trees side by side, the host of the docker installation, the sites' own paths below the root of a machine.
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
    "lines written between the two steps are lost, and right after the rotation the current file is nearly empty"
)


@dataclass(frozen=True)
class LogFile:
    """One file, or one kind of file.

    Attributes:
        tree: Its tree: a key of `PLACES`, or `ARGO`.
        name: Its name; ``*`` stands for the variable part.
        writer: The program that writes it.
        form: Format of its lines: a key of `runbook_lib.systems.logs.forms.FORMS`.
        keep: Number of rotated files, one per day; 0 means that it is never rotated.
        holds: Its content.
        symptoms: Symptoms for which to read it.
        note: Further information; can be empty.
        optional: Whether a site can be without it.
        utc: Whether its times are UTC; otherwise they are in Atmosphere's zone, unless the format has an offset.
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


# The most useful files first. If two entries match a name, the first one counts.
FILES: tuple[LogFile, ...] = (
    _atmosphere(
        "atmosphere.log",
        10,
        "everything that the web processes log, including the entries of the other loggers",
        "a page or a request to the API ends in an error",
        "an imaging request stays in 'started' right after it was approved: the start itself failed",
        note="Celery's workers do not write here",
    ),
    _atmosphere("atmosphere_api.log", 4, "the requests to the API", "an action in Troposphere does nothing"),
    _atmosphere("atmosphere_auth.log", 4, "logins and tokens", "a user can't log in", "emulation fails silently"),
    _atmosphere("atmosphere_email.log", 2, "the emails that were sent", "an expected email did not arrive"),
    _atmosphere(
        "atmosphere_status.log",
        4,
        "one line per change of an instance's state: user, instance, image, size, state",
        "the time when an instance entered a state is unknown",
        note="without level and logger; values are separated by commas",
    ),
    _atmosphere(
        "atmosphere_deploy.log",
        4,
        "Ansible's playbooks: INSTANCE|ADDRESS|USERNAME, arguments, output, result (0 good, 2 failed, 4 unreachable)",
        "an instance is stuck in networking",
        "a volume can't be attached",
        "the user's own boot script fails",
        "the preparation of a snapshot fails",
        note="since v37, the playbooks of an instance's deployment are in Argo's saved logs instead",
    ),
    _atmosphere(
        "libcloud.log",
        10,
        "the requests to OpenStack",
        "OpenStack rejects a request of Atmosphere",
        note="only with LOG_LIBCLOUD; the guide's name for it, atmosphere_libcloud, does not exist",
    ),
    _celery(
        "imaging.log",
        10,
        "the imaging worker: snapshot, download, clean-up, upload, the records of the new image",
        "an imaging request fails or makes no progress",
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
    _celery("email.log", 10, "the worker that sends email", "an expected email did not arrive"),
    _celery(
        "beat.log",
        20,
        "the due tasks and their times",
        "a periodic task does not run",
        note="with docker",
        optional=True,
    ),
    _celery(
        "celerybeat.log",
        20,
        "the due tasks and their times",
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
        "the portal: logins, emulation (the only record of who emulated whom), errors of its pages",
        ("a page of Troposphere ends in an error", "the user who emulated another user is unknown"),
        "it contains tokens in clear text, which are masked here; Troposphere's settings always use UTC",
        utc=True,
    ),
    LogFile(
        ARGO,
        f"{DEPLOY_FOLDER}/*/*/*/*.log",
        "Atmosphere, from Argo's workflow",
        "argo",
        0,
        "the output of each playbook of one deployment, saved after the end of its workflow",
        ("the failed task of a playbook is unknown",),
        "USERNAME/INSTANCE/DATE/PLAYBOOK.yml.log; not written when the wait timed out; the rotation does not include "
        "these folders, so they stay forever",
    ),
)


def entry_for(tree: str, name: str) -> LogFile | None:
    """Return the catalog's entry for a file name without suffixes of rotation; None when there is none."""
    return next((file for file in FILES if file.tree == tree and fnmatchcase(name, file.name)), None)
