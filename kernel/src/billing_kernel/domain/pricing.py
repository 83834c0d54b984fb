"""Quotes: from terms, policies and adjustments to lines that explain themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing_hookspecs import (
    Adjustment,
    Charge,
    ChargingSituation,
    Money,
    Occasion,
    Period,
    Step,
    TaxDecision,
)
from billing_kernel.domain.tariffs import TariffTerms, price_for
from billing_kernel.domain.taxes import UNTAXED, tax_amount


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of a quote or invoice. ``steps`` lead from the list price to ``net``."""

    kind: str
    description: str
    net: Money
    tax_rate: str
    tax: Money
    total: Money
    period: Period | None
    steps: tuple[Step, ...]
    period_months: int | None = None


@dataclass(frozen=True, slots=True)
class PricedItem:
    """What one service costs: its lines, and when what they pay for ends.

    ``tax_note`` is what its document must say of the tax.
    """

    lines: tuple[PricedLine, ...]
    expires_on: date | None
    tax_note: str = ""

    def total(self, currency: str) -> Money:
        return sum((line.total for line in self.lines), Money.zero(currency))


@dataclass(frozen=True, slots=True)
class Situation:
    """What is priced, and as of when."""

    occasion: Occasion
    period_months: int
    start_on: date
    anchor_on: date
    description: str
    tax: TaxDecision = UNTAXED
    prices_include_tax: bool = False


Charging = Callable[[ChargingSituation], Charge]
"""A charging policy: what a period costs, and which days it pays for."""

Adjuster = Callable[[Money], Sequence[tuple[str, Adjustment]]]
"""From a line's net amount to the plugins' names and what each of them adds."""


def price_item(
    terms: TariffTerms, charging: Charging, situation: Situation, adjust: Adjuster
) -> PricedItem:
    """Price one service for one period; raises PeriodNotSoldError."""
    price = price_for(
        terms, situation.period_months, renewal=situation.occasion is Occasion.RENEWAL
    )
    parameters = {key: value for key, value in terms.charging.items() if key != "policy"}
    charge = charging(
        ChargingSituation(
            situation.occasion, situation.start_on, situation.anchor_on,
            situation.period_months, price, parameters,
        )
    )  # fmt: skip
    net, steps = _adjusted(charge.amount, charge.steps, adjust(charge.amount))
    line = _line("period", situation.description, net, situation, charge.period, steps)
    lines = [replace(line, period_months=situation.period_months)]
    if situation.occasion is Occasion.ORDER and terms.setup_fee:
        fee = terms.setup_fee
        step = Step("setup_fee", f"{fee} once", {"fee_minor": fee.amount_minor}, fee.amount_minor)
        text = f"Setup of {situation.description}"
        lines.append(_line("setup_fee", text, fee, situation, None, (step,)))
    expires_on = charge.period.end_on if charge.period else None
    return PricedItem(tuple(lines), expires_on, situation.tax.note)


def _adjusted(
    amount: Money, steps: tuple[Step, ...], adjustments: Sequence[tuple[str, Adjustment]]
) -> tuple[Money, tuple[Step, ...]]:
    """The amount after all adjustments, never below zero, and the steps with theirs added."""
    for plugin, adjustment in adjustments:
        after = Money(max(0, amount.amount_minor + adjustment.amount_minor), amount.currency)
        inputs = {
            "plugin": plugin,
            "before_minor": amount.amount_minor,
            "adjustment_minor": adjustment.amount_minor,
        }
        steps = (*steps, Step(adjustment.rule, adjustment.title, inputs, after.amount_minor))
        amount = after
    return amount, steps


def _line(
    kind: str, description: str, price: Money, situation: Situation,
    period: Period | None, steps: tuple[Step, ...],
) -> PricedLine:  # fmt: skip
    taxed = tax_amount(price, situation.tax, inclusive=situation.prices_include_tax)
    return PricedLine(
        kind, description, taxed.net, situation.tax.rate, taxed.tax, taxed.total, period,
        (*steps, *taxed.steps),
    )  # fmt: skip
