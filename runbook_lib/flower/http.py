"""Flower's own API: what it remembers of tasks, and whether it sees the workers. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.settings import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = (3.05, 20)  # to connect, and between two pieces of the answer
_LOGIN = "put a line 'machine HOST login NAME password WORD' into ~/.netrc, readable by you only"
_UNAUTHORIZED = (401, 403)


@dataclass(frozen=True)
class SeenTask:
    """A task as Flower remembers it, since its own start at most.

    Attributes:
        id: Celery's id.
        name: Its dotted name.
        state: Such as RECEIVED, STARTED, SUCCESS, FAILURE, RETRY.
        args: Its arguments in words, the instance's id and the user's name among them.
        worker: Whose log has more.
        exception: Why it failed; empty otherwise.
        received: Seconds since 1970, UTC; None when Flower did not see it arrive.
    """

    id: str
    name: str
    state: str
    args: str
    worker: str
    exception: str
    received: float | None


class Flower:
    """Flower at one address; requests reads the login for it from ``~/.netrc``."""

    def __init__(self, url: str, *, auth: tuple[str, str] | None = None) -> None:
        """Keep the address; nothing is asked before the first use.

        Args:
            url: The root with its prefix, such as ``https://atmo.example.org/flower``; empty when there is none.
            auth: A login, in place of the one in ``~/.netrc``.
        """
        self._url = url
        self._auth = auth

    def workers(self) -> dict[str, bool]:
        """Return the workers that Flower knows, and whether each is up as far as it knows.

        Raises:
            Refused: Flower is not configured, or not for this account.
            NotConnected: It does not answer, or not in the way that Flower does.
        """
        body = self._get("/api/workers", {"status": "1"})
        return {str(name): bool(up) for name, up in body.items()}

    def lengths(self) -> dict[str, int]:
        """Return the lengths of the queues that Flower knows; raises as `workers` does.

        One that is missing is unknown, not empty: Flower learns of a queue from a worker that is up. And a length of 0
        proves nothing; `Queues` asks what does.
        """
        rows = self._get("/api/queues/length", {}).get("active_queues", [])
        try:
            return {str(row["name"]): int(row["messages"]) for row in rows}
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_flower("the list of queues is not as Flower's is") from error

    def tasks(self, search: str, *, limit: int = 50) -> tuple[SeenTask, ...]:
        """Return the newest tasks with `search` in them, such as an instance's id or a user's name; raises as above."""
        body = self._get("/api/tasks", {"search": search, "limit": str(limit), "sort_by": "-received"})
        try:
            return tuple(_seen(task_id, row) for task_id, row in body.items())
        except (AttributeError, TypeError) as error:
            raise self._not_flower("the list of tasks is not as Flower's is") from error

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        if not self._url:
            raise Refused(
                what="Flower can't be asked",
                why="RUNBOOK_FLOWER_URL is not set",
                next_step="set it to Flower's address, such as https://atmo.example.org/flower",
            )
        try:
            answer = requests.get(
                self._url + path, params=dict(query), auth=self._auth, timeout=SECONDS, allow_redirects=False
            )
        except (requests.RequestException, OSError) as error:
            raise self._not_flower(type(error).__name__) from error
        if answer.status_code in _UNAUTHORIZED or answer.is_redirect:
            raise Refused(
                what=f"Flower at {self._address()} does not let this account in (HTTP {answer.status_code})",
                next_step=_LOGIN,
            )
        if answer.status_code != requests.codes.ok:
            raise self._not_flower(f"HTTP {answer.status_code}")
        try:
            body = answer.json()
        except ValueError as error:
            raise self._not_flower("what it answers is no JSON") from error
        if not isinstance(body, dict):
            raise self._not_flower("what it answers is not as Flower's answers are")
        return body

    def _not_flower(self, reason: str) -> NotConnected:
        return NotConnected(
            system="Flower",
            address=self._address(),
            reason=reason,
            next_step="check RUNBOOK_FLOWER_URL, and that Flower runs: Atmosphere's container does not start it",
        )

    def _address(self) -> str:
        return without_credentials(self._url)


def _seen(task_id: str, row: Mapping[str, Any]) -> SeenTask:
    return SeenTask(
        id=task_id,
        name=str(row.get("name") or ""),
        state=str(row.get("state") or ""),
        args=str(row.get("args") or ""),
        worker=str(row.get("worker") or ""),
        exception=str(row.get("exception") or ""),
        received=row.get("received"),
    )
