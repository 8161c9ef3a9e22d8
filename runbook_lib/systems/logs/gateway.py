"""The logs of Atmosphere, Celery, Troposphere and Argo's deployments, below one folder; for reading only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from runbook_lib.config.settings import LOG_ZONE
from runbook_lib.errors import NotConnected, Refused
from runbook_lib.systems.logs import deployments
from runbook_lib.systems.logs.search import LogMatches, Query, Search
from runbook_lib.systems.logs.tree import Walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from runbook_lib.systems.logs.deployments import Saved

SECONDS = 20.0


class Logs:
    """The log files below one folder. Nothing is opened before the first use, and nothing is ever written."""

    def __init__(
        self,
        folder: Path | None,
        *,
        zone: str = LOG_ZONE,
        seconds: float = SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep where the logs are.

        Args:
            folder: The folder of RUNBOOK_LOG_DIR; None when there is none.
            zone: The zone that lines without an offset are written in.
            seconds: The time limit of a search.
            timer: Tells the time that passes, in seconds.
        """
        self.folder = folder
        self.zone = zone
        self._seconds = seconds
        self._timer = timer

    def find(self, query: Query) -> LogMatches:
        """Return the entries that fit, the earliest first, with what was searched and what was not.

        Reads the files that can hold what is asked for, rotated and packed ones too, and never more of a file than a
        few lines at a time. A file that can't be read, and a search that takes too long, make the answer a partial one,
        which says so.

        Raises:
            Refused: There is no folder (RUNBOOK_LOG_DIR).
            NotConnected: The folder is not there, or may not be read.
        """
        search = Search(query, zone=ZoneInfo(self.zone), seconds=self._seconds, timer=self._timer)
        return search.run(self._checked())

    def deployments(self, *, since: datetime | None = None) -> tuple[Saved, ...]:
        """Return which deployments have saved logs, the newest first; lists folders, and reads no file.

        Args:
            since: Leaves out those that ended before; aware.

        Raises:
            Refused: There is no folder (RUNBOOK_LOG_DIR).
            NotConnected: The folder is not there, or may not be read; or listing takes too long.
        """
        folder, ends = self._checked(), self._timer() + self._seconds

        def check() -> None:
            if self._timer() > ends:
                raise NotConnected(
                    kind="unreachable",
                    system="the folder of the logs",
                    address=str(folder),
                    reason=f"its folders of deployments were not listed within {self._seconds:g} s",
                )

        walk = Walk(folder, ZoneInfo(self.zone), check)
        walk.trees()
        return deployments.deployments(walk.deployments(since, None))

    def summary(self) -> str:
        """Return in words where the logs are, of which systems there are some, and how many files.

        Raises:
            Refused: There is no folder (RUNBOOK_LOG_DIR).
            NotConnected: The folder is not there, may not be read, or holds no log that is known.
        """
        folder = self._checked()
        inventory = Walk(folder, ZoneInfo(self.zone), lambda: None).trees()
        if not inventory.sources:
            raise NotConnected(
                kind="wrong-answer",
                system="the folder of the logs",
                address=str(folder),
                reason="it holds no log that is known",
                next_step=f"check RUNBOOK_LOG_DIR: it is the folder above those of {', '.join(inventory.trees)}",
            )
        trees = ", ".join(tree for tree, place in inventory.trees.items() if place is not None)
        return f"{folder} ({self.zone}), {len(inventory.sources)} files of {trees}"

    def _checked(self) -> Path:
        if self.folder is None:
            raise Refused(
                what="there are no logs to read",
                why="RUNBOOK_LOG_DIR is not set",
                next_step="set it to the folder above the logs' folders, or to / on Atmosphere's own host",
            )
        try:
            next(self.folder.iterdir(), None)
        except OSError as error:
            raise NotConnected(
                kind="unreachable",
                system="the folder of the logs",
                address=str(self.folder),
                reason=str(error.strerror),
                next_step="check RUNBOOK_LOG_DIR: it is the folder above the logs' folders, and must be readable",
            ) from error
        return self.folder
