"""Quotes: from terms, policies and adjustments to lines that explain themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from billing_hookspecs import (
    Charge,
    ChargingSituation,
    LateFee,
    LateFeeSituation,
    Money,
    Occasion,
    Period,
    PolicyKind,
    QuoteView,
    Step,
    TaxDecision,
    ValueType,
)
from billing_kernel.domain.addons import AddonTerm, addon_price
from billing_kernel.domain.derivations import (
    Derivation,
    Derived,
    Policies,
    PolicyCall,
    Situation,
    derivation_document,
    derive,
)
from billing_kernel.domain.periods import months_after
from billing_kernel.domain.tariffs import (
    Choice,
    TariffTerms,
    price_for,
    without_renewal_prices,
)
from billing_kernel.domain.taxes import UNTAXED


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of a quote or invoice. ``steps`` lead from the list price to ``net``.

    ``derivation`` is the document that the amounts can be made again from.
    """

    kind: str
    description: str
    net: Money
    tax_rate: str
    tax: Money
    total: Money
    period: Period | None
    steps: tuple[Step, ...]
    period_months: int | None = None
    resource_type: str | None = None
    derivation: dict[str, Any] | None = None


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
class Sale:
    """What is priced, and as of when.

    ``anchor_on``  the day that renewals count from.
    ``addons``     amounts by resource type; what isn't named costs nothing.
    ``view``       the sale as plugins see it that adjust prices.
    """

    occasion: Occasion
    period_months: int
    start_on: date
    anchor_on: date
    description: str
    view: QuoteView
    addons: Mapping[str, Any] = field(default_factory=dict)
    tax: TaxDecision = UNTAXED
    prices_include_tax: bool = False


def price_item(terms: TariffTerms, sale: Sale, policies: Policies) -> PricedItem:
    """Price one service for one period: itself, its addons and, for an order, its setup.

    Raises PeriodNotSoldError, AddonNotSoldError.
    """
    price = price_for(terms, sale.period_months, renewal=sale.occasion is Occasion.RENEWAL)
    main, period = _charged(terms, sale, policies, price, None)
    lines = [main]
    for addon in offered_addons(terms):
        beyond = _beyond_included(addon, sale)
        if beyond is not None:
            lines.append(_charged(terms, sale, policies, beyond, addon)[0])
    if sale.occasion is Occasion.ORDER and terms.setup_fee:
        lines.append(_setup_line(terms.setup_fee, sale, policies))
    return PricedItem(tuple(lines), period.end_on if period else None, sale.tax.note)


def price_day(terms: TariffTerms, sale: Sale, policies: Policies) -> PricedItem:
    """Price a day after the first one of a service that is charged daily.

    Days of the period that was ordered are shares of its price, those of later ones of what a
    renewal costs. Raises PeriodNotSoldError, AddonNotSoldError.
    """
    ordered_until = months_after(sale.anchor_on, sale.period_months)
    if sale.start_on < ordered_until or not sale.period_months:
        terms = without_renewal_prices(terms)
    return price_item(terms, replace(sale, occasion=Occasion.RENEWAL), policies)


def price_renewal(
    terms: TariffTerms, sale: Sale, delay: LateFeeSituation | None, policies: Policies
) -> PricedItem:
    """Price one service for its next period; ``delay`` is for one that has expired.

    Raises PeriodNotSoldError, AddonNotSoldError.
    """
    if delay is None:
        return price_item(terms, sale, policies)
    fee, start_on = late_fee_line(terms.policies.late_renewal_fee, delay, sale, policies)
    item = price_item(terms, replace(sale, start_on=start_on, anchor_on=start_on), policies)
    return item if fee is None else replace(item, lines=(*item.lines, fee))


def late_fee_line(
    choice: Choice, situation: LateFeeSituation, sale: Sale, policies: Policies
) -> tuple[PricedLine | None, date]:
    """The fee of a late renewal, None where it is free, and the day that its period begins."""
    call = call_policy(policies, PolicyKind.LATE_FEE, choice, situation)
    derivation = Derivation(sale.tax, sale.prices_include_tax, call)
    derived = derive(derivation, policies)
    if not isinstance(derived.decision, LateFee):
        raise TypeError(f"{call.key} is no late-fee policy")
    start_on = derived.decision.start_on
    if not derived.price:
        return None, start_on
    text = f"Late renewal: {sale.description}"
    return priced_line("late_fee", text, derivation, derived), start_on


def offered_addons(terms: TariffTerms) -> list[AddonTerm]:
    """The addons that services of this version have, in their order."""
    enabled = [addon for addon in terms.addons if addon.enabled]
    return sorted(enabled, key=lambda addon: (addon.sort, addon.resource_type))


def call_policy(
    policies: Policies, kind: PolicyKind, choice: Choice, situation: Situation
) -> PolicyCall:
    """Ask the policy that a tariff chose, in the version that is installed."""
    key = str(choice["policy"])
    return PolicyCall(kind, key, policies.version(kind, key), situation)


def parameters_of(choice: Choice) -> dict[str, Any]:
    """The parameters of a tariff's choice of a policy."""
    return {name: value for name, value in choice.items() if name != "policy"}


def priced_line(
    kind: str,
    description: str,
    derivation: Derivation,
    derived: Derived,
    *,
    period: Period | None = None,
    period_months: int | None = None,
    resource_type: str | None = None,
) -> PricedLine:
    """A line from its derivation."""
    return PricedLine(
        kind,
        description,
        derived.taxed.net,
        derivation.tax.rate,
        derived.taxed.tax,
        derived.taxed.total,
        period,
        derived.steps,
        period_months,
        resource_type,
        derivation_document(derivation, derived),
    )


def charging(
    terms: TariffTerms,
    sale: Sale,
    policies: Policies,
    price: Money,
    resource_type: str | None = None,
) -> tuple[Derivation, Derived, Period | None]:
    """What the tariff's charging policy and the plugins make of a list price, and its days."""
    situation = ChargingSituation(
        sale.occasion, sale.start_on, sale.anchor_on, sale.period_months, price,
        parameters_of(terms.charging), resource_type,
    )  # fmt: skip
    call = call_policy(policies, PolicyKind.CHARGING, terms.charging, situation)
    view = replace(sale.view, resource_type=resource_type)
    derivation = Derivation(sale.tax, sale.prices_include_tax, call, offered=view)
    derived = derive(derivation, policies)
    if not isinstance(derived.decision, Charge):
        raise TypeError(f"{call.key} is no charging policy")
    return derivation, derived, derived.decision.period


def _charged(
    terms: TariffTerms, sale: Sale, policies: Policies, price: Money, addon: AddonTerm | None
) -> tuple[PricedLine, Period | None]:
    """The line of the service itself, or of an addon."""
    resource_type = addon.resource_type if addon else None
    derivation, derived, period = charging(terms, sale, policies, price, resource_type)
    line = priced_line(
        "addon" if addon else "period",
        addon_text(addon, sale.addons[addon.resource_type]) if addon else sale.description,
        derivation,
        derived,
        period=period,
        period_months=sale.period_months,
        resource_type=resource_type,
    )
    return line, period


def addon_text(addon: AddonTerm, amount: Any) -> str:
    """How a line names an addon and how much of it."""
    name = next(iter(addon.name.values()), addon.resource_type)
    if addon.value_type is ValueType.ENUMERATION:
        chosen = {value.value_id: value for value in addon.value_prices}[amount]
        return f"{name}: {next(iter(chosen.name.values()), chosen.internal_name)}"
    if addon.value_type is ValueType.BOOLEAN:
        return name
    return f"{name}: {amount} {addon.unit}, {addon.included} included"


def _beyond_included(addon: AddonTerm, sale: Sale) -> Money | None:
    if addon.resource_type not in sale.addons:
        return None
    return addon_price(addon, sale.addons[addon.resource_type], sale.period_months)


def _setup_line(fee: Money, sale: Sale, policies: Policies) -> PricedLine:
    derivation = Derivation(sale.tax, sale.prices_include_tax, list_price=fee)
    derived = derive(derivation, policies)
    return priced_line("setup_fee", f"Setup of {sale.description}", derivation, derived)
