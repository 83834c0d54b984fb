"""What returns for paid days: from the lines that bought them, at their rates, never more."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money, Period, TaxDecision, round_half_up
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.refunds import RefundableLine
from billing_kernel.domain.returns import Bought, BoughtLine, GivenUp, given_up
from billing_kernel.domain.taxes import tax_amount

FIRST = date(2026, 6, 1)
RATES = ("0", "0.05", "0.19", "0.20", "0.255")


def days(first: int, count: int) -> Period:
    start_on = FIRST + timedelta(days=first)
    return Period(start_on, start_on + timedelta(days=count))


JUNE, JULY = days(0, 30), days(30, 31)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def line(
    number: int,
    price: int,
    period: Period | None = JUNE,
    rate: str = "0.20",
    included: str | None = None,
    addon: str | None = None,
) -> BoughtLine:
    """An invoice line at a list price; ``included`` is the rate of those that are gross."""
    tax = TaxDecision(rate, included or "0")
    taxed = tax_amount(eur(price), tax, inclusive=included is not None)
    asked = RefundableLine(number, taxed.net, taxed.tax)
    return BoughtLine(asked, asked, eur(price), tax, included is not None, period, addon)


def back(
    lines: Iterable[BoughtLine], *amounts: tuple[Period, int], addon: str | None = None
) -> list[tuple[int, int, int]]:
    """Which lines give back what net and tax; asserts that nothing is missing."""
    wanted = [GivenUp(period, eur(minor)) for period, minor in amounts]
    made = Bought(list(lines)).give_back(wanted, "EUR", addon)
    assert made.missing == eur(0)
    return [
        (part.back.line_id, part.back.net.amount_minor, part.back.tax.amount_minor)
        for part in made.parts
    ]


@pytest.mark.parametrize(
    ("rate", "included", "net", "tax"),
    [
        pytest.param("0.20", None, 600, 120, id="on-top"),
        pytest.param("0.20", "0.20", 500, 100, id="included"),
        pytest.param("0.25", "0.20", 500, 125, id="included-and-sold-abroad"),
        pytest.param("0", "0.20", 500, 0, id="included-and-reverse-charge"),
        pytest.param("0", None, 600, 0, id="reverse-charge-or-zero-rate"),
        pytest.param("0.055", None, 600, 33, id="a-rate-of-thirds"),
    ],
)
def test_a_half_is_given_back_as_it_was_taxed(
    rate: str, included: str | None, net: int, tax: int
) -> None:
    """6.00 of a price of 12.00; what the rate is today doesn't matter."""
    sold = line(1, 1200, rate=rate, included=included)
    assert back([sold], (JUNE, 600)) == [(1, net, tax)]
    assert back([sold], (JUNE, 1200)) == [
        (1, sold.asked.net.amount_minor, sold.asked.tax.amount_minor)
    ]


def test_days_are_given_back_by_what_bought_them() -> None:
    """Not by the newest invoice, which bought other days or another thing."""
    disk, tariff = line(1, 300, addon="disk"), line(2, 3000)
    later, panel = line(3, 3100, JULY), line(4, 900, addon="panel")
    lines = [disk, tariff, later, panel]
    assert back(lines, (days(20, 10), 100), addon="disk") == [(1, 100, 20)]
    assert back(lines, (days(20, 10), 500)) == [(2, 500, 100)]
    assert back(lines, (days(20, 10), 1000), (JULY, 1550)) == [(2, 1000, 200), (3, 1550, 310)]


def test_what_made_days_dearer_gives_first() -> None:
    """A way up within the period is undone before the period is, as far as it went."""
    period, way_up = line(1, 3000), line(2, 2000, days(10, 20))
    assert back([period, way_up], (days(25, 5), 500)) == [(2, 500, 100)]
    assert back([period, way_up], (days(25, 5), 800)) == [(1, 300, 60), (2, 500, 100)]


def test_what_was_undone_before_has_nothing_left_for_the_same_days() -> None:
    """Up on the 11th, down on the 21st, further down on the 26th: that one is the period's."""
    lines = Bought([line(1, 3000), line(2, 2000, days(10, 20))])
    lines.give_back([GivenUp(days(20, 10), eur(1000))], "EUR")
    assert back(lines.lines, (days(25, 5), 250)) == [(1, 250, 50)]


def test_older_lines_step_in_where_the_days_own_have_nothing_left() -> None:
    """First what else is left of the same line, then the newest of the others."""
    older, newer, own = line(1, 3000, days(-60, 30)), line(2, 3000, days(-30, 30)), line(3, 3000)
    spent = Bought([own])
    spent.give_back([GivenUp(JUNE, eur(2800))], "EUR")
    lines = [older, newer, *spent.lines]
    assert back(lines, (days(20, 10), 900)) == [(2, 700, 140), (3, 200, 40)]


def test_what_no_line_can_give_is_missing() -> None:
    """Imported, given away or refunded before: somebody has to decide."""
    gone = Bought([line(1, 100, None)])
    made = gone.give_back([GivenUp(JUNE, eur(130))], "EUR")
    assert (made.missing, [part.back.total for part in made.parts]) == (eur(30), [eur(120)])
    assert gone.give_back([GivenUp(JUNE, eur(5))], "EUR").missing == eur(5)


prices = st.integers(1, 40) | st.integers(1, 10**5)
"""Small ones, too: there a minor unit of tax is lost or found most easily."""


@st.composite
def sold_lines(draw: st.DrawFn) -> list[BoughtLine]:
    """Lines of a service in any order of days, at any rates, gross and net."""
    lines = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        rate = draw(st.sampled_from(RATES))
        included = draw(st.sampled_from([None, rate, "0.20"]))
        period = draw(
            st.one_of(st.none(), st.builds(days, st.integers(-40, 40), st.integers(1, 90)))
        )
        addon = draw(st.sampled_from([None, None, "disk"]))
        lines.append(line(number, draw(prices), period, rate, included, addon))
    return lines


wants = st.lists(
    st.tuples(
        st.builds(days, st.integers(-40, 90), st.integers(0, 60)),
        prices,
        st.sampled_from([None, "disk"]),
    ),
    min_size=1,
    max_size=6,
)


@given(sold_lines(), wants)
def test_no_line_ever_gives_more_than_it_was(
    lines: list[BoughtLine], asked: list[tuple[Period, int, str | None]]
) -> None:
    """However often a service is changed; and what returns is what was asked for or is missing."""
    bought = Bought(list(lines))
    for period, minor, addon in asked:
        made = bought.give_back([GivenUp(period, eur(minor))], "EUR", addon)
        assert (
            sum(part.price.amount_minor for part in made.parts) + made.missing.amount_minor == minor
        )
        for part in made.parts:
            assert_right(part.line, part.price.amount_minor, part.back)
        for each in bought.lines:
            assert each.left.net.amount_minor >= 0
            assert each.left.tax.amount_minor >= 0
    bought.give_back([GivenUp(JUNE, eur(10**9))], "EUR")
    assert all(not each.left.net and not each.left.tax for each in bought.lines)


def assert_right(sold: BoughtLine, minor: int, given_back: RefundableLine) -> None:
    """To a minor unit what the line's own rates make of the price, but for its very last."""
    taxed = tax_amount(eur(minor), sold.tax, inclusive=sold.prices_include_tax)
    if given_back != sold.left:
        assert abs((given_back.net - taxed.net).amount_minor) <= 1
        assert given_back.tax <= taxed.tax + eur(1)
    if sold.left == sold.asked and given_back != sold.left:
        assert (given_back.net, given_back.tax) == (taxed.net, taxed.tax)


def test_periods_paid_ahead_share_by_what_their_days_cost_beyond_the_new_price() -> None:
    """10 days at 1.00 and 31 at 3.00; down to 2.00 only the latter give, down to nothing both."""
    june = Paid(JUNE.start_on, JUNE.end_on, 1, eur(3000))
    both = Paid(JULY.start_on, JULY.end_on, 1, eur(9300), before=(june,))
    today, end_on, rest = FIRST + timedelta(days=20), JULY.end_on, days(20, 10)
    assert given_up(both, eur(3100), today, end_on, Fraction(200)) == (GivenUp(JULY, eur(3100)),)
    assert given_up(both, eur(10300), today, end_on) == (
        GivenUp(rest, eur(1000)),
        GivenUp(JULY, eur(9300)),
    )
    assert given_up(both, eur(41), today, end_on, Fraction(900)) == (
        GivenUp(rest, eur(round_half_up(Fraction(41 * 1000, 10300)))),
        GivenUp(JULY, eur(37)),
    )


def test_what_returns_of_a_period_that_is_over_has_no_days() -> None:
    """A policy may be that kind; the newest invoice of the service gives it."""
    june = Paid(JUNE.start_on, JUNE.end_on, 1, eur(3000))
    over = JUNE.end_on + timedelta(days=3)
    assert given_up(june, eur(10), over, JUNE.end_on) == (GivenUp(Period(over, over), eur(10)),)
    assert back([line(1, 3000), line(2, 3000)], (Period(over, over), 10)) == [(2, 10, 2)]
