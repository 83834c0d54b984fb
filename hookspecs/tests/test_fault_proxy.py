"""The fault proxy stands between two real ends and breaks exactly what it is told to."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from billing_hookspecs.testing import Exchange, Fault, FaultProxy
from billing_hookspecs.testing.fault_proxy import unused_url

WORKED_FIRST = [
    Fault.ANSWER_LOST,
    Fault.HTML_PAGE,
    Fault.SERVER_ERROR,
    Fault.TRUNCATED,
    Fault.SILENCE,
]


class Counter(BaseHTTPRequestHandler):
    """Counts what reaches it and echoes it back."""

    seen: list[tuple[str, str, bytes, str]]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, body, self.headers["Host"]))
        self.send_response(201)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = _serve

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def seen() -> list[tuple[str, str, bytes, str]]:
    return []


@pytest.fixture
def target(seen: list[tuple[str, str, bytes, str]]) -> Iterator[str]:
    handler = type("Handler", (Counter,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/base"
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(target: str, seen: list[Any]) -> Iterator[FaultProxy]:
    with FaultProxy(target, observe=lambda: {"seen": len(seen)}) as proxy:
        yield proxy


def post(proxy: FaultProxy, timeout_s: float = 20.0) -> httpx.Response:
    return httpx.post(f"{proxy.url}/orders?a=1", content=b"0123456789", timeout=timeout_s)


def test_an_undisturbed_request_arrives_as_it_was_sent(
    proxy: FaultProxy, target: str, seen: list[Any]
) -> None:
    """Path, query and body; the host is the upstream's own, for it may serve several."""
    answer = post(proxy)
    assert (answer.status_code, answer.content) == (201, b"0123456789")
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    host = httpx.URL(target).netloc.decode()
    assert seen == [("POST", "/base/orders?a=1", b"0123456789", host)]
    assert proxy.exchanges == (Exchange("POST", "/base/orders?a=1", 201, changed=True),)


def test_a_head_request_is_answered_without_a_body(proxy: FaultProxy) -> None:
    """HTTP says so, and a client would wait for the next answer in it."""
    assert httpx.head(f"{proxy.url}/x").status_code == 201


@pytest.mark.parametrize("fault", WORKED_FIRST)
def test_the_upstream_works_before_the_answer_is_spoilt(
    proxy: FaultProxy, fault: Fault, seen: list[Any]
) -> None:
    """That is what makes a lost answer dangerous."""
    proxy.strike(fault)
    if fault in (Fault.HTML_PAGE, Fault.SERVER_ERROR):
        answer = post(proxy)
        assert answer.headers["content-type"] == "text/html"
        assert answer.status_code == (200 if fault is Fault.HTML_PAGE else 500)
    else:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadTimeout, httpx.ReadError)):
            post(proxy, timeout_s=0.3 if fault is Fault.SILENCE else 20.0)
    proxy.settle()
    assert len(seen) == 1
    assert proxy.exchanges[0].fault is fault
    assert proxy.exchanges[0].changed


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.UNAVAILABLE])
def test_the_upstream_never_hears_of_what_was_lost_before_it(
    proxy: FaultProxy, fault: Fault, seen: list[Any]
) -> None:
    """The driver can't tell it from a lost answer, which is the point."""
    proxy.strike(fault)
    if fault is Fault.UNAVAILABLE:
        answer = post(proxy)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            post(proxy)
    assert seen == []
    assert not proxy.exchanges[0].changed


def test_only_the_named_request_is_struck(proxy: FaultProxy) -> None:
    """A drill strikes each request of a call in turn."""
    proxy.strike(Fault.SERVER_ERROR, at=2)
    assert [post(proxy).status_code for _ in range(3)] == [201, 500, 201]


def test_healing_starts_the_count_anew(proxy: FaultProxy) -> None:
    """What is left of one drill must not disturb the next."""
    proxy.strike(Fault.SERVER_ERROR, at=2)
    post(proxy)
    proxy.heal()
    assert proxy.exchanges == ()
    assert [post(proxy).status_code for _ in range(2)] == [201, 201]


def test_an_upstream_that_is_gone_shows_as_a_bad_gateway() -> None:
    """As a real proxy in front of it would say."""
    with FaultProxy(unused_url("http://127.0.0.1:1/x")) as proxy:
        assert httpx.get(proxy.url).status_code == 502
        assert not proxy.exchanges[0].changed


def test_nobody_listens_at_an_unused_address() -> None:
    """The path stays, so that the driver sends what it always sends."""
    url = unused_url("https://panel.example.com:1500/panel?a=1")
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/panel?a=1")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
