"""How a refund is spread over the lines of an invoice."""

from dataclasses import dataclass
from fractions import Fraction

from billing_hookspecs import Money
from billing_kernel.domain.rounding import fraction_of


@dataclass(frozen=True, slots=True)
class RefundShare:
    """What one invoice line gives back; ``net`` and ``tax`` add up to its part."""

    line_id: int
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class RefundableLine:
    line_id: int
    total: Money
    tax_rate: str


def share_refund(amount: Money, lines: tuple[RefundableLine, ...]) -> tuple[RefundShare, ...]:
    """Split ``amount`` over the lines in proportion to their totals, with the tax inside each.

    The shares add up to ``amount`` to the minor unit; tax is rounded once a line.
    """
    weights = [max(0, line.total.amount_minor) for line in lines]
    shares = []
    for line, part in zip(lines, amount.split(weights), strict=True):
        rate = Fraction(line.tax_rate)
        tax = fraction_of(part, rate / (1 + rate))
        shares.append(RefundShare(line.line_id, part - tax, tax))
    return tuple(share for share in shares if share.net or share.tax)
