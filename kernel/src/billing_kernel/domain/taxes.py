"""Tax on a line: computed once, rounded once, net and tax always add up to the total."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from billing_hookspecs import Money, Step, TaxDecision
from billing_kernel.domain.rounding import fraction_of

UNTAXED = TaxDecision()
ANY_KIND = "any"

_RATE = re.compile(r"0(\.\d{1,6})?|1(\.0{1,6})?", re.ASCII)


def checked_rate(text: str) -> str:
    """A tax rate as it is stored; ValueError for what is no decimal fraction from 0 to 1."""
    if not _RATE.fullmatch(text):
        raise ValueError("must be a decimal fraction from 0 to 1, such as 0.20 for 20 %")
    return text


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    net: Money
    tax: Money
    steps: tuple[Step, ...]

    @property
    def total(self) -> Money:
        return self.net + self.tax


def tax_amount(price: Money, decision: TaxDecision, *, inclusive: bool) -> TaxedAmount:
    """Tax a list price; ``inclusive`` says that it is gross.

    A gross price whose rate is the one charged stays to the last minor unit. Otherwise the
    included tax is taken out and the charged one added to what is left.
    """
    if not inclusive:
        return _exclusive(price, decision, ())
    included = Fraction(decision.included_rate)
    within = fraction_of(price, included / (1 + included))
    steps: tuple[Step, ...] = ()
    if within:
        step = Step(
            "tax.included",
            f"{price} includes tax of {decision.included_rate}: {within}, rounded half up",
            {"gross_minor": price.amount_minor, "tax_rate": decision.included_rate},
            within.amount_minor,
        )
        steps = (step,)
    if Fraction(decision.rate) == included:
        return TaxedAmount(price - within, within, steps)
    return _exclusive(price - within, decision, steps)


@cache
def _fraction(rate: str) -> Fraction:
    return Fraction(rate)


def _exclusive(net: Money, decision: TaxDecision, steps: tuple[Step, ...]) -> TaxedAmount:
    tax = fraction_of(net, _fraction(decision.rate))
    if tax:
        step = Step(
            "tax.exclusive",
            f"tax of {decision.rate} on {net}: {tax}, rounded half up",
            {"net_minor": net.amount_minor, "tax_rate": decision.rate},
            tax.amount_minor,
        )
        steps = (*steps, step)
    return TaxedAmount(net, tax, steps)
