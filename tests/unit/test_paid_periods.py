"""What the days that are left of paid periods are worth."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money, PaidPeriod, Period
from billing_kernel.domain.paid import Paid, paid_document, read_paid

FIRST = date(2026, 6, 1)


def paid(days: int, price: int, start_on: date = FIRST, **more: object) -> Paid:
    end_on = start_on + timedelta(days=days)
    return Paid(start_on, end_on, 1, Money(price, "EUR"), **more)  # type: ignore[arg-type]


def chain(periods: list[tuple[int, int]]) -> Paid:
    """Periods of so many days at so much, each paid before the first one began."""
    last = paid(*periods[0])
    for days, price in periods[1:]:
        last = paid(days, price, last.end_on).after(last, FIRST)
    return last


def test_one_period_is_kept_exact() -> None:
    """No amount is rounded on the way to the policy: 9.99 in 31 days has no whole daily cost."""
    july = paid(31, 999)
    assert july.rest(FIRST + timedelta(days=7), july.end_on) == july.period()
    assert july.period().daily_cost_minor() == Fraction(999, 31)


def test_each_of_several_counts_with_its_own_days() -> None:
    """20 of 30 days at 1.00 and 10 days at 2.00 are 40.00 for 30 days."""
    both = chain([(30, 3000), (10, 2000)])
    today = FIRST + timedelta(days=10)
    expected = PaidPeriod(Money(4000, "EUR"), Period(today, both.end_on), 1)
    assert both.rest(today, both.end_on) == expected
    assert read_paid(paid_document(both)) == both


def test_a_change_ends_a_period_where_the_next_one_begins() -> None:
    """After a change the price is for a whole period, however little of it is left."""
    changed = paid(30, 3000)
    renewed = paid(30, 3000, FIRST + timedelta(days=20)).after(changed, FIRST)
    assert renewed.rest(FIRST, renewed.end_on).amount == Money(5000, "EUR")


def test_what_is_over_is_forgotten() -> None:
    """A service that is renewed on its last day for years remembers one period."""
    first = paid(30, 3000)
    second = paid(30, 3000, first.end_on).after(first, first.end_on)
    assert second.before == ()
    assert second.rest(second.start_on, second.end_on) == second.period()


@given(
    periods=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 10**6)), min_size=1, max_size=5),
    passed=st.integers(0, 2100),
)
def test_it_is_never_worth_more_than_what_was_paid(
    periods: list[tuple[int, int]], passed: int
) -> None:
    """All of it on the first day, and never more than the next day before, to a rounding."""
    last = chain(periods)
    total = sum(price for _, price in periods)

    def worth(today: date) -> Fraction:
        rest = last.rest(today, last.end_on)
        return (last.end_on - today).days * rest.daily_cost_minor()

    today = min(FIRST + timedelta(days=passed), last.end_on - timedelta(days=1))
    assert worth(FIRST) == total
    assert 0 <= worth(today) <= total
    if today > FIRST:
        assert worth(today) <= worth(today - timedelta(days=1)) + Fraction(1)


@pytest.mark.parametrize("days", [0, 5])
def test_an_expired_service_still_has_a_daily_cost(days: int) -> None:
    """Changing what is over costs nothing, but it can be priced."""
    over = paid(30, 3000)
    assert over.rest(over.end_on + timedelta(days=days), over.end_on) == over.period()
