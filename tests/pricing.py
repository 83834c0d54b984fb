"""Pricing without a kernel: the standard policies, and whatever a test adds to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing_hookspecs import Adjustment, Money, Objection, Occasion, PolicyKind, QuoteView
from billing_kernel.builtin import StandardPolicies
from billing_kernel.domain.derivations import Decision, Situation
from billing_kernel.domain.pricing import Sale

STANDARD: dict[tuple[PolicyKind, str], Any] = {
    (policy.kind, policy.key): policy for policy in StandardPolicies().billing_pricing_policies()
}

Adjust = Callable[[QuoteView], Sequence[tuple[str, Adjustment]]]


def unadjusted(_view: QuoteView) -> Sequence[tuple[str, Adjustment]]:
    return ()


@dataclass(frozen=True)
class PoliciesAtHand:
    """The standard policies; ``adjusting`` stands for the plugins that adjust prices."""

    adjusting: Adjust = unadjusted

    def version(self, kind: PolicyKind, key: str) -> int:
        return int(STANDARD[kind, key].version)

    def decide(self, kind: PolicyKind, key: str, situation: Situation) -> Decision | Objection:
        policy = STANDARD[kind, key]
        method = policy.charge if kind is PolicyKind.CHARGING else policy.decide
        answer: Decision | Objection = method(situation)
        return answer

    def adjust(self, view: QuoteView) -> Sequence[tuple[str, Adjustment]]:
        return self.adjusting(view)


def sale_of(
    day: date,
    occasion: Occasion = Occasion.ORDER,
    months: int = 1,
    *,
    currency: str = "EUR",
    **more: Any,
) -> Sale:
    """A sale of one service that begins on ``day``."""
    view = QuoteView(1, None, "thing", 1, occasion, months, 1, Money.zero(currency))
    values: dict[str, Any] = {"anchor_on": day, "description": "Thing", "view": view} | more
    return Sale(occasion, months, day, **values)
