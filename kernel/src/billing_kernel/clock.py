"""The one source of now for business decisions."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the aware UTC instant that business dates are taken from."""

    def now(self) -> datetime: ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands where it was set; for tests and what-if questions."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant
