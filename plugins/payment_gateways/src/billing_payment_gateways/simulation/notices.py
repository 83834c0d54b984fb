"""Notifications that a simulated gateway has to tell: kept, then posted when asked to.

Real gateways repeat themselves, mix the order up and come late; here a test says how.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

TIMEOUT_S = 20.0


class When(StrEnum):
    ON_DEMAND = "on_demand"
    BEFORE_ANSWER = "before_answer"
    """The gateway is faster than its own answer: the notification arrives first."""
    AFTER_ANSWER = "after_answer"


@dataclass(slots=True)
class Notice:
    """``statuses`` are the HTTP answers of all deliveries; 0 where none came."""

    id: str
    type: str
    body: bytes = field(repr=False)
    statuses: list[int] = field(default_factory=list)

    @property
    def is_delivered(self) -> bool:
        return any(200 <= status < 300 for status in self.statuses)


class NoticeBoard:
    """``headers_for`` makes the headers that go with a body, its signature among them."""

    def __init__(self, headers_for: Callable[[bytes], Mapping[str, str]]) -> None:
        self._headers_for = headers_for
        self._lock = threading.Lock()
        self._notices: list[Notice] = []
        self.url = ""
        self.when = When.ON_DEMAND

    def add(self, notice: Notice) -> None:
        with self._lock:
            self._notices.append(notice)

    def all(self, kind: str = "") -> list[Notice]:
        """In the order in which things happened."""
        with self._lock:
            return [notice for notice in self._notices if kind in ("", notice.type)]

    def undelivered(self) -> list[Notice]:
        return [notice for notice in self.all() if not notice.is_delivered]

    def deliver(self, notices: Sequence[Notice] | None = None, times: int = 1) -> list[int]:
        """Post ``notices`` in the given order, each ``times`` times; the answers' statuses.

        None means all that haven't been accepted. Raises ValueError where no address is set.
        """
        if not self.url:
            raise ValueError("no address for notifications is set")
        chosen = self.undelivered() if notices is None else list(notices)
        return [self._post(notice) for notice in chosen for _ in range(times)]

    def deliver_in_background(self) -> None:
        threading.Thread(target=self.deliver, name="notices", daemon=True).start()

    def _post(self, notice: Notice) -> int:
        headers = {"Content-Type": "application/json", **self._headers_for(notice.body)}
        try:
            with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as http:
                status = http.post(self.url, content=notice.body, headers=headers).status_code
        except httpx.HTTPError:
            status = 0
        notice.statuses.append(status)
        return status
