"""Splitting and tax never lose or make a minor unit, whatever a currency's decimals."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money, minor_units
from billing_kernel.domain.taxes import TaxDecision, tax_amount

DECIMALS = {"JPY": 0, "EUR": 2, "KWD": 3}

currencies = st.sampled_from(sorted(DECIMALS))
decimal_rates = st.decimals(0, 1, places=4).map(str)


@given(currencies)
def test_each_has_its_own_decimals(currency: str) -> None:
    """The tests below mean nothing if all currencies were alike."""
    assert minor_units(currency) == DECIMALS[currency]


@given(
    st.integers(-(10**12), 10**12),
    currencies,
    st.lists(st.integers(0, 99), min_size=1, max_size=31),
)
def test_parts_add_up_to_the_whole(amount: int, currency: str, weights: list[int]) -> None:
    """And each is within one minor unit of its exact share."""
    weights[0] += 1
    money = Money(amount, currency)
    parts = money.split(weights)
    assert sum(part.amount_minor for part in parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount_minor - Fraction(amount * weight, sum(weights))) <= 1


@given(st.integers(0, 10**12), currencies, decimal_rates, st.booleans())
def test_net_and_tax_add_up_to_the_total(
    price: int, currency: str, rate: str, inclusive: bool
) -> None:
    """An inclusive price is the total to the minor unit; an exclusive one is the net."""
    taxed = tax_amount(Money(price, currency), TaxDecision(rate, rate), inclusive=inclusive)
    assert taxed.net + taxed.tax == taxed.total
    assert (taxed.total if inclusive else taxed.net).amount_minor == price
    exact = Fraction(rate) * (
        Fraction(price) / (1 + Fraction(rate)) if inclusive else Fraction(price)
    )
    assert abs(taxed.tax.amount_minor - exact) <= Fraction(1, 2)
