"""Give back what a change of a service made cheaper, once the upstream has confirmed it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Period, TaxDecision
from billing_kernel.application.booking import lock_payment
from billing_kernel.application.buying import bought_lines
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.refunding import BALANCE, RefundPayment, refund_payment
from billing_kernel.application.tasking import open_service_task
from billing_kernel.domain.refunds import RefundableLine, share_refund
from billing_kernel.domain.returns import Bought, GivenUp
from billing_kernel.domain.states import ChangeState
from billing_kernel.domain.taxes import tax_amount
from billing_kernel.models import InvoiceLine, Payment, Service, ServiceChange


def return_change(kernel: Kernel, change_id: int) -> None:
    """Return a change's money to the balance, with credit notes; harmless to repeat.

    It is taken from the invoice lines that bought the days which are given back, each with the
    tax that it was charged with. What can't be taken from there any more, nor from older
    invoices of the service, a person has to look at.
    """
    kernel.database.run(lambda session: _return(session, kernel, change_id))


def _return(session: Session, kernel: Kernel, change_id: int) -> None:
    change = session.get_one(ServiceChange, change_id, with_for_update=True)
    if change.is_returned or change.state != ChangeState.DONE or not change.returns_minor:
        return
    service = session.get_one(Service, change.service_id)
    payments = _lock_payments(session, change)
    lines = bought_lines(session, service, change.currency)
    # What the change itself asked money for bought none of what it gives back.
    bought = Bought([line for line in lines if line.asked.line_id not in change.line_ids])
    parts: dict[int, RefundableLine] = {}
    left = Money.zero(change.currency)
    for line in change.lines:
        back = bought.give_back(_given_up(change, line), change.currency, line["resource_type"])
        for part in back.parts:
            line_id = part.back.line_id
            parts[line_id] = part.back.plus(parts.get(line_id))
        left += _taxed(line, back.missing)
    reason = str(change.lines[0]["description"])
    for invoice_id, its in _by_invoice(session, parts).items():
        left += _refund(session, kernel, payments.get(invoice_id, ()), its, reason)
    if left:
        open_service_task(
            session, kernel, service, "unreturned_change", f"change:{change.id}",
            f"Return {left} of a change",
            f"{reason}: {left} can't be taken from what service {service.id} was paid with; "
            "decide by an adjustment.",
        )  # fmt: skip
    change.is_returned = True


def _given_up(change: ServiceChange, line: Mapping[str, Any]) -> tuple[GivenUp, ...]:
    """What a line of a change gives back, before tax."""
    if "given_up" in line:
        return msgspec.convert(line["given_up"], tuple[GivenUp, ...])
    if line["total"]["amount_minor"] >= 0:
        return ()
    # Priced before such lines said which days they are for: all that were left.
    expires_on = date.fromisoformat(change.seen["expires_on"])
    days = Period(change.start_on, max(change.start_on, expires_on))
    return (GivenUp(days, -msgspec.convert(line["derivation"]["price"], Money)),)


def _taxed(line: Mapping[str, Any], price: Money) -> Money:
    """What a person is asked to decide about, with the tax that the change was quoted with."""
    tax = msgspec.convert(line["derivation"]["tax"], TaxDecision)
    return tax_amount(price, tax, inclusive=line["derivation"]["prices_include_tax"]).total


def _by_invoice(
    session: Session, parts: Mapping[int, RefundableLine]
) -> dict[int, list[RefundableLine]]:
    invoices: dict[int, list[RefundableLine]] = {}
    for line_id in sorted(parts):
        line = session.get_one(InvoiceLine, line_id)
        invoices.setdefault(line.invoice_id, []).append(parts[line_id])
    return invoices


def _refund(
    session: Session,
    kernel: Kernel,
    payments: Sequence[Payment],
    parts: Sequence[RefundableLine],
    reason: str,
) -> Money:
    """Give parts of one invoice's lines back from what paid it; what the payments lack."""
    rest = tuple(parts)
    left = sum((part.total for part in rest[1:]), rest[0].total)
    for payment in payments:
        amount = min(payment.left, left)
        if amount.amount_minor > 0:
            shares = share_refund(amount, rest)
            command = RefundPayment(payment.id, BALANCE, reason, amount, shares)
            refund_payment(session, kernel, command)
            taken = {share.line_id: share for share in shares}
            rest = tuple(part.less(taken.get(part.line_id)) for part in rest)
            left -= amount
    return left


def _lock_payments(session: Session, change: ServiceChange) -> dict[int, list[Payment]]:
    """The payments of the service's invoices in this currency, by invoice, the newest first."""
    ids = session.scalars(
        select(Payment.id)
        .where(
            Payment.settles_invoice,
            Payment.currency == change.currency,
            Payment.invoice_id.in_(
                select(InvoiceLine.invoice_id).where(InvoiceLine.service_id == change.service_id)
            ),
        )
        .order_by(Payment.id.desc())
    ).all()
    payments: dict[int, list[Payment]] = {}
    for payment_id in ids:
        payment = lock_payment(session, payment_id)
        payments.setdefault(payment.invoice_id or 0, []).append(payment)
    return payments
