"""The logs of Atmosphere, Celery, Troposphere and Argo's deployments, below one folder. Read only."""

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
    """The log files below one folder. It opens nothing before the first use, and never writes."""

    def __init__(
        self,
        folder: Path | None,
        *,
        zone: str = LOG_ZONE,
        seconds: float = SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the folder.

        Args:
            folder: The folder of RUNBOOK_LOG_DIR; None when not configured.
            zone: The zone of lines without an offset.
            seconds: The time limit of a search.
            timer: Returns a monotonic time in seconds.
        """
        self.folder = folder
        self.zone = zone
        self._seconds = seconds
        self._timer = timer

    def find(self, query: Query) -> LogMatches:
        """Return the matching entries, the earliest first, with the searched files and the problems.

        Reads the files that can contain matches, including rotated and compressed ones, only a few lines at a time. An
        unreadable file or a search beyond the time limit makes the result partial, and the result reports this.

        Raises:
            Refused: No folder is configured (RUNBOOK_LOG_DIR).
            NotConnected: The folder does not exist, or may not be read.
        """
        search = Search(query, zone=ZoneInfo(self.zone), seconds=self._seconds, timer=self._timer)
        return search.run(self._checked())

    def deployments(self, *, since: datetime | None = None) -> tuple[Saved, ...]:
        """Return the deployments with saved logs, the newest first. Lists folders and reads no file.

        Args:
            since: Omit the deployments that ended before this time; aware.

        Raises:
            Refused: No folder is configured (RUNBOOK_LOG_DIR).
            NotConnected: The folder does not exist or may not be read, or the list exceeded the time limit.
        """
        folder, ends = self._checked(), self._timer() + self._seconds

        def check() -> None:
            if self._timer() > ends:
                raise NotConnected(
                    kind="unreachable",
                    system="the folder of the logs",
                    address=str(folder),
                    reason=f"the list of its deployments was not complete within {self._seconds:g} s",
                )

        walk = Walk(folder, ZoneInfo(self.zone), check)
        walk.trees()
        return deployments.deployments(walk.deployments(since, None))

    def summary(self) -> str:
        """Return the folder, the number of files and their systems, in words.

        Raises:
            Refused: No folder is configured (RUNBOOK_LOG_DIR).
            NotConnected: The folder does not exist, may not be read, or contains no known log.
        """
        folder = self._checked()
        inventory = Walk(folder, ZoneInfo(self.zone), lambda: None).trees()
        if not inventory.sources:
            raise NotConnected(
                kind="wrong-answer",
                system="the folder of the logs",
                address=str(folder),
                reason="it contains no known log",
                next_step=f"set RUNBOOK_LOG_DIR to the parent folder of the logs of {', '.join(inventory.trees)}",
            )
        trees = ", ".join(tree for tree, place in inventory.trees.items() if place is not None)
        return f"{folder} ({self.zone}), {len(inventory.sources)} files of {trees}"

    def _checked(self) -> Path:
        if self.folder is None:
            raise Refused(
                what="the logs are not configured",
                why="RUNBOOK_LOG_DIR is not set",
                next_step="set it to the parent folder of the logs' folders, or to / on Atmosphere's own host",
            )
        try:
            next(self.folder.iterdir(), None)
        except OSError as error:
            raise NotConnected(
                kind="unreachable",
                system="the folder of the logs",
                address=str(self.folder),
                reason=str(error.strerror),
                next_step="check RUNBOOK_LOG_DIR: it must be the readable parent folder of the logs' folders",
            ) from error
        return self.folder
