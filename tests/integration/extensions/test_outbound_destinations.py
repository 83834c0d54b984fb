"""Where a driver's HTTP client can lead, and where it can't, over real sockets."""

import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.certificates import certificate

from billing_kernel.extensions.addresses import Address, may_reach
from billing_kernel.extensions.outbound import (
    DestinationRefusedError,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPBACK = ("127.0.0.0/8",)
NAME = "panel.example.com"


def leading_to(*answers: str) -> Callable[[str, int, float], tuple[Address, ...]]:
    """A resolver whose n-th answer is the n-th address."""
    remaining = list(answers)
    return lambda _host, _port, _timeout_s: (ip_address(remaining.pop(0)),)


def test_a_request_reaches_the_configured_host(serve: Any, client: Any) -> None:
    """Relative addresses are the normal way for a driver to ask."""
    server = serve(OK)

    with client(f"http://127.0.0.1:{server.port}/api") as http:
        answer = http.get("list", params={"page": 2})

    assert answer.text == "ok"
    assert server.requests[0].startswith(b"GET /api/list?page=2 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}".encode() in server.requests[0].lower()
    assert http.has_sent


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(host: str, client: Any) -> None:
    """Otherwise whoever may configure a module could read the provider's inner network."""
    with client(f"http://{host}", allowed=()) as http, pytest.raises(DestinationRefusedError):
        http.get("/")

    assert not http.has_sent


@pytest.mark.parametrize("address", ["1.1.1.1", "198.41.0.4", "2606:4700::1111"])
def test_public_addresses_may_be_reached(address: str) -> None:
    """The rule against private networks must not shut out the upstreams."""
    assert may_reach(ip_address(address), allowed=())


def test_only_networks_that_were_named_are_allowed(serve: Any, client: Any) -> None:
    """Panels often live in private networks; each is opened by its own name."""
    server = serve(OK)

    with client(f"http://127.0.0.1:{server.port}", allowed=["127.0.0.1/32"]) as http:
        assert http.get("/").status_code == 200
    with (
        client(f"http://127.0.0.1:{server.port}", allowed=["127.0.0.2/32"]) as http,
        pytest.raises(DestinationRefusedError),
    ):
        http.get("/")

    assert server.connections == 1


def test_a_name_that_changes_its_address_stays_where_it_was_checked(
    serve: Any, client: Any
) -> None:
    """A hostile name server answers the check with one address and the connection with another."""
    server = serve(OK)
    fickle = leading_to("127.0.0.1", "127.0.0.2")

    with client(f"http://{NAME}:{server.port}", allowed=["127.0.0.1/32"], resolve=fickle) as http:
        http.get("/first")
        http.get("/second")

    assert server.connections == 2
    assert f"host: {NAME}:{server.port}".encode() in server.requests[1].lower()


def test_a_forbidden_address_among_others_is_passed_over(serve: Any, client: Any) -> None:
    """Some names have an inner and an outer address: only the permitted one is tried."""
    server = serve(OK)

    def both(_host: str, _port: int, _timeout_s: float) -> tuple[Address, ...]:
        return (ip_address("127.0.0.2"), ip_address("127.0.0.1"))

    with client(f"http://{NAME}:{server.port}", allowed=["127.0.0.1/32"], resolve=both) as http:
        assert http.get("/").text == "ok"


@pytest.mark.parametrize("change", ["host", "port", "scheme"])
def test_an_absolute_address_elsewhere_is_refused(serve: Any, change: str, client: Any) -> None:
    """Upstreams answer with links; following one would carry credentials to another host."""
    server, elsewhere = serve(OK), serve(OK)
    address = {
        "host": f"http://localhost:{server.port}/",
        "port": f"http://127.0.0.1:{elsewhere.port}/",
        "scheme": f"https://127.0.0.1:{server.port}/",
    }[change]

    with client(f"http://127.0.0.1:{server.port}") as http, pytest.raises(DestinationRefusedError):
        http.get(address)

    assert server.connections == elsewhere.connections == 0


def test_without_a_base_address_nothing_may_be_asked(serve: Any, client: Any) -> None:
    """Drivers without an upstream need no network."""
    server = serve(OK)

    with client("") as http, pytest.raises(DestinationRefusedError):
        http.get(f"http://127.0.0.1:{server.port}/")

    assert server.connections == 0


def test_redirects_are_not_followed_and_can_not_lead_elsewhere(serve: Any, client: Any) -> None:
    """A hostile upstream would send the client to an inner address."""
    elsewhere = serve(OK)
    location = f"Location: http://127.0.0.1:{elsewhere.port}/\r\n".encode()
    server = serve(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + location + b"\r\n")

    with client(f"http://127.0.0.1:{server.port}") as http:
        assert http.get("/").status_code == 302
        with pytest.raises(DestinationRefusedError):
            http.get("/", follow_redirects=True)

    assert elsewhere.connections == 0


def test_proxies_of_the_environment_are_ignored(
    serve: Any, free_port: int, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    """A proxy would resolve names by itself, past every check."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
    server = serve(OK)

    with client(f"http://127.0.0.1:{server.port}") as http:
        assert http.get("/").text == "ok"


@pytest.fixture
def tls_server(serve: Any, tmp_path: Path) -> tuple[Any, Path, list[str | None]]:
    """A TLS server for ``panel.example.com``, its certificate, and the names it was asked for."""
    file = certificate(tmp_path, NAME)
    asked: list[str | None] = []
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(file)
    settings.sni_callback = lambda _socket, name, _context: asked.append(name)

    def answer(server: Any, connection: socket.socket) -> None:
        with settings.wrap_socket(connection, server_side=True) as secured:
            if server.read_request(secured):
                secured.sendall(OK)

    return serve(answer), file, asked


def test_a_pinned_connection_asks_and_verifies_by_name(
    tls_server: tuple[Any, Path, list[str | None]], client: Any
) -> None:
    """Connecting to an address must not weaken TLS: certificates are for names."""
    server, file, asked = tls_server
    trusting = ssl.create_default_context(cafile=str(file))

    with client(
        f"https://{NAME}:{server.port}", tls=trusting, resolve=leading_to("127.0.0.1")
    ) as http:
        assert http.get("/").text == "ok"

    assert asked == [NAME]
    assert f"host: {NAME}:{server.port}".encode() in server.requests[0].lower()


def test_a_certificate_for_another_name_is_refused(
    tls_server: tuple[Any, Path, list[str | None]], client: Any
) -> None:
    """Credentials are for the host that was configured."""
    server, file, _ = tls_server
    trusting = ssl.create_default_context(cafile=str(file))
    address = f"https://other.example.com:{server.port}"

    with (
        client(address, tls=trusting, resolve=leading_to("127.0.0.1")) as http,
        pytest.raises(httpx.ConnectError, match="certificate"),
    ):
        http.get("/")

    assert not http.has_sent
    assert server.requests == []


def test_an_unknown_authority_is_refused(
    tls_server: tuple[Any, Path, list[str | None]], client: Any
) -> None:
    """Certificates are verified unless somebody says otherwise, and nobody can."""
    server, _, _ = tls_server

    with (
        client(f"https://{NAME}:{server.port}", resolve=leading_to("127.0.0.1")) as http,
        pytest.raises(httpx.ConnectError, match="certificate"),
    ):
        http.get("/")

    assert server.requests == []
