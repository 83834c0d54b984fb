"""Prices: from the list price over adjustments to lines that explain themselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing import PoliciesAtHand, sale_of

from billing_hookspecs import (
    Adjustment,
    ChargingSituation,
    Money,
    Occasion,
    Period,
    PolicyKind,
    TaxDecision,
)
from billing_kernel.domain.derivations import PolicyCall, read_derivation
from billing_kernel.domain.pricing import PricedItem, Sale, price_item
from billing_kernel.domain.tariffs import PeriodNotSoldError, PriceTerm, TariffTerms

DAY = date(2026, 1, 31)
PLAIN = PoliciesAtHand()
RATES = ("0", "0.05", "0.20", "0.077", "1")

amounts = st.integers(0, 10**9)
changes = st.lists(st.integers(-(10**9), 10**9), max_size=4)


def terms(price: int, setup_fee: int = 0) -> TariffTerms:
    return TariffTerms(
        "EUR",
        (PriceTerm(1, Money(price, "EUR")), PriceTerm(0, Money(price, "EUR"))),
        Money(setup_fee, "EUR") if setup_fee else None,
        {"policy": "period", "grace_days": 3},
    )


def sale(
    occasion: Occasion = Occasion.ORDER, months: int = 1, rate: str = "0", *, gross: bool = False
) -> Sale:
    tax = TaxDecision(rate, rate if gross else "0")
    return sale_of(DAY, occasion, months, tax=tax, prices_include_tax=gross)


def priced(price: int, adjustments: list[int], setup_fee: int = 0, rate: str = "0") -> PricedItem:
    answers = [
        (f"plugin_{number}", Adjustment(change, "Change", "test.change"))
        for number, change in enumerate(adjustments)
    ]
    policies = PoliciesAtHand(lambda _view: answers)
    return price_item(terms(price, setup_fee), sale(rate=rate), policies)


@given(price=amounts, adjustments=changes, rate=st.sampled_from(RATES))
def test_no_line_ever_falls_below_zero(price: int, adjustments: list[int], rate: str) -> None:
    """Two discounts together must not make an order pay its client."""
    for line in priced(price, adjustments, 500, rate).lines:
        assert min(line.net, line.tax, line.total) >= Money.zero("EUR")
        assert line.net + line.tax == line.total


@given(price=amounts, adjustments=changes, rate=st.sampled_from(RATES))
def test_the_steps_lead_from_the_list_price_to_the_amount(
    price: int, adjustments: list[int], rate: str
) -> None:
    """Whoever doubts an invoice can recompute it from what it says."""
    line = priced(price, adjustments, rate=rate).lines[0]
    first, *rest = line.steps
    assert (first.rule, first.result) == ("charging.period", price)
    running = price
    for step, change in zip(rest, adjustments, strict=False):
        assert (step.inputs["before_minor"], step.inputs["adjustment_minor"]) == (running, change)
        running = max(0, running + change)
        assert step.result == running
    assert line.net.amount_minor == running
    taxing = rest[len(adjustments) :]
    assert sum(step.result for step in taxing) == line.tax.amount_minor
    assert all(step.inputs["net_minor"] == running for step in taxing)


def test_adjustments_name_the_plugins_that_made_them_in_their_order() -> None:
    """A discount of nobody couldn't be asked about."""
    line = priced(1000, [-100, 50]).lines[0]
    assert [step.inputs.get("plugin") for step in line.steps] == [None, "plugin_0", "plugin_1"]
    assert line.net == Money(950, "EUR")


@given(price=amounts, fee=st.integers(1, 10**9), rate=st.sampled_from(RATES))
def test_a_setup_fee_is_asked_once_with_the_order(price: int, fee: int, rate: str) -> None:
    """Renewals must not ask for it again, and discounts on the period don't touch it."""
    order = priced(price, [-(10**9)], fee, rate)
    renewal = price_item(terms(price, fee), sale(Occasion.RENEWAL, rate=rate), PLAIN)
    assert [line.kind for line in order.lines] == ["period", "setup_fee"]
    assert order.lines[1].net == Money(fee, "EUR")
    assert order.lines[1].period is None
    assert [line.kind for line in renewal.lines] == ["period"]
    whole = order.lines[0].total + order.lines[1].total
    assert order.total("EUR") == whole


def test_a_line_says_which_days_it_pays_for() -> None:
    """The period on the invoice is the one that will be billed."""
    item = priced(1000, [])
    assert item.lines[0].period == Period(DAY, date(2026, 2, 28))
    assert (item.expires_on, item.lines[0].period_months) == (date(2026, 2, 28), 1)


def test_what_is_bought_once_has_no_end() -> None:
    """Period 0 is paid once; nothing of it may ever come up for renewal."""
    item = price_item(terms(1000), sale(months=0), PLAIN)
    assert (item.expires_on, item.lines[0].period) == (None, None)
    assert item.lines[0].net == Money(1000, "EUR")


@given(price=amounts, rate=st.sampled_from(RATES))
def test_a_gross_price_stays_what_the_client_was_shown(price: int, rate: str) -> None:
    """Where list prices include tax, the total is the list price to the last minor unit."""
    item = price_item(terms(price), sale(rate=rate, gross=True), PLAIN)
    assert item.lines[0].total == Money(price, "EUR")


def test_a_policy_sees_its_parameters_and_not_its_own_name() -> None:
    """The policy's name chose it; the rest of the object is what it reads."""
    line = price_item(terms(700), sale(Occasion.RENEWAL), PLAIN).lines[0]
    assert line.derivation is not None
    asked = read_derivation(line.derivation).asked
    assert asked == PolicyCall(
        PolicyKind.CHARGING,
        "period",
        1,
        ChargingSituation(Occasion.RENEWAL, DAY, DAY, 1, Money(700, "EUR"), {"grace_days": 3}),
    )


def test_a_period_without_a_price_is_not_priced() -> None:
    """Nothing is extrapolated."""
    with pytest.raises(PeriodNotSoldError):
        price_item(terms(1000), sale(months=7), PLAIN)
