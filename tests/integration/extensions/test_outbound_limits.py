"""Bounds of what a driver's HTTP client sends and reads, over real sockets."""

import socket
import time
from collections.abc import Callable
from threading import Event
from typing import Any

import httpx
import pytest

from billing_kernel.boundaries import unit_of_work
from billing_kernel.extensions.addresses import resolve
from billing_kernel.extensions.outbound import (
    AnswerTooLargeError,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def dripping(before: bytes, drop: bytes) -> Callable[[Any, socket.socket], None]:
    """Answers with ``before`` at once, then with a hundred drops in three seconds."""

    def drip(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(before)
        for _ in range(100):
            connection.sendall(drop)
            time.sleep(0.03)
        connection.sendall(b"\r\n\r\n")

    return drip


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"."),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    ids=["body", "headers", "interim answers"],
)
def test_a_dripping_answer_ends_with_the_deadline(
    serve: Any, before: bytes, drop: bytes, client: Any
) -> None:
    """Every drop arrives in time, so no time-out of a single read would ever end it."""
    server = serve(dripping(before, drop))

    with (
        client(f"http://127.0.0.1:{server.port}", timeout_s=0.4) as http,
        pytest.raises(httpx.ReadTimeout),
    ):
        http.get("/", timeout=None)


def test_an_upstream_that_reads_in_sips_can_not_hold_a_request(serve: Any, client: Any) -> None:
    """The deadline holds for writing as it does for reading."""

    def sip(_server: Any, connection: socket.socket) -> None:
        for _ in range(100):
            connection.recv(65536)
            time.sleep(0.03)

    server = serve(sip)

    with (
        client(f"http://127.0.0.1:{server.port}", timeout_s=0.4) as http,
        pytest.raises(httpx.WriteTimeout),
    ):
        http.post("/", content=b"x" * 50_000_000, timeout=None)


def test_a_request_after_the_deadline_is_not_sent(serve: Any, client: Any) -> None:
    """It would only make its outcome unknown."""
    server = serve(OK)

    with (
        client(f"http://127.0.0.1:{server.port}", timeout_s=0) as http,
        pytest.raises(httpx.ConnectTimeout),
    ):
        http.get("/")

    assert server.connections == 0
    assert not http.has_sent


def test_a_slow_name_server_ends_with_the_deadline(
    monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    """The system's resolver knows no deadline and may take minutes."""
    answered = Event()

    def slow(*_: object, **__: object) -> list[Any]:
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with (
        client("http://upstream.example", timeout_s=0.1) as http,
        pytest.raises(httpx.ConnectTimeout),
    ):
        http.get("/")
    answered.set()


def test_a_name_without_an_address_can_not_be_reached() -> None:
    """The driver sees what it would see of any other upstream that is away."""
    with pytest.raises(OSError, match="can't be resolved"):
        resolve("no-such-host.invalid", 80, 5)
    with pytest.raises(OSError, match="can't be resolved"):
        resolve("a" * 70 + ".example", 80, 5)


def endless(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
    connection.sendall(b"0\r\n\r\n")


def test_an_answer_past_the_limit_is_not_read_to_its_end(serve: Any, client: Any) -> None:
    """One hostile answer of ten megabytes after another would fill the worker's memory."""
    server = serve(endless)

    with client(f"http://127.0.0.1:{server.port}") as http, pytest.raises(AnswerTooLargeError):
        http.get("/")


@pytest.mark.parametrize(("limit", "fits"), [(2, True), (1, False)])
def test_the_limit_is_the_last_length_that_fits(
    serve: Any, limit: int, fits: bool, client: Any
) -> None:
    """A limit that is off by one is a limit that nobody tried."""
    server = serve(OK)

    with client(f"http://127.0.0.1:{server.port}", answer_bytes_max=limit) as http:
        try:
            assert http.get("/").text == "ok"
            assert fits
        except AnswerTooLargeError:
            assert not fits


def test_a_compressed_answer_is_refused(serve: Any, client: Any) -> None:
    """It wasn't asked for, and a few bytes of it may unpack into gigabytes."""
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok")

    with (
        client(f"http://127.0.0.1:{server.port}") as http,
        pytest.raises(httpx.RemoteProtocolError, match="compressed"),
    ):
        http.get("/")

    assert b"accept-encoding: identity" in server.requests[0].lower()


def test_no_request_leaves_inside_a_transaction(serve: Any, client: Any) -> None:
    """Even where a driver kept its client for later."""
    server = serve(OK)

    with (
        client(f"http://127.0.0.1:{server.port}") as http,
        unit_of_work(),
        pytest.raises(RuntimeError, match="transaction"),
    ):
        http.get("/")

    assert server.connections == 0
