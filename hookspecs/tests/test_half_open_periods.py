"""A period ends before its last date, so that the next can start there."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money, PaidPeriod, Period

DAY = date(2031, 1, 1)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start_on = DAY + timedelta(days=draw(st.integers(0, 12)))
    return Period(start_on, start_on + timedelta(days=draw(st.integers(0, 12))))


def days_of(period: Period) -> set[date]:
    return {DAY + timedelta(days=it) for it in range(30) if DAY + timedelta(days=it) in period}


@given(periods())
def test_a_period_has_as_many_days_as_it_holds(period: Period) -> None:
    """What is charged by the day is charged for these."""
    assert len(days_of(period)) == period.days
    assert period.end_on not in period


@given(periods(), periods())
def test_periods_overlap_where_they_share_a_day(one: Period, other: Period) -> None:
    """Two charges for one day are one too many; neighbours share none."""
    assert one.overlaps(other) == bool(days_of(one) & days_of(other))
    assert one.overlaps(other) == other.overlaps(one)


def test_a_period_can_not_end_before_it_starts() -> None:
    """It would have a negative number of days, and so a negative price."""
    with pytest.raises(ValueError, match="can't end"):
        Period(date(2031, 1, 2), date(2031, 1, 1))


def test_what_a_day_cost_is_an_exact_fraction() -> None:
    """Rounding the day first would lose half a cent a day; it is rounded once, at the end."""
    paid = PaidPeriod(Money(1000, "EUR"), Period(date(2031, 1, 1), date(2031, 2, 1)), months=1)
    assert paid.daily_cost_minor() == Fraction(1000, 31)
    assert paid.daily_cost_minor() * 31 == 1000


def test_nothing_was_paid_for_no_day() -> None:
    """It has no daily cost, and a policy that divides by it would stop an order at its end."""
    day = date(2031, 1, 1)
    with pytest.raises(ValueError, match="at least a day"):
        PaidPeriod(Money(1000, "EUR"), Period(day, day), months=1)
