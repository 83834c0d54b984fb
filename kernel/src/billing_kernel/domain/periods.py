"""Calendar arithmetic: renewals count from the anchor day, never from the date before."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing_hookspecs import Period

LAST_DAY = date(9999, 12, 31)


def months_after(anchor_on: date, months: int) -> date:
    """The date ``months`` after the anchor; a missing day becomes the month's last one."""
    years, month = divmod(anchor_on.month - 1 + months, 12)
    year = anchor_on.year + years
    return date(year, month + 1, min(anchor_on.day, monthrange(year, month + 1)[1]))


def next_expiry(anchor_on: date, start_on: date, months: int) -> date:
    """End of a period of ``months`` that begins on ``start_on``, on the anchor's day of month.

    A service of January 31st that runs to February 28th is renewed to March 31st.
    """
    whole = (start_on.year - anchor_on.year) * 12 + start_on.month - anchor_on.month
    return months_after(anchor_on, whole + months)


def period_around(anchor_on: date, day: date, months: int) -> Period:
    """The one of the periods of ``months`` from the anchor on that has ``day`` in it."""
    whole = (day.year - anchor_on.year) * 12 + day.month - anchor_on.month
    number = whole // months
    if months_after(anchor_on, number * months) > day:
        number -= 1
    return Period(
        months_after(anchor_on, number * months), months_after(anchor_on, (number + 1) * months)
    )


def business_date(now: datetime, time_zone: str) -> date:
    """The date it is now at the provider's."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def days_between(start_on: date, end_on: date) -> int:
    """Days of the half-open period; the remaining days of what ends on ``end_on``."""
    return (end_on - start_on).days


def overdue_days(expired_on: date, today: date) -> int:
    """Started calendar days since expiry, both ends counted; 0 on the expiry day itself."""
    return 0 if today <= expired_on else (today - expired_on).days + 1


def kept_days(expired_on: date, today: date, keeps: Callable[[date], bool]) -> int:
    """Days served beyond expiry because a weekend put the suspension off.

    ``keeps`` says of a day whether a suspension waits on it. Today belongs to the new period.
    """
    day = expired_on
    while day < today and keeps(day):
        day = day_after(day)
    return days_between(expired_on, day)


def is_day_charged(
    day: date, suspended_on: date, resumed_on: date | None, *, charge_while_suspended: bool
) -> bool:
    """Whether a day of a service that is charged daily is paid for, around a suspension.

    The day of suspension was paid when it began, and the day of resuming is charged;
    ``resumed_on`` None means that the service is still suspended.
    """
    is_between = suspended_on < day and (resumed_on is None or day < resumed_on)
    return charge_while_suspended or not is_between


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def days_after(day: date, days: int) -> date:
    return day + timedelta(days=days)


def first_of_month(day: date, months_later: int = 0) -> date:
    """The first day of the month that is ``months_later`` after that of ``day``."""
    return months_after(day.replace(day=1), months_later)
