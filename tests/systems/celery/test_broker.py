"""A broker that is down, mute, closed to us, of another kind, or not configured: said in words, within seconds."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.systems.celery import Queues
from tests.services.celery import free_port

if TYPE_CHECKING:
    from tests.services.celery import CeleryService

PASSWORD = "hunter2-not-shown"


def test_without_a_broker_it_says_what_to_set() -> None:
    """Not configured is a refusal that names the setting."""
    with pytest.raises(Refused, match="RUNBOOK_BROKER_URL is not set") as caught:
        Queues("").state("imaging")

    assert "redis://" in caught.value.next_step


def test_a_broker_that_is_down_is_not_connected() -> None:
    """Nobody listens: the address is told, the password is not."""
    port = free_port()

    with pytest.raises(NotConnected) as caught:
        Queues(f"redis://:{PASSWORD}@127.0.0.1:{port}/0").state("imaging")

    assert "unreachable" == caught.value.kind
    assert f"redis://127.0.0.1:{port}/0" in caught.value.what
    assert PASSWORD not in str(caught.value)


def test_a_mute_broker_is_given_up_on_within_seconds() -> None:
    """Somebody takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()

        with pytest.raises(NotConnected) as caught:
            Queues(f"redis://127.0.0.1:{server.getsockname()[1]}/0").state("imaging")

        assert "unreachable" == caught.value.kind
        assert time.monotonic() - began < 10


def test_a_broker_that_talks_nonsense_is_not_connected() -> None:
    """What listens there is no Redis."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotConnected) as caught:
            Queues(f"redis://127.0.0.1:{server.getsockname()[1]}/0").state("imaging")
        server.shutdown(socket.SHUT_RDWR)
        thread.join()

    assert "wrong-answer" == caught.value.kind


def test_a_wrong_password_is_not_connected(celery: CeleryService) -> None:
    """The broker refuses the account; the password is in no message."""
    url = celery.url.replace("redis://", f"redis://:{PASSWORD}@")
    client = celery.client
    client.config_set("requirepass", "another-password")
    try:
        with pytest.raises(NotConnected, match="invalid") as caught:
            Queues(url).state("imaging")
    finally:
        client.config_set("requirepass", "")  # this connection was there before
        client.close()

    assert "login" == caught.value.kind
    assert PASSWORD not in str(caught.value)


def test_another_kind_of_broker_says_what_it_cannot_know() -> None:
    """Only Redis is read: elsewhere a queue is never proved empty."""
    queues = Queues("memory://localhost")

    state = queues.state("imaging")
    queues.close()

    assert (None, None, False) == (state.waiting, state.unacked, state.proved_idle)
    assert (
        "imaging: nobody answers; what a broker like memory holds can't be read here, only that of Redis"
        == state.sentence
    )
