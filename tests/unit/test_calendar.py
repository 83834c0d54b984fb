"""Calendar arithmetic against a reference that counts days one by one."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_kernel.domain.periods import (
    business_date,
    day_after,
    days_between,
    months_after,
    next_expiry,
    overdue_days,
)

FIRST, LAST = date(1970, 1, 1), date(2100, 12, 31)
ZONES = ("Europe/Berlin", "America/New_York", "Europe/Moscow", "Pacific/Apia", "Asia/Kathmandu")

days = st.dates(FIRST, LAST)
month_counts = st.integers(1, 36)


def counted_months_after(anchor_on: date, months: int) -> date:
    """The anchor's day of the month that many months on, else that month's last day."""
    year, month = anchor_on.year, anchor_on.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(anchor_on.day, last))


def test_every_anchor_day_from_1970_to_2100_agrees_with_counting() -> None:
    """One wrong month end in a century is a client who pays for a day that isn't served."""
    anchor_on = FIRST
    while anchor_on <= LAST:
        for months in (1, 2, 12):
            assert months_after(anchor_on, months) == counted_months_after(anchor_on, months)
        anchor_on += timedelta(days=1)


@given(anchor_on=days, periods=st.lists(month_counts, min_size=1, max_size=30))
def test_renewals_never_drift_from_the_anchor_day(anchor_on: date, periods: list[int]) -> None:
    """Counting from the date before would turn the 31st into the 28th for good."""
    end_on, months = anchor_on, 0
    for period in periods:
        months += period
        end_on = next_expiry(anchor_on, end_on, period)
        assert end_on == counted_months_after(anchor_on, months)


@given(anchor_on=days, first=month_counts, second=month_counts)
def test_periods_meet_without_gap_or_overlap(anchor_on: date, first: int, second: int) -> None:
    """A day in two periods is paid twice, a day in none is served for nothing."""
    middle = next_expiry(anchor_on, anchor_on, first)
    end = next_expiry(anchor_on, middle, second)
    assert anchor_on < middle < end
    assert days_between(anchor_on, middle) + days_between(middle, end) == days_between(
        anchor_on, end
    )


@pytest.mark.parametrize(
    ("anchor", "start", "months", "expiry"),
    [
        ("2026-01-31", "2026-01-31", 1, "2026-02-28"),
        ("2026-01-31", "2026-02-28", 1, "2026-03-31"),
        ("2026-01-31", "2026-03-31", 1, "2026-04-30"),
        ("2024-01-31", "2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", "2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", "2027-02-28", 12, "2028-02-29"),
        ("2024-02-29", "2024-02-29", 1, "2024-03-29"),
        ("2025-12-31", "2025-12-31", 2, "2026-02-28"),
        ("2026-11-30", "2026-11-30", 3, "2027-02-28"),
        ("2099-12-31", "2099-12-31", 2, "2100-02-28"),
    ],
)
def test_month_ends_and_leap_days(anchor: str, start: str, months: int, expiry: str) -> None:
    """The dates that people check by hand, a leap year that isn't one (2100) among them."""
    end_on = next_expiry(date.fromisoformat(anchor), date.fromisoformat(start), months)
    assert end_on == date.fromisoformat(expiry)


@given(seconds=st.integers(631_152_000, 4_102_444_799), zone=st.sampled_from(ZONES))
def test_a_business_date_is_the_date_on_the_providers_wall(seconds: int, zone: str) -> None:
    """Midnight decides which day is charged, and it is the provider's midnight."""
    now = datetime.fromtimestamp(seconds, UTC)
    day = business_date(now, zone)
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    next_midnight = datetime.combine(day_after(day), time(), ZoneInfo(zone)).astimezone(UTC)
    assert midnight <= now < next_midnight


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-03-28T22:59:59", "Europe/Berlin", "2026-03-28"),
        ("2026-03-28T23:00:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59:59", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T22:00:00", "Europe/Berlin", "2026-03-30"),
        ("2026-10-24T22:00:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59:59", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T23:00:00", "Europe/Berlin", "2026-10-26"),
        ("2026-01-31T20:59:59", "Europe/Moscow", "2026-01-31"),
        ("2026-01-31T21:00:00", "Europe/Moscow", "2026-02-01"),
        ("2011-12-30T09:59:59", "Pacific/Apia", "2011-12-29"),
        ("2011-12-30T10:00:00", "Pacific/Apia", "2011-12-31"),
    ],
)
def test_days_of_changing_clocks(instant: str, zone: str, day: str) -> None:
    """A day of 23 or 25 hours is one day; where a zone left one out, nobody is charged for it."""
    now = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert business_date(now, zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("expired", "today", "overdue"),
    [
        ("2026-02-28", "2026-02-27", 0),
        ("2026-02-28", "2026-02-28", 0),
        ("2026-02-28", "2026-03-01", 2),
        ("2026-02-28", "2026-03-02", 3),
        ("2024-02-28", "2024-03-01", 3),
    ],
)
def test_overdue_days_count_both_ends(expired: str, today: str, overdue: int) -> None:
    """Late fees multiply by this number."""
    assert overdue_days(date.fromisoformat(expired), date.fromisoformat(today)) == overdue


@given(day=days)
def test_the_day_after_is_one_day_on(day: date) -> None:
    """Also over month ends and leap days."""
    assert days_between(day, day_after(day)) == 1
