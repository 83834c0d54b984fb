"""Drivers that don't speak HTTP are bound as tightly as those that do."""

import socket
from contextlib import suppress
from typing import Any

import pytest

from billing_hookspecs import UpstreamBusyError
from billing_kernel.database import Database
from billing_kernel.extensions import open_context

LOCAL = ("127.0.0.0/8",)


def drip(server: Any, connection: socket.socket) -> None:
    """Say one byte after the other, until nobody listens."""
    with suppress(OSError):
        while True:
            connection.sendall(b".")


def test_private_networks_have_to_be_named(serve: Any) -> None:
    """A mail server's settings must not open the provider's own network to whoever writes them."""
    server = serve(drip)
    with (
        open_context(settings={}, timeout_s=5) as context,
        pytest.raises(UpstreamBusyError, match="BILLING_ALLOWED_NETWORKS"),
    ):
        context.dial("127.0.0.1", server.port)
    with (
        open_context(settings={}, timeout_s=5, allowed_networks=LOCAL) as context,
        context.dial("127.0.0.1", server.port) as line,
    ):
        assert line.recv(3)


def test_nobody_there_is_busy(free_port: int) -> None:
    """The kernel tries again."""
    with (
        open_context(settings={}, timeout_s=5, allowed_networks=LOCAL) as context,
        pytest.raises(UpstreamBusyError, match="can't be reached"),
    ):
        context.dial("127.0.0.1", free_port)


def test_a_server_that_drips_is_left_at_the_deadline(serve: Any) -> None:
    """A time-out begins anew with each byte: without a deadline this would never end."""
    server = serve(drip)
    with open_context(settings={}, timeout_s=0.3, allowed_networks=LOCAL) as context:
        line = context.dial("127.0.0.1", server.port)
        with suppress(OSError), line:
            while line.recv(1000):
                pass
        with pytest.raises(UpstreamBusyError, match="deadline"):
            context.dial("127.0.0.1", server.port)


def test_what_a_driver_left_open_ends_with_the_call(serve: Any) -> None:
    """Forgotten connections would pile up at the server."""
    server = serve(drip)
    with open_context(settings={}, timeout_s=30, allowed_networks=LOCAL) as context:
        line = context.dial("127.0.0.1", server.port)
    with suppress(OSError), line:
        while line.recv(1000):
            pass


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_nothing_is_dialled_inside_a_transaction(database: Database) -> None:
    """It would hold locks for as long as a mail server likes."""
    with (
        open_context(settings={}, timeout_s=5, allowed_networks=LOCAL) as context,
        pytest.raises(RuntimeError, match="a connection to an upstream"),
    ):
        database.run(lambda _: context.dial("127.0.0.1", 25))
