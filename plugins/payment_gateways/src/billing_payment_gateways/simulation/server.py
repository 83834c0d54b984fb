"""Serves a simulated gateway over HTTP, faults included.

Control path: ``GET|POST|DELETE /_simulator/faults``, ``GET|DELETE /_simulator/requests?on=…``,
``GET /_simulator/state``, and whatever the gateway adds.
"""

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from billing_payment_gateways.simulation.faults import OF_THE_APP, Fault, FaultBoard, FaultKind
from billing_payment_gateways.simulation.messages import (
    HTML,
    App,
    Request,
    Response,
    json_response,
)
from billing_payment_gateways.simulation.request_log import LoggedRequest, RequestLog

CONTROL = "/_simulator/"
BODY_BYTES_MAX = 1024 * 1024
HANG_S = 3600.0
HTML_PAGE = b"<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"
BEFORE_THE_WORK = frozenset({FaultKind.DROPPED, FaultKind.UNAVAILABLE, FaultKind.TOO_MANY})


class SimulatorServer:
    """An app listening on a port of its own, for as long as the ``with`` block lasts.

    Port 0 lets the system choose. Faults meet requests under ``api``, not the payers' pages.
    """

    def __init__(self, app: App, api: str, port: int = 0, host: str = "127.0.0.1") -> None:
        self.app = app
        self.api = api
        self.faults = FaultBoard()
        self.requests = RequestLog()
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="gateway", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        """Serve in this thread until the process ends."""
        self._server.serve_forever(0.2)

    def control(self, command: str, query: str, body: bytes) -> Response:
        """400 where the command or its content is nothing known."""
        try:
            content = json.loads(body) if body else {}
            return json_response(200, self._controlled(command, query, content))
        except (LookupError, TypeError, ValueError) as error:
            return json_response(400, {"error": str(error)})

    def _controlled(self, command: str, query: str, content: dict[str, Any]) -> Any:
        on = parse_qs(query).get("on", [""])[0]
        match command:
            case "GET faults":
                pass
            case "POST faults":
                self.faults.put(Fault.from_json(content))
            case "DELETE faults":
                self.faults.clear()
            case "GET requests":
                return {"requests": self.requests.as_json(on)}
            case "DELETE requests":
                self.requests.clear()
                return {"requests": []}
            case "GET state":
                return self.app.state()
            case _:
                return self.app.control(command, content)
        return {"faults": self.faults.waiting()}


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[SimulatorServer]
    protocol_version = "HTTP/1.1"
    server_version = "gateway-simulator"
    timeout = 30
    wbufsize = 65536

    def handle(self) -> None:
        # Clients that gave up or were killed are what this server is for, and no news.
        with suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the request log is what tests read."""

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._send(Response(413, b"", HTML))
            return
        target = urlsplit(self.path)
        body = self.rfile.read(int(length))
        if target.path.startswith(CONTROL):
            name = target.path.removeprefix(CONTROL)
            self._send(self.owner.control(f"{self.command} {name}", target.query, body))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", self.owner.url.removeprefix("http://"))
        self._serve(
            Request(self.command, target.path, target.query, headers, body, f"http://{host}")
        )

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _serve(self, request: Request) -> None:
        fault = None
        if request.path.startswith(self.owner.api):
            fault = self.owner.faults.take(f"{request.method} {request.path}")
        response = self._worked(request, fault)
        self.owner.requests.add(
            LoggedRequest(
                request.method,
                request.path,
                response.status if response else 0,
                _key_of(request),
                fault.kind.value if fault else "",
            )
        )
        self._reply(response, fault)
        self.owner.app.finished()

    def _worked(self, request: Request, fault: Fault | None) -> Response | None:
        """The answer, once the work is done; None where the fault comes before it."""
        if fault and fault.kind in BEFORE_THE_WORK:
            return None
        if fault and fault.kind is FaultKind.SLOW:
            self.owner.closing.wait(fault.delay_s)
        own = fault if fault and fault.kind in OF_THE_APP else None
        return self.owner.app.answer(request, own)

    def _reply(self, response: Response | None, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if kind in (FaultKind.DROPPED, FaultKind.ANSWER_LOST):
            self._hang_up()
        elif kind is FaultKind.HANG and fault:
            self.owner.closing.wait(fault.delay_s or HANG_S)
            self._hang_up()
        elif kind is FaultKind.HTML:
            self._send(Response(200, HTML_PAGE, HTML))
        elif kind is FaultKind.SERVER_ERROR:
            self._send(Response(502, HTML_PAGE, HTML))
        elif kind is FaultKind.UNAVAILABLE:
            self._send(Response(503, HTML_PAGE, HTML))
        elif kind is FaultKind.TOO_MANY and fault:
            retry_after = {"Retry-After": str(fault.retry_after_s)}
            self._send(Response(429, b'{"error": {"code": "rate_limit"}}', headers=retry_after))
        elif response is not None:
            self._send(response, is_truncated=kind is FaultKind.TRUNCATED)

    def _send(self, response: Response, is_truncated: bool = False) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if is_truncated:
            self.wfile.write(response.body[: len(response.body) // 2])
            self.wfile.flush()
            self._hang_up()
            return
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _key_of(request: Request) -> str:
    """Gateways spell this header in two ways."""
    headers = request.headers
    return headers.get("idempotency-key") or headers.get("idempotence-key", "")
