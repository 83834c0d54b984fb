"""Money is exact: nothing is rounded, lost or mixed."""

from decimal import Context, Decimal, setcontext
from decimal import getcontext as current_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import CurrencyMismatchError, Money, UnknownCurrencyError, minor_units

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
AMOUNTS = st.integers(-(2**63), 2**63)
MONEY = st.builds(Money, AMOUNTS, CURRENCIES)


@pytest.mark.parametrize(("currency", "decimals"), [("JPY", 0), ("EUR", 2), ("KWD", 3)])
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    """A yen has no hundredths and a dinar has thousandths."""
    assert minor_units(currency) == decimals


@pytest.mark.parametrize(("currency", "decimals"), [("HRK", 2), ("BYR", 0)])
def test_a_withdrawn_currency_is_still_readable(currency: str, decimals: int) -> None:
    """Old documents stay in the money that they were written in."""
    assert minor_units(currency) == decimals
    assert Money(1290, currency).to_decimal() == Decimal(1290).scaleb(-decimals)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "ZZZ", "XAU", "€"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    """Gold has a code of ISO 4217 too, but no minor unit to count in."""
    with pytest.raises(UnknownCurrencyError) as refusal:
        minor_units(code)
    assert refusal.value.currency == code


@pytest.mark.parametrize("amount", [1.0, True, "100", Decimal(1), None])
def test_an_amount_is_an_integer_and_nothing_like_one(amount: object) -> None:
    """A float that slips in here is a wrong invoice somewhere else."""
    with pytest.raises(TypeError, match="amount_minor must be an int"):
        Money(amount, "EUR")  # type: ignore[arg-type]


@given(MONEY)
def test_major_units_there_and_back_are_the_same_amount(money: Money) -> None:
    """Gateways speak major units; the way there and back must not cost a cent."""
    assert Money.from_decimal(money.to_decimal(), money.currency) == money
    assert Money.from_decimal(str(money.to_decimal()), money.currency) == money


@given(MONEY)
def test_a_decimal_context_has_no_say_in_money(money: Money) -> None:
    """The context is global: a library that lowers its precision must not change a price."""
    before = current_context()
    setcontext(Context(prec=2))
    try:
        assert Money.from_decimal(money.to_decimal(), money.currency) == money
    finally:
        setcontext(before)


@pytest.mark.parametrize(
    ("amount", "currency"), [("12.901", "EUR"), ("0.5", "JPY"), ("0.0001", "KWD"), ("1E-9", "EUR")]
)
def test_more_decimals_than_the_currency_has_are_refused(amount: str, currency: str) -> None:
    """Rounding is a decision, and this isn't the place for it."""
    with pytest.raises(ValueError, match="more decimals"):
        Money.from_decimal(amount, currency)


@pytest.mark.parametrize("amount", ["", "abc", "1,5", "NaN", "sNaN", "Infinity", "1e99", "1e-99"])
def test_what_is_no_amount_is_refused_with_a_value_error(amount: str) -> None:
    """An upstream may send anything; a driver catches one class of error, and in no time."""
    with pytest.raises(ValueError):
        Money.from_decimal(amount, "EUR")


@given(AMOUNTS, CURRENCIES, st.lists(st.integers(0, 99), min_size=1, max_size=31).filter(sum))
def test_splitting_never_loses_a_minor_unit(amount: int, currency: str, weights: list[int]) -> None:
    """The parts of an invoice must add up to its total, and weightless parts get nothing."""
    parts = Money(amount, currency).split(weights)
    assert sum(part.amount_minor for part in parts) == amount
    assert len(parts) == len(weights)
    for part, weight in zip(parts, weights, strict=True):
        fair = abs(amount) * weight / sum(weights)
        assert bool(weight) or part.amount_minor == 0
        assert abs(abs(part.amount_minor) - fair) <= max(1, fair * 1e-9)


@given(AMOUNTS, CURRENCIES, st.lists(st.integers(1, 99), min_size=1, max_size=31))
def test_a_negative_amount_is_split_like_its_mirror(
    amount: int, currency: str, weights: list[int]
) -> None:
    """A full refund takes back exactly the parts that were charged."""
    money = Money(amount, currency)
    assert (-money).split(weights) == tuple(-part for part in money.split(weights))


def test_the_remainder_goes_to_the_first_parts() -> None:
    """Which part is larger must not depend on the day or the machine."""
    parts = Money(100, "EUR").split([1, 0, 1, 1])
    assert [part.amount_minor for part in parts] == [34, 0, 33, 33]


@pytest.mark.parametrize("weights", [[], [0], [1, -1], [-1, 3]])
def test_weights_that_mean_nothing_are_refused(weights: list[int]) -> None:
    """A part of a negative size would be money from nowhere."""
    with pytest.raises(ValueError, match="weights must not be negative"):
        Money(100, "EUR").split(weights)


@given(AMOUNTS, AMOUNTS, CURRENCIES)
def test_sums_and_differences_are_those_of_the_integers(
    one: int, other: int, currency: str
) -> None:
    """Adding up an invoice is adding up integers."""
    first, second = Money(one, currency), Money(other, currency)
    assert (first + second).amount_minor == one + other
    assert (first - second) + second == first
    assert (first * 3).amount_minor == one * 3
    assert (first < second, first <= second) == (one < other, one <= other)
    assert bool(first) == bool(one)
    assert Money.zero(currency) + first == first


def test_two_currencies_never_meet() -> None:
    """A euro plus a dollar is a mistake, whatever the number."""
    euro, dollar = Money(100, "EUR"), Money(100, "USD")
    for meet in (
        lambda: euro + dollar,
        lambda: euro - dollar,
        lambda: euro < dollar,
        lambda: euro <= dollar,
    ):
        with pytest.raises(CurrencyMismatchError, match="EUR and USD"):
            meet()
    assert euro != dollar


@pytest.mark.parametrize("times", [1.5, Decimal(2), True])
def test_money_is_multiplied_by_integers_only(times: object) -> None:
    """A rate needs a rounding rule, and rounding happens once, at a named step."""
    with pytest.raises(TypeError, match="multiplied by integers"):
        Money(100, "EUR") * times  # type: ignore[operator]


def test_money_reads_as_people_write_it() -> None:
    """Explanations and logs are read by people."""
    assert [str(Money(1290, it)) for it in ("EUR", "JPY", "KWD")] == [
        "12.90 EUR",
        "1290 JPY",
        "1.290 KWD",
    ]
