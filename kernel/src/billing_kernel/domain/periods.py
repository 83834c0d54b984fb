"""Calendar arithmetic: renewals count from the anchor day, never from the date before."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

LAST_DAY = date(9999, 12, 31)


def months_after(anchor_on: date, months: int) -> date:
    """The date ``months`` after the anchor; a missing day becomes the month's last one."""
    return anchor_on + relativedelta(months=months)


def next_expiry(anchor_on: date, start_on: date, months: int) -> date:
    """End of a period of ``months`` that begins on ``start_on``, on the anchor's day of month.

    A service of January 31st that runs to February 28th is renewed to March 31st.
    """
    whole = (start_on.year - anchor_on.year) * 12 + start_on.month - anchor_on.month
    return months_after(anchor_on, whole + months)


def business_date(now: datetime, time_zone: str) -> date:
    """The date it is now at the provider's."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def days_between(start_on: date, end_on: date) -> int:
    """Days of the half-open period; the remaining days of what ends on ``end_on``."""
    return (end_on - start_on).days


def overdue_days(expired_on: date, today: date) -> int:
    """Started calendar days since expiry, both ends counted; 0 on the expiry day itself."""
    return 0 if today <= expired_on else (today - expired_on).days + 1


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def days_after(day: date, days: int) -> date:
    return day + timedelta(days=days)


def first_of_month(day: date, months_later: int = 0) -> date:
    """The first day of the month that is ``months_later`` after that of ``day``."""
    return day.replace(day=1) + relativedelta(months=months_later)
