"""The one rounding: exact fractions become minor units half up, away from zero at the half."""

from fractions import Fraction

from billing_hookspecs import Money


def round_half_up(value: Fraction) -> int:
    """The nearest whole number; halves go away from zero."""
    sign = -1 if value < 0 else 1
    doubled = 2 * abs(value.numerator) + value.denominator
    return sign * (doubled // (2 * value.denominator))


def fraction_of(amount: Money, share: Fraction) -> Money:
    """``share`` of an amount, rounded once."""
    return Money(round_half_up(amount.amount_minor * share), amount.currency)
