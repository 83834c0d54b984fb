"""What a simulated gateway was asked, for assertions. Bodies and keys stay out."""

import threading
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """``status`` is of the answer that was made, whether or not it arrived; 0 for none."""

    method: str
    path: str
    status: int
    idempotency_key: str = ""
    fault: str = ""


class RequestLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []

    def add(self, request: LoggedRequest) -> None:
        with self._lock:
            self._requests.append(request)

    def all(self, on: str = "") -> list[LoggedRequest]:
        """Requests in the order in which they came, whose "METHOD /path" begins with ``on``."""
        with self._lock:
            return [it for it in self._requests if f"{it.method} {it.path}".startswith(on)]

    def as_json(self, on: str = "") -> list[dict[str, Any]]:
        return [asdict(request) for request in self.all(on)]

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
