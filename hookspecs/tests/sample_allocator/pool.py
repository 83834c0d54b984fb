"""A small address pool over real HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "pool-token-2290"


class Pool:
    """``addresses()`` is what a person sees who logs in: address → the note it is held under."""

    def __init__(self) -> None:
        self._free = {
            "ipv4": [f"192.0.2.{number}" for number in range(1, 60)],
            "ipv6": [f"2001:db8::{number:x}" for number in range(1, 60)],
        }
        self._held: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Pool":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/pool/"

    def addresses(self) -> dict[str, str]:
        return dict(self._held)

    def answer(self, method: str, target: str, body: dict[str, Any]) -> Any:
        match method, urlsplit(target).path.removeprefix("/pool/").split("/"):
            case "GET", ["held"]:
                (note,) = parse_qs(urlsplit(target).query)["note"]
                return [address for address, held in self._held.items() if held == note]
            case "POST", ["held"]:
                address = self._free[body["family"]].pop()
                self._held[address] = body["note"]
                return {"address": address}
            case "DELETE", ["held", address]:
                self._held.pop(address, None)
                return {}
        return {"name": "Sample pool"}


def _handler_for(pool: Pool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = 401, None
            if self.headers.get("X-Token") == TOKEN:
                status, answer = 200, pool.answer(self.command, self.path, json.loads(raw or b"{}"))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
