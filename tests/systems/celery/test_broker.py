"""A broker that is down, unresponsive, protected, of another kind, or not configured: a clear error within seconds."""

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


def test_missing_configuration_is_refused() -> None:
    """The error names the setting."""
    with pytest.raises(Refused, match="RUNBOOK_BROKER_URL is not set") as caught:
        Queues("").state("imaging")

    assert "redis://" in caught.value.next_step


def test_broker_that_is_down_is_not_connected() -> None:
    """The error shows the address without the password."""
    port = free_port()

    with pytest.raises(NotConnected) as caught:
        Queues(f"redis://:{PASSWORD}@127.0.0.1:{port}/0").state("imaging")

    assert "unreachable" == caught.value.kind
    assert f"redis://127.0.0.1:{port}/0" in caught.value.what
    assert PASSWORD not in str(caught.value)


def test_unresponsive_broker_times_out_within_seconds() -> None:
    """The server accepts the connection and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()

        with pytest.raises(NotConnected) as caught:
            Queues(f"redis://127.0.0.1:{server.getsockname()[1]}/0").state("imaging")

        assert "unreachable" == caught.value.kind
        assert time.monotonic() - began < 10


def test_service_that_is_not_a_broker_is_not_connected() -> None:
    """The service at this address is not Redis."""
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


def test_wrong_password_is_not_connected(celery: CeleryService) -> None:
    """The error does not contain the password."""
    url = celery.url.replace("redis://", f"redis://:{PASSWORD}@")
    client = celery.client
    client.config_set("requirepass", "another-password")
    try:
        with pytest.raises(NotConnected, match="invalid") as caught:
            Queues(url).state("imaging")
    finally:
        client.config_set("requirepass", "")  # this connection was open before the change
        client.close()

    assert "login" == caught.value.kind
    assert PASSWORD not in str(caught.value)


def test_another_kind_of_broker_is_never_proved_empty() -> None:
    """The tasks in a broker other than Redis can't be read."""
    queues = Queues("memory://localhost")

    state = queues.state("imaging")
    queues.close()

    assert (None, None, False) == (state.waiting, state.unacked, state.is_proved_idle)
    assert (
        "imaging: no worker responds; the tasks in a memory broker can't be read, only those in Redis" == state.sentence
    )
