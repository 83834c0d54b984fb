"""How long to wait before something that didn't work is tried again."""

from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=30)
LONGEST: Final = timedelta(hours=1)

TRIES_MAX: Final = 24
"""Most tries: about 17 hours. Gateways remember the names of requests for a day at least, so
that a repetition within it can't move money again."""


def pause_after(tries: int) -> timedelta:
    """The pause after so many tries: 30 seconds at first, twice as long each time, to an hour."""
    doublings = min(max(tries - 1, 0), TRIES_MAX)
    return min(LONGEST, FIRST * (1 << doublings))
