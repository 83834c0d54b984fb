"""Shares of amounts, rounded once."""

from fractions import Fraction

from billing_hookspecs import Money, round_half_up


def fraction_of(amount: Money, share: Fraction) -> Money:
    """``share`` of an amount, rounded half up."""
    return Money(round_half_up(amount.amount_minor * share), amount.currency)
