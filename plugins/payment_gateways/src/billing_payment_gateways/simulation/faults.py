"""Faults on demand: what goes wrong, with which requests, how often."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    DROPPED = "dropped"
    """The connection is closed and nothing is done."""
    ANSWER_LOST = "answer_lost"
    """The work is done, then the connection is closed without an answer."""
    HANG = "hang"
    """The work is done, then silence for ``delay_s``, by default for ever."""
    SLOW = "slow"
    """``delay_s`` pass before the work."""
    HTML = "html"
    """The work is done; a page for people is the answer, with status 200."""
    TRUNCATED = "truncated"
    """The work is done; half of the answer arrives."""
    SERVER_ERROR = "server_error"
    """The work is done; a server in front answers 502."""
    UNAVAILABLE = "unavailable"
    """503 from a server in front; nothing is done."""
    TOO_MANY = "too_many"
    """429 with Retry-After; nothing is done."""
    FAILS_INSIDE = "fails_inside"
    """The gateway itself answers 500, after the work unless ``after_work`` is False."""
    CONFLICT = "conflict"
    """Another request with the same idempotency key is said to be under way."""


OF_THE_APP = frozenset({FaultKind.FAILS_INSIDE, FaultKind.CONFLICT})


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``on`` is the beginning of "METHOD /path", "" means any request of the API;
    ``times`` 0 means until it is cleared."""

    kind: FaultKind
    on: str = ""
    times: int = 1
    delay_s: float = 0.0
    retry_after_s: int = 1
    after_work: bool = True

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Fault":
        """Raises TypeError or ValueError where ``content`` doesn't describe a fault."""
        return cls(**{**content, "kind": FaultKind(content.get("kind", ""))})


class FaultBoard:
    """Faults wait here for the requests that they meet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, kind: str, on: str = "", **details: Any) -> None:
        """Put a fault up, e.g. ``add("answer_lost", "POST /v1/refunds")``."""
        self.put(Fault.from_json({"kind": kind, "on": on, **details}))

    def put(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, target: str) -> Fault | None:
        """The fault that this request meets, used up by one."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if target.startswith(fault.on):
                    if fault.times == 1:
                        del self._waiting[index]
                    elif fault.times > 1:
                        self._waiting[index] = replace(fault, times=fault.times - 1)
                    return fault
        return None

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._waiting]
