"""Until when the invoice of a renewal can be paid."""

from datetime import date


def is_stale(issued_on: date, start_on: date, expires_on: date, today: date) -> bool:
    """Whether a renewal's invoice names other days or another fee than one of today would.

    In time, a renewal begins where the service ends, whenever it is paid. Late ones begin on
    the day of their invoice and have that day's fee, so that only that day they can be paid.
    """
    if today <= expires_on:
        return start_on != expires_on
    return today > issued_on
