"""The one rounding, against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money, round_half_up
from billing_kernel.domain.rounding import fraction_of

HALF = Fraction(1, 2)

fractions = st.fractions(-(10**9), 10**9, max_denominator=10**6)


@given(fractions)
def test_the_result_is_the_nearest_whole_number(value: Fraction) -> None:
    """More than half a minor unit off is money that nobody agreed to."""
    rounded = round_half_up(value)
    assert type(rounded) is int
    assert abs(value - rounded) <= HALF


@given(whole=st.integers(-(10**12), 10**12))
def test_halves_go_away_from_zero(whole: int) -> None:
    """Half up is what invoices are checked with; a refund mirrors its charge."""
    up = abs(whole) + 1
    assert round_half_up(abs(whole) + HALF) == up
    assert round_half_up(-abs(whole) - HALF) == -up
    assert round_half_up(Fraction(whole)) == whole


@given(fractions)
def test_rounding_is_symmetric(value: Fraction) -> None:
    """A correction of minus the amount must cancel it to the last minor unit."""
    assert round_half_up(-value) == -round_half_up(value)


@given(amount=st.integers(-(10**15), 10**15), parts=st.integers(1, 366))
def test_a_share_is_rounded_once_from_the_exact_amount(amount: int, parts: int) -> None:
    """Large amounts survive: nothing passes through a binary fraction on the way."""
    share = fraction_of(Money(amount, "RUB"), Fraction(1, parts))
    assert share.currency == "RUB"
    assert abs(Fraction(amount, parts) - share.amount_minor) <= HALF


@pytest.mark.parametrize(
    ("amount", "share", "expected"),
    [
        (1, "0.5", 1),
        (-1, "0.5", -1),
        (25, "0.1", 3),
        (24, "0.1", 2),
        (1005, "0.01", 10),
        (1050, "0.01", 11),
        (999, "0.20", 200),
        (10**15 + 1, "0.5", 5 * 10**14 + 1),
    ],
)
def test_cases_that_binary_fractions_get_wrong(amount: int, share: str, expected: int) -> None:
    """Written down by hand, as an accountant would check them."""
    assert fraction_of(Money(amount, "RUB"), Fraction(share)).amount_minor == expected
