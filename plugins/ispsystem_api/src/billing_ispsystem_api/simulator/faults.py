"""Faults on demand: what goes wrong, with which function, how often."""

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
    """The work is done, then silence for ``delay_s``."""
    SLOW = "slow"
    """``delay_s`` pass before the work, or after it with ``after_work``; then the answer."""
    LATE = "late"
    """The connection is closed at once; the work is done ``delay_s`` later all the same."""
    HTML = "html"
    """A page for people instead of an answer, before the work unless ``after_work``."""
    TRUNCATED = "truncated"
    """The work is done, the answer ends in the middle."""
    CUT_OFF = "cut_off"
    """As truncated, with the connection closed before the announced length is reached."""
    EMPTY = "empty"
    """The work is done, the answer has no body."""
    OVERSIZED = "oversized"
    """The work is done, the answer is bigger than anybody should read."""
    EXPIRED_SESSION = "expired_session"
    BUSY = "busy"
    """HTTP 503 with Retry-After, nothing is done."""
    SERVER_ERROR = "server_error"
    """HTTP 502 from a server in front; the work is done unless ``after_work`` is False."""
    REFUSED = "refused"
    """An error document of ``type``, ``object`` and ``message``; nothing is done."""
    BARE_ROW = "bare_row"
    """JSON writes lists of one as bare objects."""


_WORKS_BY_DEFAULT = frozenset(
    {
        FaultKind.ANSWER_LOST,
        FaultKind.HANG,
        FaultKind.TRUNCATED,
        FaultKind.CUT_OFF,
        FaultKind.EMPTY,
        FaultKind.OVERSIZED,
        FaultKind.SERVER_ERROR,
        FaultKind.BARE_ROW,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``function`` "" means any; ``times`` 0 means until it is cleared."""

    kind: FaultKind
    function: str = ""
    times: int = 1
    delay_s: float = 0.0
    after_work: bool | None = None
    retry_after_s: int = 1
    type: str = "value"
    object: str = ""
    message: str = "Refused on demand"

    @property
    def works_first(self) -> bool:
        return self.kind in _WORKS_BY_DEFAULT if self.after_work is None else self.after_work

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Fault":
        """Raises TypeError or ValueError where ``content`` doesn't describe a fault."""
        return cls(**{**content, "kind": FaultKind(content.get("kind", ""))})


class FaultBoard:
    """The switchboard: faults wait here for the requests that they meet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, kind: str, function: str = "", **details: Any) -> None:
        """Put a fault up, e.g. ``add("answer_lost", "soft.order.param")``."""
        self.put(Fault.from_json({"kind": kind, "function": function, **details}))

    def put(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, function: str) -> Fault | None:
        """The fault that this request meets, used up by one."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.function in ("", function):
                    if fault.times == 1:
                        del self._waiting[index]
                    elif fault.times > 1:
                        self._waiting[index] = replace(fault, times=fault.times - 1)
                    return fault
        return None

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._waiting]
