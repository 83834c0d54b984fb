"""A small post office: a letter is a line of JSON, and so is its answer."""

import json
import socketserver
import threading
from typing import Any

TOKEN = "post-office-token-4471"


class PostOffice:
    """``letters`` are what was taken, oldest first; ``nobody@`` is refused, ``full@`` waits."""

    def __init__(self) -> None:
        self.letters: list[dict[str, Any]] = []
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "PostOffice":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def answer(self, letter: dict[str, Any]) -> str:
        if letter["token"] != TOKEN:
            return "who are you"
        if letter["to"].startswith("nobody@"):
            return "unknown"
        if letter["to"].startswith("full@"):
            return "later"
        self.letters.append(letter)
        return "taken"


def _handler_for(office: PostOffice) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if line := self.rfile.readline():
                self.wfile.write(office.answer(json.loads(line)).encode() + b"\n")

    return Handler
