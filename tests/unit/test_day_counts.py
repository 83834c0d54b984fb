"""Days, months and shares against references that count one day at a time, 1970 to 2100."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_hookspecs import ChargingSituation, Money, Occasion, Period
from billing_kernel.domain.periods import (
    business_date,
    days_between,
    kept_days,
    next_expiry,
    overdue_days,
    period_around,
)
from billing_kernel.domain.policies.charging import CalendarCharging, DailyCharging

ONE_DAY = timedelta(days=1)
FIRST, LAST = date(1970, 1, 1), date(2100, 12, 31)
MIDNIGHTS = {
    "Europe/Moscow": (20, 21),
    "Europe/Berlin": (22, 23),
    "America/New_York": (4, 5),
}
"""Hours of UTC at which the day begins there, in summer and in winter."""

days = st.dates(FIRST, LAST)
month_ends = days.map(lambda day: walk_to(day, lambda it: (it + ONE_DAY).day == 1))
leap_days = st.integers(493, 524).map(lambda four: date(4 * four, 2, 29))
anchors = days | month_ends | leap_days
month_counts = st.sampled_from([1, 2, 3, 6, 12, 36])


def walk(start_on: date, end_on: date) -> Iterator[date]:
    """Each day from the first one to the one before the last."""
    day = start_on
    while day < end_on:
        yield day
        day += ONE_DAY


def walk_to(day: date, is_there: Callable[[date], bool]) -> date:
    while not is_there(day):
        day += ONE_DAY
    return day


def walked_months(anchor_on: date, months: int) -> date:
    """The day on which that many months from the anchor on are over."""

    def ends_a_month(day: date) -> bool:
        is_last = (day + ONE_DAY).day == 1
        return day.day == anchor_on.day or (is_last and day.day < anchor_on.day)

    day = anchor_on
    for _ in range(months):
        day = walk_to(day + ONE_DAY, ends_a_month)
    return day


def rounded(exact: Fraction) -> int:
    """Half up, for what isn't negative."""
    return int(exact + Fraction(1, 2))


@pytest.fixture
def local_date(request: pytest.FixtureRequest) -> Iterator[Callable[[str, int], date]]:
    """The date somewhere at a second of the epoch, by the operating system's own calendar."""
    before = os.environ.get("TZ")
    chosen = ""

    def at(zone: str, second: int) -> date:
        nonlocal chosen
        if zone != chosen:
            os.environ["TZ"], chosen = zone, zone
            time.tzset()
        there = time.localtime(second)
        return date(there.tm_year, there.tm_mon, there.tm_mday)

    yield at
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("zone", MIDNIGHTS)
def test_every_midnight_from_1970_to_2100_begins_the_next_day(
    zone: str, local_date: Callable[[str, int], date]
) -> None:
    """A second on the wrong side of midnight is a day that is charged twice or not at all."""
    dates = []
    for day in walk(date(1970, 1, 2), LAST):
        for hour in MIDNIGHTS[zone]:
            there = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            for instant in (there - timedelta(seconds=1), there):
                found = business_date(instant, zone)
                assert found == local_date(zone, int(instant.timestamp()))
                dates.append(found)
    assert dates == sorted(dates)
    assert set(walk(dates[0], dates[-1])) < set(dates), "a day never came"


def changes_of(zone: str, local: Callable[[str, int], date], year: int) -> list[int]:
    """The hours of a year at which clocks are changed, found by asking at each of them."""
    begin = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    local(zone, begin)
    hours = [begin + 3600 * hour for hour in range(8784)]
    offsets = [time.localtime(second).tm_gmtoff for second in hours]
    return [hours[i] for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]


@pytest.mark.parametrize("zone", MIDNIGHTS)
@pytest.mark.parametrize("year", [1985, 1996, 2007, 2010, 2026, 2027, 2038, 2099])
def test_days_around_a_change_of_clocks_count_as_days(
    zone: str, year: int, local_date: Callable[[str, int], date]
) -> None:
    """A day of 23 or 25 hours is a day: late by one is late by one, and costs one."""
    changes = changes_of(zone, local_date, year)
    assert changes or (zone == "Europe/Moscow" and year > 2010), "this year proves nothing"
    for change in changes:
        begin = change - 3 * 86400
        midnights = 0
        for second in range(begin, change + 3 * 86400, 1800):
            midnights += local_date(zone, second) != local_date(zone, max(begin, second - 1800))
            then, now = (
                business_date(datetime.fromtimestamp(it, UTC), zone) for it in (begin, second)
            )
            assert days_between(then, now) == midnights
            assert overdue_days(then, now) == (midnights + 1 if midnights else 0)


@given(anchor_on=anchors, months=month_counts, before=st.integers(0, 13))
def test_a_renewal_ends_where_counting_days_ends(anchor_on: date, months: int, before: int) -> None:
    """January 31st, February 28th, March 31st: the day of the month is never lost."""
    start_on = walked_months(anchor_on, before)
    end_on = walked_months(anchor_on, before + months)
    assert next_expiry(anchor_on, start_on, months) == end_on


@given(anchor_on=anchors, months=month_counts, after=st.integers(0, 2000))
def test_every_day_is_in_one_period(anchor_on: date, months: int, after: int) -> None:
    """Daily charges depend on which day of its period a day is."""
    day, start_on, end_on, number = anchor_on + after * ONE_DAY, anchor_on, anchor_on, 0
    while end_on <= day:
        number += 1
        start_on, end_on = end_on, walked_months(anchor_on, number * months)
    assert period_around(anchor_on, day, months) == Period(start_on, end_on)


@given(expired_on=days, late=st.integers(-3, 500))
def test_overdue_days_are_the_started_ones(expired_on: date, late: int) -> None:
    """The day of expiry is one of them as soon as it is over."""
    today = expired_on + late * ONE_DAY
    started = len(list(walk(expired_on, today + ONE_DAY)))
    assert overdue_days(expired_on, today) == (started if today > expired_on else 0)


@given(today=anchors, left=st.integers(0, 1100))
def test_remaining_days_are_those_that_are_served(today: date, left: int) -> None:
    """The day of expiry isn't served any more."""
    expires_on = today + left * ONE_DAY
    assert days_between(today, expires_on) == len(list(walk(today, expires_on)))


@given(expired_on=days, late=st.integers(0, 20))
def test_days_kept_over_a_weekend_are_its_days(expired_on: date, late: int) -> None:
    """They begin with the expiry and end with the weekend, or with the renewal."""
    today = expired_on + late * ONE_DAY
    served = []
    for day in walk(expired_on, today):
        if f"{day:%u}" not in "67":
            break
        served.append(day)
    assert kept_days(expired_on, today, lambda day: day.isoweekday() > 5) == len(served)


@given(
    start_on=anchors,
    months=month_counts,
    turn=st.integers(1, 28),
    amount=st.integers(0, 10**9),
    occasion=st.sampled_from([Occasion.ORDER, Occasion.RENEWAL]),
)
@example(date(2024, 2, 1), 1, 1, 100, Occasion.RENEWAL)
@example(date(2023, 12, 31), 12, 15, 100, Occasion.ORDER)
def test_a_calendar_period_costs_the_sum_of_its_days(
    start_on: date, months: int, turn: int, amount: int, occasion: Occasion
) -> None:
    """Each day costs a month's price divided by the days of its own month."""
    is_in_step = occasion is Occasion.RENEWAL and start_on.day == 1
    whole = months - 1 if start_on.day < turn or is_in_step else months
    end_on = start_on
    for _ in range(1 + whole):
        end_on = walk_to(end_on + ONE_DAY, lambda day: day.day == 1)
    exact = Fraction(0)
    for day in walk(start_on, end_on):
        first = day.replace(day=1)
        month_days = len(list(walk(first, walk_to(first + ONE_DAY, lambda it: it.day == 1))))
        exact += Fraction(amount, months * month_days)
    charge = CalendarCharging().charge(
        ChargingSituation(
            occasion, start_on, start_on, months, Money(amount, "EUR"), {"pro_rata_day": turn}
        )
    )
    assert charge.period == Period(start_on, end_on)
    assert charge.amount.amount_minor == rounded(exact)


@given(
    anchor_on=anchors, months=month_counts, number=st.integers(0, 3), amount=st.integers(0, 10**7)
)
def test_a_period_that_is_charged_daily_costs_its_price(
    anchor_on: date, months: int, number: int, amount: int
) -> None:
    """Over the days as they are counted, not as they are computed."""
    start_on = walked_months(anchor_on, number * months)
    end_on = walked_months(anchor_on, (number + 1) * months)
    share, served, total = amount // (30 * months), list(walk(start_on, end_on)), 0
    for place, day in enumerate(served, start=1):
        charge = DailyCharging().charge(
            ChargingSituation(
                Occasion.RENEWAL, day, anchor_on, months, Money(amount, "EUR"),
                {"by_order_period": True},
            )
        )  # fmt: skip
        assert charge.period == Period(day, day + ONE_DAY)
        if place < min(len(served), 30 * months):
            assert charge.amount.amount_minor == share
        elif place > 30 * months:
            assert charge.amount.amount_minor == 0
        total += charge.amount.amount_minor
    assert total == amount
