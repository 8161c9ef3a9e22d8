"""A limit on every wait for PostgreSQL's response, on this side of the connection.

The server's own limits are useless when its response does not arrive: a proxy or a firewall can drop one message and
keep the connection open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from runbook_lib.text.waiting import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

RESPONSE_SECONDS = 35.0  # above the server's limit of 30 s per statement, whose error names the statement


class ResponseTimeout(psycopg.OperationalError):
    """The server did not respond in time. It can still execute the statement."""


def limit(connection: psycopg.Connection[Any], subject: Callable[[], str]) -> None:
    """Limit every wait of this connection; close the connection after a wait that exceeds the limit.

    Args:
        connection: A new connection.
        subject: Returns what is waited for, such as ``the commit of atmosphere``.
    """
    wait = connection.wait

    def limited_wait(generator: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
        try:
            return wait(_limited(generator, Wait(subject())), *arguments, **options)
        except ResponseTimeout:
            connection.pgconn.finish()  # without a message to the server, which would be another wait
            raise

    connection.wait = limited_wait  # type: ignore[assignment,method-assign]  # psycopg calls it for each statement and commit


def _limited(generator: Generator[Any, Any, Any], wait: Wait) -> Generator[Any, Any, Any]:
    """Yield from psycopg's generator, which is resumed at least ten times per second."""
    try:
        state = next(generator)
        while True:
            ready = yield state
            if wait.check() > RESPONSE_SECONDS:
                raise ResponseTimeout(f"no response to {wait.subject} within {RESPONSE_SECONDS:g} s")
            state = generator.send(ready)
    except StopIteration as end:
        return end.value
