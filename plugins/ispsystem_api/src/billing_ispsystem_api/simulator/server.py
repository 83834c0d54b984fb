"""Serves a simulated panel over HTTP, faults included."""

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from billing_ispsystem_api.simulator.control import CONTROL, control
from billing_ispsystem_api.simulator.faults import Fault, FaultKind
from billing_ispsystem_api.simulator.forms import cookies_of, parameters_of
from billing_ispsystem_api.simulator.panel import Panel
from billing_ispsystem_api.simulator.rendering import HTML_PAGE, JSON
from billing_ispsystem_api.simulator.replies import RefusalError
from billing_ispsystem_api.simulator.request_log import LoggedRequest

BODY_BYTES_MAX = 4 * 1024 * 1024
OVERSIZED_BYTES = 8 * 1024 * 1024
HANG_S = 3600.0
HTML = "text/html; charset=UTF-8"


class PanelServer:
    """A panel listening on a port of its own, for as long as the ``with`` block lasts.

    Port 0 lets the system choose. ``url`` is the base address, ``endpoint`` the panel's.
    """

    def __init__(self, panel: Panel, port: int = 0, host: str = "127.0.0.1") -> None:
        self.panel = panel
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self.endpoint = f"{self.url}/{panel.manager}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="panel", daemon=True
        )

    def __enter__(self) -> "PanelServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        """Serve in this thread until the process ends."""
        self._server.serve_forever(0.2)


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[PanelServer]
    protocol_version = "HTTP/1.1"
    server_version = "panel-simulator"
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
        """Keep quiet: the request log is what tests read, and it masks secrets."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._send(413, b"", HTML)
            return
        self._route(self.rfile.read(int(length)))

    def _route(self, body: bytes) -> None:
        panel = self.owner.panel
        target = urlsplit(self.path)
        if target.path.startswith(CONTROL):
            name = target.path.removeprefix(CONTROL)
            status, content = control(panel, self.command, name, target.query, body)
            self._send(status, json.dumps(content, default=str).encode(), JSON)
        elif self.command in ("GET", "POST") and target.path in (
            "/",
            f"/{panel.manager}",
            f"/manager/{panel.manager}",
        ):
            self._call_panel(target.query, body)
        else:
            self._send(404, HTML_PAGE, HTML)

    def _call_panel(self, query: str, body: bytes) -> None:
        panel = self.owner.panel
        parameters = parameters_of(query, body, self.headers.get("Content-Type", ""))
        in_url = tuple(name for name, _ in parse_qsl(query, keep_blank_values=True))
        logged = panel.requests.begin(parameters, in_url)
        work = _Work(self, parameters, logged)
        fault = panel.faults.take(logged.function)
        if fault is None:
            self._send(200, *work.done())
            return
        logged.fault = fault.kind.value
        if fault.kind in (FaultKind.EXPIRED_SESSION, FaultKind.REFUSED):
            self._send(200, *work.refused(fault))
        elif fault.kind in (FaultKind.SLOW, FaultKind.LATE):
            self._take_time(fault, work)
        else:
            answer, content_type = work.done(fault) if fault.works_first else (b"", HTML)
            self._spoil(fault, answer, content_type)

    def _take_time(self, fault: Fault, work: "_Work") -> None:
        if fault.kind is FaultKind.LATE:
            self._hang_up()
        answer = work.done() if fault.works_first else None
        self.owner.closing.wait(fault.delay_s)
        answer = answer or work.done()
        if fault.kind is FaultKind.SLOW:
            self._send(200, *answer)

    def _spoil(self, fault: Fault, answer: bytes, content_type: str) -> None:
        half = answer[: len(answer) // 2]
        match fault.kind:
            case FaultKind.DROPPED | FaultKind.ANSWER_LOST:
                self._hang_up()
            case FaultKind.HANG:
                self.owner.closing.wait(fault.delay_s or HANG_S)
                self._hang_up()
            case FaultKind.HTML:
                self._send(200, HTML_PAGE, HTML)
            case FaultKind.TRUNCATED:
                self._send(200, half, content_type)
            case FaultKind.CUT_OFF:
                self._send(200, half, content_type, announced=len(answer))
                self._hang_up()
            case FaultKind.EMPTY:
                self._send(200, b"", content_type)
            case FaultKind.OVERSIZED:
                self._send(200, answer + b" " * OVERSIZED_BYTES, content_type)
            case FaultKind.BUSY:
                self._send(503, HTML_PAGE, HTML, retry_after=str(fault.retry_after_s))
            case FaultKind.SERVER_ERROR:
                self._send(502, HTML_PAGE, HTML)
            case _:
                self._send(200, answer, content_type)

    def _send(
        self,
        status: int,
        body: bytes,
        content_type: str,
        *,
        announced: int | None = None,
        retry_after: str = "",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Work:
    """What one request asks the panel to do; done when the fault lets it be done."""

    def __init__(
        self, handler: _Handler, parameters: dict[str, str], logged: LoggedRequest
    ) -> None:
        self._panel = handler.owner.panel
        self._host = handler.owner.url
        self._cookies = cookies_of(handler.headers.get("Cookie", ""))
        self._parameters = parameters
        self._logged = logged

    def done(self, fault: Fault | None = None) -> tuple[bytes, str]:
        bare_row = fault is not None and fault.kind is FaultKind.BARE_ROW
        return self._answer(bare_row=bare_row)

    def refused(self, fault: Fault) -> tuple[bytes, str]:
        if fault.kind is FaultKind.EXPIRED_SESSION:
            return self._answer(refusal=RefusalError("auth", "session", "", "Session expired"))
        return self._answer(refusal=RefusalError(fault.type, fault.object, "", fault.message))

    def _answer(
        self, *, bare_row: bool = False, refusal: RefusalError | None = None
    ) -> tuple[bytes, str]:
        return self._panel.answer(
            self._parameters,
            self._cookies,
            self._host,
            self._logged,
            bare_row=bare_row,
            refusal=refusal,
        )
