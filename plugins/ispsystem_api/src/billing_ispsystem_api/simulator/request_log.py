"""What a simulated panel was asked to do and did, for assertions."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SECRETS = frozenset({"authinfo", "auth", "password", "passwd", "confirm", "key"})


@dataclass(slots=True)
class LoggedRequest:
    """One request. ``acted`` is True once the function ran and didn't refuse.

    ``in_url`` names the parameters that came in the query string, where credentials must
    never be. Values of secrets are masked.
    """

    function: str
    parameters: Mapping[str, str]
    in_url: tuple[str, ...]
    user: str = ""
    fault: str = ""
    refusal: str = ""
    acted: bool = False
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self) -> dict[str, Any]:
        return {
            "function": self.function,
            "parameters": dict(self.parameters),
            "in_url": list(self.in_url),
            "user": self.user,
            "fault": self.fault,
            "refusal": self.refusal,
            "acted": self.acted,
            "received_at": self.received_at.isoformat(),
        }


class RequestLog:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[LoggedRequest] = []

    def begin(self, parameters: Mapping[str, str], in_url: tuple[str, ...]) -> LoggedRequest:
        shown = {
            name: "***" if name in SECRETS and value else value
            for name, value in parameters.items()
        }
        request = LoggedRequest(parameters.get("func", ""), shown, in_url)
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        return request

    def finish(self, request: LoggedRequest, *, refusal: str) -> None:
        with self._changed:
            request.refusal = refusal
            request.acted = not refusal
            self._changed.notify_all()

    def all(self, function: str = "") -> list[LoggedRequest]:
        """Requests in the order in which they came, of one function or of any."""
        with self._changed:
            return [request for request in self._requests if function in ("", request.function)]

    def executed(self, function: str) -> list[LoggedRequest]:
        """Requests that told ``function`` to do something (``sok``) and were obeyed."""
        return [
            request
            for request in self.all(function)
            if request.acted and request.parameters.get("sok")
        ]

    def wait_for_executed(self, function: str, count: int = 1, timeout_s: float = 10) -> bool:
        """Wait until ``function`` was executed ``count`` times; False when time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.executed(function)) >= count, timeout_s)

    def clear(self) -> None:
        with self._changed:
            self._requests.clear()
