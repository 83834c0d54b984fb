"""Shares of amounts, rounded once."""

from collections.abc import Sequence
from fractions import Fraction

from billing_hookspecs import Money, round_half_up


def fraction_of(amount: Money, share: Fraction) -> Money:
    """``share`` of an amount, rounded half up."""
    return Money(round_half_up(amount.amount_minor * share), amount.currency)


def split(amount: Money, weights: Sequence[int | Fraction]) -> list[Money]:
    """An amount in parts by their weights, which together aren't zero.

    The parts add up to it: what is left over goes to the first ones, a minor unit each.
    """
    whole = sum(weights)
    each = Fraction(amount.amount_minor, whole)
    exact = [each * weight for weight in weights]
    parts = [part.__floor__() for part in exact]
    over = amount.amount_minor - sum(parts)
    for index, fraction in enumerate(exact):
        if over and fraction.denominator > 1:
            parts[index] += 1
            over -= 1
    return [Money(part, amount.currency) for part in parts]
