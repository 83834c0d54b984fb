"""Terms of tariff plans: which price a period has, and that they survive storage."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money
from billing_kernel.domain.tariffs import (
    PeriodNotSoldError,
    PriceTerm,
    TariffTerms,
    price_for,
    read_terms,
    terms_document,
)

TERMS = TariffTerms(
    "RUB",
    (
        PriceTerm(1, Money(1000, "RUB")),
        PriceTerm(12, Money(10000, "RUB"), renewal_price=Money(11000, "RUB")),
        PriceTerm(36, Money(30000, "RUB"), orderable=False),
        PriceTerm(0, Money(0, "RUB"), renewal_price=Money(0, "RUB")),
    ),
)


@pytest.mark.parametrize(
    ("months", "renewal", "price"),
    [
        (1, False, 1000),
        (1, True, 1000),
        (12, False, 10000),
        (12, True, 11000),
        (36, True, 30000),
        (0, False, 0),
        (0, True, 0),
    ],
)
def test_a_period_has_its_price_and_renewals_may_have_their_own(
    months: int, renewal: bool, price: int
) -> None:
    """A renewal price of zero is a price too, not a missing one."""
    assert price_for(TERMS, months, renewal=renewal) == Money(price, "RUB")


@pytest.mark.parametrize(("months", "renewal"), [(3, False), (3, True), (36, False)])
def test_a_period_that_is_not_sold_is_refused_with_those_that_are(
    months: int, renewal: bool
) -> None:
    """No price is ever guessed from other periods; periods kept for renewals can't be ordered."""
    there = "1, 12, 36, 0" if renewal else "1, 12, 0"
    with pytest.raises(PeriodNotSoldError, match=f"{months} is not sold; there are: {there}$"):
        price_for(TERMS, months, renewal=renewal)


def test_a_plan_without_prices_sells_nothing() -> None:
    """Imported plans begin so."""
    with pytest.raises(PeriodNotSoldError, match="there are: none"):
        price_for(TariffTerms("RUB"), 1, renewal=False)


amounts = st.integers(0, 10**12).map(lambda minor: Money(minor, "EUR"))
price_terms = st.builds(PriceTerm, st.integers(0, 120), amounts, st.none() | amounts, st.booleans())
any_terms = st.builds(
    TariffTerms,
    st.just("EUR"),
    st.lists(price_terms, max_size=4).map(tuple),
    st.none() | amounts,
    st.just({"policy": "period"}),
    st.text(max_size=10),
    st.integers(1, 100),
    st.none() | st.integers(1, 100),
)


@given(any_terms)
def test_terms_come_back_from_the_database_as_they_went(terms: TariffTerms) -> None:
    """A sold service is renewed by the terms that its version keeps for years."""
    assert read_terms(json.loads(json.dumps(terms_document(terms)))) == terms


def test_terms_of_a_later_version_are_refused_not_half_read() -> None:
    """A field that this version doesn't know may change the price."""
    document = {**terms_document(TERMS), "surcharge": 5}
    with pytest.raises(msgspec.ValidationError, match="surcharge"):
        read_terms(document)
