"""A small panel over real HTTP: it rents out servers and builds them when it gets to it."""

import json
import threading
from dataclasses import asdict, dataclass, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "panel-token-4471"


@dataclass(frozen=True)
class Server:
    id: str
    reference: str
    plan: str
    status: str = "building"
    paid_until: str = "2030-02-01"
    password: str = ""


class Refusal(Exception):
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


class Panel:
    """``services()`` is what a person sees who logs in to the panel; "" asks for no token."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.builds_at_once = False
        self._servers: dict[str, Server] = {}
        self._numbers = count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Panel":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/panel"

    def services(self) -> dict[str, Server]:
        # Building is progress, not something that was bought.
        return {
            key: replace(it, status="active") if it.status == "building" else it
            for key, it in self._servers.items()
        }

    def work(self) -> None:
        """Finish what is being built."""
        self._servers = self.services()

    def answer(self, method: str, target: str, body: dict[str, Any]) -> Any:
        path = urlsplit(target).path.removeprefix("/panel/").split("/")
        match method, path:
            case "GET", ["account"]:
                return {"name": "Sample Hosting", "balance_cents": 99000}
            case "GET", ["plans"]:
                return [{"code": "small", "title": "Small", "monthly_cents": 500}]
            case "GET", ["servers"]:
                wanted = parse_qs(urlsplit(target).query)
                return [
                    asdict(it)
                    for it in self._servers.values()
                    if all([getattr(it, name)] == value for name, value in wanted.items())
                ]
            case "POST", ["servers"]:
                return asdict(self._rent(body))
            case "GET", ["servers", key]:
                return asdict(self._known(key))
            case "DELETE", ["servers", key]:
                self._known(key)
                del self._servers[key]
                return {}
            case "POST", ["servers", key, "renewals"]:
                return asdict(self._renew(self._known(key), body["months"]))
            case "POST", ["servers", key, "links"]:
                return {"url": f"https://panel.example.com/{self._known(key).id}/once"}
            case "PATCH", ["servers", key]:
                self._servers[key] = replace(self._known(key), **body)
                return asdict(self._servers[key])
        raise Refusal(404, "no_such_function")

    def _known(self, key: str) -> Server:
        if key not in self._servers:
            raise Refusal(404, "no_such_server")
        return self._servers[key]

    def _rent(self, body: dict[str, Any]) -> Server:
        if body["plan"] not in ("small", "large"):
            raise Refusal(422, "no_such_plan")
        status = "active" if self.builds_at_once else "building"
        server = Server(f"srv{next(self._numbers)}", body["reference"], body["plan"], status)
        self._servers[server.id] = server
        return server

    def _renew(self, server: Server, months: int) -> Server:
        old = date.fromisoformat(server.paid_until)
        month = old.month - 1 + months
        until = old.replace(year=old.year + month // 12, month=month % 12 + 1)
        self._servers[server.id] = replace(server, paid_until=until.isoformat())
        return self._servers[server.id]


def _handler_for(panel: Panel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = 200, None
            try:
                if panel.token and self.headers.get("Authorization") != f"Bearer {panel.token}":
                    raise Refusal(401, "wrong_token")
                answer = panel.answer(self.command, self.path, json.loads(raw or b"{}"))
            except Refusal as refusal:
                status, answer = refusal.status, {"error": refusal.error}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
