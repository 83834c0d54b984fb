"""Has a renewal been done? The expiry is the only witness. Pure."""

from datetime import date, timedelta
from enum import Enum


class Progress(Enum):
    DONE = "done"
    DUE = "due"
    UNCLEAR = "unclear"


def progress_of(
    shown: date | None, paid_until: date | None, expires_on: date | None, months: int
) -> Progress:
    """Whether ``shown``, the seller's expiry, lies before the renewal or after it.

    The seller counts from its own day of activation, so its dates may stand some days off
    ours. A quarter of the period to either side still counts; a date in the middle, or none,
    proves nothing.
    """
    if shown is None or expires_on is None:
        return Progress.UNCLEAR
    start = paid_until or expires_on - timedelta(days=30 * months)
    tolerance = (expires_on - start) / 4
    if shown >= expires_on - tolerance:
        return Progress.DONE
    if shown <= start + tolerance:
        return Progress.DUE
    return Progress.UNCLEAR
