"""How much of a payment can go back, where it is taken from, and how invoice lines share it."""

from dataclasses import dataclass
from fractions import Fraction

from billing_hookspecs import Money
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import InsufficientFundsError
from billing_kernel.domain.rounding import fraction_of, split


class RefundTooLargeError(RuleError):
    """More than the payment brought and hasn't returned yet."""

    code = "refund.too_large"


class RefundNotPossibleError(RuleError):
    """This payment can't be refunded to that destination."""

    code = "refund.not_possible"


class RefundTooEarlyError(ConflictError):
    """What the payment bought is still under way; its money is held until that ends."""

    code = "refund.too_early"


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """Of an earned invoice line what wasn't credited before, or the part that goes back now.

    Net and tax have the same sign.
    """

    line_id: int
    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax

    def plus(self, more: "RefundableLine | None") -> "RefundableLine":
        """With more of the same line."""
        if more is None:
            return self
        return RefundableLine(self.line_id, self.net + more.net, self.tax + more.tax)

    def less(self, part: "RefundableLine | None") -> "RefundableLine":
        """Without a part of the same line."""
        if part is None:
            return self
        return RefundableLine(self.line_id, self.net - part.net, self.tax - part.tax)


@dataclass(frozen=True, slots=True)
class Refundable:
    """What a payment's refunds can be made of.

    ``left``       captured, less what went back or is disputed.
    ``unspent``    what of it lies on the client's balance still.
    ``lines``      what its invoice has earned.
    """

    left: Money
    unspent: Money
    lines: tuple[RefundableLine, ...]

    @property
    def earned(self) -> Money:
        return sum((line.total for line in self.lines), Money.zero(self.left.currency))


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """Where a refund is taken from: the client's balance, and what invoice lines earned."""

    from_balance: Money
    shares: tuple[RefundableLine, ...]

    @property
    def net(self) -> Money:
        return sum((share.net for share in self.shares), Money.zero(self.from_balance.currency))

    @property
    def tax(self) -> Money:
        return sum((share.tax for share in self.shares), Money.zero(self.from_balance.currency))


def decide_refund(amount: Money, refundable: Refundable, *, to_balance: bool) -> RefundPlan:
    """Take a refund from what lies on the balance first, then from what was earned.

    To the balance only what was earned can return: the rest lies there already. Raises
    RefundTooLargeError, RefundNotPossibleError, and InsufficientFundsError where the client
    has spent what should go back.
    """
    left, earned = refundable.left, refundable.earned
    if amount.currency != left.currency or not 0 < amount.amount_minor <= left.amount_minor:
        raise RefundTooLargeError(f"{left} of this payment can be refunded")
    if to_balance:
        if earned < amount:
            raise RefundNotPossibleError(f"all but {earned} of this payment is on the balance")
        return RefundPlan(Money.zero(amount.currency), share_refund(amount, refundable.lines))
    from_balance = min(amount, max(refundable.unspent, Money.zero(amount.currency)))
    credited = amount - from_balance
    if earned < credited:
        raise InsufficientFundsError(f"only {from_balance + earned} of this payment is unspent")
    return RefundPlan(from_balance, share_refund(credited, refundable.lines))


def share_refund(amount: Money, lines: tuple[RefundableLine, ...]) -> tuple[RefundableLine, ...]:
    """Split ``amount`` over the lines in proportion to what is left of each, tax included.

    The shares add up to ``amount`` to the minor unit, and no line gives more than it has, so
    that any series of refunds that returns everything returns each line's net and tax.
    """
    weights = [line.total.amount_minor for line in lines]
    if not amount or not sum(weights):
        return ()
    shares = []
    for line, total in zip(lines, split(amount, weights), strict=True):
        if total:
            tax = fraction_of(total, Fraction(line.tax.amount_minor, line.total.amount_minor))
            shares.append(RefundableLine(line.line_id, total - tax, tax))
    return tuple(shares)
