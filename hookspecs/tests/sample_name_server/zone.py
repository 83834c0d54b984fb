"""A small zone of names over real HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "zone-token-7314"
ZONE = "hosting.test"


class Zone:
    """``records()`` is what a person sees who logs in: "name address" → True."""

    def __init__(self) -> None:
        self._records: list[tuple[str, str]] = [(f"www.{ZONE}", "192.0.2.1")]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Zone":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/zone/"

    def records(self) -> dict[str, int]:
        return {" ".join(it): self._records.count(it) for it in self._records}

    def answer(self, method: str, body: dict[str, str]) -> Any:
        match method:
            case "POST":
                self._records.append((body["name"], body["address"]))
            case "PUT":
                self._records.remove((body["name"], body["address"]))
        return {"zone": ZONE, "records": self._records}


def _handler_for(zone: Zone) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = 401, None
            if self.headers.get("X-Token") == TOKEN:
                status, answer = 200, zone.answer(self.command, json.loads(raw or b"{}"))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
