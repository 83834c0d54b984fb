"""A real HTTP proxy between a driver and its upstream that loses answers on demand."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

Snapshot = Mapping[str, object]
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)
_OWN = frozenset({"host", "accept-encoding", "content-length", "content-encoding"})
_HTML_HEADERS = httpx.Headers({"Content-Type": "text/html"})
_HTML = b"<!DOCTYPE html><html><body><h1>Maintenance</h1></body></html>"
_SILENCE_MAX_S = 30


class Fault(StrEnum):
    """What can befall one request. All but REQUEST_LOST and UNAVAILABLE do the work first."""

    ANSWER_LOST = "answer_lost"
    """The upstream worked; the connection was closed without an answer."""
    REQUEST_LOST = "request_lost"
    """The connection was closed before anything reached the upstream."""
    HTML_PAGE = "html_page"
    """The upstream worked; a proxy in front of it answered 200 with a page for people."""
    SERVER_ERROR = "server_error"
    """The upstream worked, then answered 500."""
    UNAVAILABLE = "unavailable"
    """503 with Retry-After from somebody in front of the upstream, which saw nothing."""
    TRUNCATED = "truncated"
    """The upstream worked; half of its answer arrived."""
    SILENCE = "silence"
    """The upstream worked; nothing is said until the driver gives up."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that came through; ``changed`` says whether ``observe`` saw a difference."""

    method: str
    path: str
    status: int
    changed: bool = False
    fault: Fault | None = None


class FaultProxy:
    """Forwards to the origin of ``target`` and strikes the requests that it is told to.

    ``observe`` reads the state of the upstream; with it every exchange says whether it changed
    anything. Requests go through one at a time, so that the answer is right.
    """

    def __init__(self, target: str, observe: Callable[[], Snapshot] | None = None) -> None:
        parts = urlsplit(target)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._rest = target[len(self._origin) :]
        self._observe = observe
        self._turn = threading.Lock()
        self._strikes: dict[int, Fault] = {}
        self._exchanges: list[Exchange] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        # Simulators have certificates that nobody signed.
        self._forward = httpx.HTTPTransport(
            verify=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._forward.close()

    @property
    def url(self) -> str:
        """The target's address with the proxy in the place of its host."""
        return f"http://127.0.0.1:{self._server.server_port}{self._rest}"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What came through since the last ``heal``."""
        return tuple(self._exchanges)

    def strike(self, fault: Fault, at: int = 1) -> None:
        """Let ``fault`` befall the request that is the ``at``-th from the last ``heal``."""
        self._strikes[at] = fault

    def heal(self) -> None:
        """Forget strikes and exchanges: the next request is the first."""
        with self._turn:
            self._strikes.clear()
            self._exchanges.clear()

    def settle(self) -> None:
        """Wait until every request that was sent so far has been dealt with.

        A driver that gives up leaves its request behind, and it may still take effect.
        """
        with socket.create_connection(("127.0.0.1", self._server.server_port)) as probe:
            probe.shutdown(socket.SHUT_WR)
            probe.recv(1)  # connections are accepted in turn: all before this one were
        self._server.wait_until_idle()

    def pass_on(self, handler: "_Handler") -> None:
        """Serve one request; called by the server's threads."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        with self._turn:
            fault = self._strikes.get(len(self._exchanges) + 1)
            answer, exchange = self._exchange(handler, body, fault)
            self._exchanges.append(exchange)
        self._reply(handler, answer, fault)

    def _exchange(
        self, handler: "_Handler", body: bytes, fault: Fault | None
    ) -> tuple[httpx.Response, Exchange]:
        method, path = handler.command, handler.path
        if fault in (Fault.REQUEST_LOST, Fault.UNAVAILABLE):
            nothing = httpx.Response(503, headers={"Retry-After": "30"}, text="busy")
            return nothing, Exchange(method, path, 503, fault=fault)
        before = self._observe() if self._observe else None
        headers = [
            (name, value)
            for name, value in handler.headers.items()
            if name.lower() not in _HOP_BY_HOP | _OWN
        ]
        request = httpx.Request(method, self._origin + path, headers=headers, content=body)
        try:
            answer = self._forward.handle_request(request)
            answer.read()
            answer.close()
        except httpx.TransportError:
            answer = httpx.Response(502, text="the upstream is not there")
        changed = self._observe is not None and self._observe() != before
        return answer, Exchange(method, path, answer.status_code, changed, fault)

    def _reply(self, handler: "_Handler", answer: httpx.Response, fault: Fault | None) -> None:
        match fault:
            case Fault.REQUEST_LOST | Fault.ANSWER_LOST:
                return
            case Fault.SILENCE:
                handler.connection.settimeout(_SILENCE_MAX_S)
                with suppress(OSError):
                    handler.connection.recv(1)  # returns when the driver hangs up
            case Fault.HTML_PAGE:
                handler.answer(200, _HTML_HEADERS, _HTML)
            case Fault.SERVER_ERROR:
                handler.answer(500, _HTML_HEADERS, _HTML)
            case Fault.TRUNCATED:
                half = answer.content[: len(answer.content) // 2]
                handler.answer(answer.status_code, answer.headers, half, len(answer.content) + 1)
            case _:
                handler.answer(answer.status_code, answer.headers, answer.content)


def unused_url(url: str) -> str:
    """``url`` with a host and port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return urlsplit(url)._replace(scheme="http", netloc=f"127.0.0.1:{port}").geturl()


class _Server(ThreadingHTTPServer):
    proxy: FaultProxy
    daemon_threads = False  # closing waits for the handlers, so that no socket is left behind

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._active = 0
        self._changed = threading.Condition()

    def wait_until_idle(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._active)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._active += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        with self._changed:
            self._active -= 1
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def answer(
        self, status: int, headers: httpx.Headers, body: bytes, length: int | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.multi_items():
            if name.lower() not in _HOP_BY_HOP | _OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _pass_on(self) -> None:
        self.server.proxy.pass_on(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _pass_on

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: exchanges are the record."""
