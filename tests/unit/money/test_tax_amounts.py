"""Tax on a line: rounded once, and net and tax always add up to the total."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing import PoliciesAtHand, sale_of

from billing_hookspecs import Money, TaxDecision
from billing_kernel.domain.pricing import PricedLine, price_item
from billing_kernel.domain.tariffs import PriceTerm, TariffTerms
from billing_kernel.domain.taxes import checked_rate, tax_amount

TODAY = date(2026, 1, 31)
CURRENCIES = ("JPY", "EUR", "KWD")
"""With 0, 2 and 3 decimals."""

amounts = st.integers(-(10**12), 10**12)
prices = st.builds(Money, st.integers(0, 10**9), st.sampled_from(CURRENCIES))
rates = st.decimals(0, 1, places=4).map(str)


@given(st.builds(Money, amounts, st.sampled_from(CURRENCIES)), rates)
def test_exclusive_tax_is_added_and_rounded_half_up_once(price: Money, rate: str) -> None:
    """The exact tax and the charged one differ by at most half a minor unit."""
    taxed = tax_amount(price, TaxDecision(rate), inclusive=False)
    exact = Fraction(price.amount_minor) * Fraction(rate)
    assert taxed.net == price
    assert taxed.net + taxed.tax == taxed.total
    assert abs(taxed.tax.amount_minor - exact) <= Fraction(1, 2)
    if abs(taxed.tax.amount_minor - exact) == Fraction(1, 2):
        assert abs(taxed.tax.amount_minor) > abs(exact)


@given(st.builds(Money, amounts, st.sampled_from(CURRENCIES)), rates)
def test_a_gross_price_stays_to_the_minor_unit(price: Money, rate: str) -> None:
    """Who was shown 19.99 pays 19.99, whatever the rate."""
    taxed = tax_amount(price, TaxDecision(rate, rate), inclusive=True)
    exact = Fraction(price.amount_minor) * Fraction(rate) / (1 + Fraction(rate))
    assert taxed.total == price
    assert taxed.net + taxed.tax == taxed.total
    assert abs(taxed.tax.amount_minor - exact) <= Fraction(1, 2)


@given(st.builds(Money, amounts, st.sampled_from(CURRENCIES)), rates, rates)
def test_another_rate_than_the_included_one_is_charged_on_what_is_left(
    price: Money, charged: str, included: str
) -> None:
    """An export of a gross price is the net price; each of the two taxes is rounded once."""
    taxed = tax_amount(price, TaxDecision(charged, included), inclusive=True)
    assert taxed.net + taxed.tax == taxed.total
    if Decimal(charged) != Decimal(included):
        home = tax_amount(price, TaxDecision(included, included), inclusive=True)
        assert taxed.net == home.net
        assert taxed.tax == tax_amount(home.net, TaxDecision(charged), inclusive=False).tax


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=30),
    st.sampled_from(CURRENCIES),
    rates,
    st.booleans(),
)
def test_totals_of_several_lines_add_up_both_ways(
    minors: list[int], currency: str, rate: str, inclusive: bool
) -> None:
    """A document is checked by adding its columns: across and down give the same."""
    lines = [
        tax_amount(Money(minor, currency), TaxDecision(rate, rate), inclusive=inclusive)
        for minor in minors
    ]
    zero = Money.zero(currency)
    net, tax = sum((line.net for line in lines), zero), sum((line.tax for line in lines), zero)
    assert net + tax == sum((line.total for line in lines), zero)
    if inclusive:
        assert (net + tax).amount_minor == sum(minors)


@given(prices, prices, rates, st.booleans())
def test_every_line_of_an_item_is_taxed_by_itself(
    price: Money, fee: Money, rate: str, inclusive: bool
) -> None:
    """Price and setup fee are rounded apart, as the invoice shows them."""
    fee = Money(fee.amount_minor, price.currency)
    lines = priced(price, fee, TaxDecision(rate, rate), inclusive)
    assert len(lines) == (2 if fee else 1)
    for line, amount in zip(lines, (price, fee), strict=False):
        assert line.net + line.tax == line.total
        assert amount in (line.net, line.total)
        assert line.tax_rate == rate


def priced(price: Money, fee: Money, tax: TaxDecision, inclusive: bool) -> tuple[PricedLine, ...]:
    terms = TariffTerms(price.currency, (PriceTerm(1, price),), fee)
    sale = sale_of(TODAY, currency=price.currency, tax=tax, prices_include_tax=inclusive)
    return price_item(terms, sale, PoliciesAtHand()).lines


@pytest.mark.parametrize(
    ("price", "rate", "inclusive", "net", "tax"),
    [
        (Money(1000, "EUR"), "0.20", False, 1000, 200),
        (Money(1200, "EUR"), "0.20", True, 1000, 200),
        (Money(1999, "EUR"), "0.19", True, 1680, 319),
        (Money(5, "EUR"), "0.10", False, 5, 1),
        (Money(999, "JPY"), "0.10", False, 999, 100),
        (Money(1099, "JPY"), "0.10", True, 999, 100),
        (Money(12345, "KWD"), "0.05", False, 12345, 617),
        (Money(-1000, "EUR"), "0.20", False, -1000, -200),
    ],
)
def test_worked_examples(price: Money, rate: str, inclusive: bool, net: int, tax: int) -> None:
    """Half a minor unit goes up, a refund mirrors its charge, each currency has its own unit."""
    taxed = tax_amount(price, TaxDecision(rate, rate), inclusive=inclusive)
    assert (taxed.net.amount_minor, taxed.tax.amount_minor) == (net, tax)


def test_an_amount_says_how_its_tax_came_about() -> None:
    """The explanation has every amount that was rounded, and by which rate."""
    steps = tax_amount(Money(1200, "EUR"), TaxDecision("0.10", "0.20"), inclusive=True).steps
    assert [(step.rule, step.result) for step in steps] == [
        ("tax.included", 200),
        ("tax.exclusive", 100),
    ]


@pytest.mark.parametrize("rate", ["0", "1", "0.2", "0.20", "0.055", "0.000001", "1.0"])
def test_rates_are_decimal_fractions(rate: str) -> None:
    """Kept as they were written: 0.20 is shown as 0.20."""
    assert checked_rate(rate) == rate


@pytest.mark.parametrize(
    "rate", ["", "20", "20%", "-0.2", "1.01", ".2", "0,2", "1/5", "2e-1", "0."]
)
def test_what_is_no_rate_is_refused(rate: str) -> None:
    """Twenty instead of 0.20 would be a tax of two thousand per cent."""
    with pytest.raises(ValueError, match=r"such as 0\.20"):
        checked_rate(rate)
