"""What a refund is made of: to the minor unit, line by line, in currencies of 0 to 3 decimals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money
from billing_kernel.domain.ledger import InsufficientFundsError
from billing_kernel.domain.refunds import (
    Refundable,
    RefundableLine,
    RefundNotPossibleError,
    RefundTooLargeError,
    decide_refund,
    share_refund,
)
from billing_kernel.domain.taxes import TaxDecision, tax_amount

CURRENCIES = ("JPY", "EUR", "KWD")
RATES = ("0", "0.05", "0.19", "0.20", "0.255")

currencies = st.sampled_from(CURRENCIES)
prices = st.integers(-500, 10**6)


@st.composite
def invoices(draw: st.DrawFn) -> tuple[RefundableLine, ...]:
    """Lines as invoices have them, discounts among them, whose total is above zero."""
    currency = draw(currencies)
    lines = []
    for number, (price, rate) in enumerate(
        draw(st.lists(st.tuples(prices, st.sampled_from(RATES)), min_size=1, max_size=6))
    ):
        taxed = tax_amount(Money(price, currency), TaxDecision(rate), inclusive=False)
        lines.append(RefundableLine(number, taxed.net, taxed.tax))
    if sum(line.total.amount_minor for line in lines) <= 0:
        lines.append(RefundableLine(99, Money(5000, currency), Money(950, currency)))
    return tuple(lines)


def total_of(lines: tuple[RefundableLine, ...]) -> int:
    return sum(line.total.amount_minor for line in lines)


@given(invoices(), st.data())
def test_a_part_is_shared_to_the_minor_unit(
    lines: tuple[RefundableLine, ...], data: st.DataObject
) -> None:
    """No line gives more than it has, net or tax, and nothing is lost between them."""
    amount = Money(data.draw(st.integers(1, total_of(lines))), lines[0].net.currency)
    shares = share_refund(amount, lines)
    assert sum((share.net + share.tax).amount_minor for share in shares) == amount.amount_minor
    had = {line.line_id: line for line in lines}
    for share in shares:
        line = had[share.line_id]
        assert abs(share.net.amount_minor) <= abs(line.net.amount_minor)
        assert abs(share.tax.amount_minor) <= abs(line.tax.amount_minor)
        assert share.net.amount_minor * line.net.amount_minor >= 0
        assert share.tax.amount_minor * line.tax.amount_minor >= 0


@given(invoices(), st.data())
def test_any_series_of_refunds_returns_each_line_exactly(
    lines: tuple[RefundableLine, ...], data: st.DataObject
) -> None:
    """However it is cut into parts, what went back of a tax rate is what was taken at it."""
    currency, left = lines[0].net.currency, list(lines)
    for _ in range(8):
        whole = sum(line.total.amount_minor for line in left)
        if not whole:
            break
        part = data.draw(st.integers(1, whole))
        shares = {
            share.line_id: share for share in share_refund(Money(part, currency), tuple(left))
        }
        left = [_less(line, shares) for line in left]
    shares = {
        share.line_id: share
        for share in share_refund(
            Money(sum(line.total.amount_minor for line in left), currency), tuple(left)
        )
    }
    for line in left:
        rest = _less(line, shares)
        assert (rest.net.amount_minor, rest.tax.amount_minor) == (0, 0)


def _less(line: RefundableLine, shares: dict[int, "object"]) -> RefundableLine:
    share = shares.get(line.line_id)
    if share is None:
        return line
    return RefundableLine(line.line_id, line.net - share.net, line.tax - share.tax)  # type: ignore[attr-defined]


def refundable(
    left: int = 1000, unspent: int = 0, earned: int = 0, currency: str = "EUR"
) -> Refundable:
    line = RefundableLine(1, Money(earned, currency), Money.zero(currency))
    return Refundable(Money(left, currency), Money(unspent, currency), (line,) if earned else ())


@given(
    left=st.integers(0, 2000),
    unspent=st.integers(-500, 2000),
    earned=st.integers(0, 2000),
    amount=st.integers(-10, 2500),
    to_balance=st.booleans(),
)
def test_a_plan_takes_the_whole_amount_from_what_there_is(
    left: int, unspent: int, earned: int, amount: int, to_balance: bool
) -> None:
    """From the balance first, never more than lies there, nor more than was earned."""
    facts = refundable(left, unspent, earned)
    available = earned if to_balance else earned + max(0, unspent)
    if not 0 < amount <= left:
        expected: type[Exception] | None = RefundTooLargeError
    elif amount > available:
        expected = RefundNotPossibleError if to_balance else InsufficientFundsError
    else:
        expected = None
    if expected is not None:
        with pytest.raises(expected):
            decide_refund(Money(amount, "EUR"), facts, to_balance=to_balance)
        return
    plan = decide_refund(Money(amount, "EUR"), facts, to_balance=to_balance)
    assert (plan.from_balance + plan.net + plan.tax).amount_minor == amount
    assert 0 <= plan.from_balance.amount_minor <= max(0, unspent)
    assert plan.from_balance.amount_minor == (0 if to_balance else min(amount, max(0, unspent)))


def test_a_refund_in_another_currency_is_too_large() -> None:
    """A number of the right size in the wrong currency is the wrong amount."""
    with pytest.raises(RefundTooLargeError):
        decide_refund(Money(1, "JPY"), refundable(), to_balance=False)


def test_nothing_is_shared_over_no_lines() -> None:
    """A refund from the balance alone has no document."""
    assert share_refund(Money.zero("EUR"), ()) == ()
