"""Amounts come out again from what is stored of how they were made."""

import json
import random
from datetime import date, timedelta
from typing import Any

import pytest
from tests.pricing import PoliciesAtHand, sale_of

from billing_hookspecs import (
    Adjustment,
    LateFeeSituation,
    Money,
    Occasion,
    PaidPeriod,
    Period,
    QuoteView,
    TaxDecision,
    ValueType,
)
from billing_kernel.domain.addons import AddonPrice, AddonTerm, ValuePrices
from billing_kernel.domain.derivations import derive, read_derivation
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.periods import overdue_days
from billing_kernel.domain.pricing import PricedLine, late_fee_line, price_item
from billing_kernel.domain.repricing import (
    Running,
    price_addon_change,
    price_tariff_change,
)
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies, TariffTerms

ORDERS = 10_000
CURRENCIES = ("JPY", "EUR", "KWD")
CHARGING: tuple[dict[str, Any], ...] = (
    {"policy": "period"},
    {"policy": "calendar", "pro_rata_day": 15},
    {"policy": "calendar", "pro_rata_day": 1},
    {"policy": "daily", "by_order_period": True},
)
CHANGES = ("change_period", "refund_difference", "charge_only", "full_payment")


def discount(view: QuoteView) -> list[tuple[str, Adjustment]]:
    """A seventh off everything but renewals, as a plugin would round it."""
    if view.occasion is Occasion.RENEWAL:
        return []
    return [("loyalty", Adjustment(-(view.net.amount_minor // 7), "Loyalty", "loyalty.seventh"))]


POLICIES = PoliciesAtHand(discount)


def random_terms(dice: random.Random, currency: str, charging: dict[str, Any]) -> TariffTerms:
    def price(most: int) -> Money:
        return Money(dice.randrange(most), currency)

    def prices(most: int) -> tuple[AddonPrice, ...]:
        return tuple(AddonPrice(months, price(most)) for months in (1, 3, 12))

    return TariffTerms(
        currency,
        tuple(PriceTerm(months, price(10**6), price(10**6)) for months in (1, 3, 12)),
        price(10**4) if dice.random() < 0.5 else None,
        charging,
        policies=TariffPolicies(
            late_renewal_fee={"policy": "percent", "percent": str(dice.randrange(200))},
            tariff_change={"policy": dice.choice(CHANGES)},
            addon_order={"policy": dice.choice(("until_expiration", "full_period"))},
            addon_cancellation={"policy": dice.choice(("refund", "no_refund"))},
        ),
        addons=(
            AddonTerm(1, "disk", included=10, default=10, max=200, prices=prices(999)),
            AddonTerm(2, "backup", ValueType.BOOLEAN, prices=prices(9999)),
            AddonTerm(
                3,
                "panel",
                ValueType.ENUMERATION,
                value_prices=(ValuePrices(1, prices(10**5), "a"), ValuePrices(2, prices(10**5))),
            ),
        ),
    )


def random_lines(dice: random.Random) -> list[PricedLine]:
    """What an order, its late renewal, more and less of its addons and a change would cost."""
    currency, charging = dice.choice(CURRENCIES), dice.choice(CHARGING)
    day = date(2024, 1, 1) + timedelta(dice.randrange(1500))
    tax = TaxDecision(rate := dice.choice(("0", "0.05", "0.077", "0.20")), rate)
    more: dict[str, Any] = {
        "currency": currency,
        "tax": tax,
        "prices_include_tax": dice.random() < 0.5,
        "addons": {
            "disk": dice.randrange(10, 200),
            "backup": dice.random() < 0.5,
            "panel": dice.choice((1, 2)),
        },
    }
    terms, months = random_terms(dice, currency, charging), dice.choice((1, 3, 12))
    order = price_item(terms, sale_of(day, months=months, **more), POLICIES)
    lines = list(order.lines)
    period = order.lines[0].period
    if period is None or charging["policy"] == "daily":
        return lines
    bought = {line.resource_type: line.net for line in lines if line.resource_type}
    paid = Paid(period.start_on, period.end_on, months, lines[0].net, bought)
    running = Running(terms, paid, more["addons"], period.end_on, day, 1)
    today = day + timedelta(dice.randrange(period.days))
    change = sale_of(today, Occasion.CHANGE, months, **more)
    other = random_terms(dice, currency, {"policy": "period"})
    lines += price_tariff_change(running, other, 2, change, POLICIES).lines
    lines += price_addon_change(running, {"disk": dice.randrange(10, 200)}, change, POLICIES).lines
    late_on = period.end_on + timedelta(dice.randrange(1, 60))
    delay = LateFeeSituation(
        period.end_on, late_on, overdue_days(period.end_on, late_on), paid.period(),
        parameters={"percent": terms.policies.late_renewal_fee["percent"]},
    )  # fmt: skip
    renewal = sale_of(late_on, Occasion.RENEWAL, months, **more)
    fee, start_on = late_fee_line(terms.policies.late_renewal_fee, delay, renewal, POLICIES)
    anew = sale_of(start_on, Occasion.RENEWAL, months, **more)
    return [*lines, *([fee] if fee else []), *price_item(terms, anew, POLICIES).lines]


@pytest.mark.slow
def test_ten_thousand_random_orders_come_out_again() -> None:
    """Through JSON and back, to the last minor unit and the last word of the explanation."""
    dice = random.Random(20260131)
    kinds: set[str] = set()
    for _ in range(ORDERS):
        for line in random_lines(dice):
            kinds.add(line.kind)
            stored = json.loads(json.dumps(line.derivation))
            again = derive(read_derivation(stored), POLICIES)
            assert (again.taxed.net, again.taxed.tax, again.taxed.total) == (
                line.net,
                line.tax,
                line.total,
            )
            assert again.steps == line.steps
            assert stored["price"]["amount_minor"] == again.price.amount_minor
    assert kinds == {"period", "addon", "setup_fee", "change", "refund", "late_fee"}


def test_a_derivation_shows_what_has_changed() -> None:
    """Had the price been another, the amounts would be: the check can fail."""
    terms = TariffTerms("EUR", (PriceTerm(1, Money(1000, "EUR")),))
    line = price_item(terms, sale_of(date(2026, 1, 31)), POLICIES).lines[0]
    stored = json.loads(json.dumps(line.derivation))
    stored["asked"]["situation"]["price"]["amount_minor"] = 1001
    assert derive(read_derivation(stored), PoliciesAtHand()).taxed.net != line.net


def test_a_paid_period_is_the_service_with_its_addons() -> None:
    """The daily cost of a service is of all that was paid for it."""
    paid = Paid(
        date(2026, 1, 1), date(2026, 2, 1), 1, Money(1000, "EUR"), {"disk": Money(200, "EUR")}
    )
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    assert paid.period() == PaidPeriod(Money(1200, "EUR"), january, 1)
