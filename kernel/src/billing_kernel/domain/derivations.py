"""What made an amount: which policy saw what, so that the amount can be made again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import msgspec

from billing_hookspecs import (
    AddonAmount,
    AddonSituation,
    Adjustment,
    Charge,
    ChargingSituation,
    LateFee,
    LateFeeSituation,
    Money,
    Objection,
    PolicyKind,
    QuoteView,
    Step,
    TariffChange,
    TariffChangeSituation,
    TaxDecision,
)
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.taxes import TaxedAmount, tax_amount

Situation = ChargingSituation | LateFeeSituation | TariffChangeSituation | AddonSituation
Decision = Charge | LateFee | TariffChange | AddonAmount

SITUATIONS: Final[Mapping[PolicyKind, type[Situation]]] = {
    PolicyKind.CHARGING: ChargingSituation,
    PolicyKind.LATE_FEE: LateFeeSituation,
    PolicyKind.TARIFF_CHANGE: TariffChangeSituation,
    PolicyKind.ADDON_ORDER: AddonSituation,
    PolicyKind.ADDON_CANCELLATION: AddonSituation,
}


class PolicyObjectsError(RuleError):
    """A policy forbids what is asked for."""

    code = "policy.objects"


class Policies(Protocol):
    """The installed policies and price-adjusting plugins, as pricing needs them."""

    def version(self, kind: PolicyKind, key: str) -> int:
        """Which version of a policy is installed."""

    def decide(self, kind: PolicyKind, key: str, situation: Situation) -> Decision | Objection:
        """What a policy says of a situation."""

    def adjust(self, view: QuoteView) -> Sequence[tuple[str, Adjustment]]:
        """The plugins' names, and what each of them adds to a line."""


@dataclass(frozen=True, slots=True)
class PolicyCall:
    """A policy in one version, and what it was asked."""

    kind: PolicyKind
    key: str
    version: int
    situation: Situation


@dataclass(frozen=True, slots=True)
class Derivation:
    """Everything that a line's amounts are made from.

    ``asked``       the policy that decides the price; None where ``list_price`` is the price.
    ``gives_back``  what the policy says is returned instead of asked for.
    ``offered``     the line as plugins see it that adjust prices, None where none may; its
                    ``net`` is filled in with what the policy said.
    """

    tax: TaxDecision
    prices_include_tax: bool
    asked: PolicyCall | None = None
    list_price: Money | None = None
    gives_back: bool = False
    offered: QuoteView | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """The amounts of a line. ``price`` is before the tax rule, gross where prices are gross."""

    price: Money
    taxed: TaxedAmount
    steps: tuple[Step, ...]
    decision: Decision | None = None


def derive(derivation: Derivation, policies: Policies) -> Derived:
    """Make a line's amounts; raises PolicyObjectsError where the policy forbids it."""
    decision = _decide(derivation, policies)
    price, steps = _price(derivation, decision)
    if derivation.offered is not None:
        view = replace(derivation.offered, net=price)
        price, steps = _adjusted(price, steps, policies.adjust(view))
    taxed = tax_amount(price, derivation.tax, inclusive=derivation.prices_include_tax)
    return Derived(price, taxed, (*steps, *taxed.steps), decision)


def derivation_document(derivation: Derivation, derived: Derived) -> dict[str, Any]:
    """The derivation as a JSON document, with the price that it gave."""
    document: dict[str, Any] = msgspec.to_builtins(derivation)
    return {**document, "price": msgspec.to_builtins(derived.price)}


def read_derivation(document: Mapping[str, Any]) -> Derivation:
    """A derivation from its document."""
    asked, offered, price = document["asked"], document["offered"], document["list_price"]
    return Derivation(
        msgspec.convert(document["tax"], TaxDecision),
        document["prices_include_tax"],
        _read_call(asked) if asked else None,
        msgspec.convert(price, Money) if price else None,
        document["gives_back"],
        msgspec.convert(offered, QuoteView) if offered else None,
    )


def _read_call(document: Mapping[str, Any]) -> PolicyCall:
    kind = PolicyKind(document["kind"])
    situation = msgspec.convert(document["situation"], SITUATIONS[kind])
    return PolicyCall(kind, document["key"], document["version"], situation)


def _decide(derivation: Derivation, policies: Policies) -> Decision | None:
    asked = derivation.asked
    if asked is None:
        return None
    decision = policies.decide(asked.kind, asked.key, asked.situation)
    if isinstance(decision, Objection):
        raise PolicyObjectsError(decision.message)
    return decision


def _price(derivation: Derivation, decision: Decision | None) -> tuple[Money, tuple[Step, ...]]:
    if decision is None:
        price = derivation.list_price
        if price is None:
            raise ValueError("a derivation without a policy needs a list price")
        step = Step(
            "pricing.once", f"{price} once", {"price_minor": price.amount_minor}, price.amount_minor
        )
        return price, (step,)
    price = decision.fee if isinstance(decision, LateFee) else decision.amount
    return -price if derivation.gives_back else price, decision.steps


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
