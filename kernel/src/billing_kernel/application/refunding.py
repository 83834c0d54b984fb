"""Give money back: to the client's balance, or to the gateway that it came by."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability, Money
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.crediting import credit_invoice, refund_shares
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import entry_legs, post
from billing_kernel.application.publishing import enqueue, record_event
from billing_kernel.application.tasking import close_payment_tasks, open_payment_task
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import (
    AccountKey,
    Owner,
    clearing_of,
    draft_credit,
    draft_repayment,
    draft_reversal,
)
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    AttemptEvent,
    AttemptState,
    InvoiceState,
    TaskState,
    advance,
)
from billing_kernel.models import Invoice, LedgerEntry, Payment, PaymentMethod, Refund

GATEWAY, BALANCE = "gateway", "balance"


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
class RefundPayment:
    """``to`` is ``gateway`` or ``balance``; ``amount`` None means all that is left."""

    payment_id: int
    to: str
    reason: str
    amount: Money | None = None


def refund_payment(session: Session, kernel: Kernel, command: RefundPayment) -> Refund:
    """Return money of a payment, fully or in part; never more than was captured.

    To the balance it is done when this returns. To a gateway the money leaves the books now,
    so that nothing else can return it, and comes back if the gateway refuses. Raises
    RefundTooLargeError, RefundNotPossibleError, RefundTooEarlyError, InsufficientFundsError
    where an advance payment was spent.
    """
    payment = find(session, Payment, command.payment_id, lock=True)
    left = Money(payment.captured_minor - payment.refunded_minor, payment.currency)
    amount = command.amount or left
    if amount.currency != payment.currency or not 0 < amount.amount_minor <= left.amount_minor:
        raise RefundTooLargeError(f"{left} of payment {payment.id} can be refunded")
    method = (
        session.get_one(PaymentMethod, payment.payment_method_id)
        if payment.payment_method_id
        else None
    )
    if command.to == GATEWAY and method is None:
        raise RefundNotPossibleError("a payment from the balance can only return to the balance")
    refund = Refund(
        payment_id=payment.id,
        destination=command.to,
        reference=uuid4().hex,
        state=AttemptState.NEW,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=command.reason,
    )
    session.add(refund)
    payment.refunded_minor += amount.amount_minor
    session.flush()
    _book(session, payment, refund, amount)
    if command.to == BALANCE:
        finish_refund(session, kernel, refund, payment)
    else:
        assert method is not None
        _send(session, kernel, refund, payment, method)
    return refund


def finish_refund(
    session: Session, kernel: Kernel, refund: Refund, payment: Payment, external_id: str = ""
) -> None:
    """The money is back; where it had paid an invoice, a credit note says so."""
    refund.state = advance(ATTEMPT_TRANSITIONS, AttemptState(refund.state), AttemptEvent.CAPTURED)
    refund.external_id = external_id or None
    invoice = _earned_invoice(session, payment)
    if invoice is not None:
        amount = Money(refund.amount_minor, refund.currency)
        note = credit_invoice(session, kernel, invoice, amount, refund.reason)
        refund.credit_note_id = note.id
    close_payment_tasks(session, f"refund:{refund.id}", TaskState.DONE)
    facts = {
        "refund_id": refund.id,
        "payment_id": payment.id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
    }
    record_event(session, kernel, "PaymentRefunded", facts, payment.client_id)


def fail_refund(
    session: Session, kernel: Kernel, refund: Refund, payment: Payment, reason: str
) -> None:
    """The gateway finally refused: the books take the money back, a person is told."""
    refund.state = advance(ATTEMPT_TRANSITIONS, AttemptState(refund.state), AttemptEvent.FAILED)
    payment.refunded_minor -= refund.amount_minor
    entry = session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.source_type == "refund",
            LedgerEntry.source_id == refund.id,
            LedgerEntry.reverses_entry_id.is_(None),
        )
    ).one()
    text = f"Refused refund of payment {payment.id}"
    post(session, draft_reversal(entry.id, "refund", refund.id, entry_legs(session, entry), text))
    open_payment_task(
        session, kernel, payment, "refused_refund", f"refund:{refund.id}",
        f"Refund of payment {payment.id} was refused", reason,
    )  # fmt: skip


def _book(session: Session, payment: Payment, refund: Refund, amount: Money) -> None:
    owner = Owner(payment.provider_id, payment.client_id)
    text = f"Refund of payment {payment.id}"
    invoice = _earned_invoice(session, payment)
    to_balance = refund.destination == BALANCE
    if invoice is None:
        if to_balance:
            raise RefundNotPossibleError("the money of this payment is on the balance already")
        clearing = _clearing(payment)
        post(session, draft_repayment(owner, refund.id, amount, clearing, text))
        return
    shares = refund_shares(session, invoice, amount)
    net = sum((share.net for share in shares), Money.zero(amount.currency))
    tax = sum((share.tax for share in shares), Money.zero(amount.currency))
    receiver = owner.balance(amount.currency) if to_balance else _clearing(payment)
    post(session, draft_credit(owner, refund.id, net, tax, receiver, text, invoice.id))


def _earned_invoice(session: Session, payment: Payment) -> Invoice | None:
    """The invoice whose earned money the payment is; None where the money is on the balance.

    Raises RefundTooEarlyError while what the invoice bought is under way.
    """
    if payment.invoice_id is None:
        return None
    invoice = find(session, Invoice, payment.invoice_id)
    settled = payment.captured_minor >= invoice.total_minor and payment.settles_invoice
    if invoice.status != InvoiceState.PAID or invoice.kind == "advance_payment" or not settled:
        return None
    ends = set(
        session.scalars(
            select(LedgerEntry.kind).where(
                LedgerEntry.source_type == "invoice_line",
                LedgerEntry.source_id.in_([line.id for line in invoice.lines]),
            )
        )
    )
    if "earn" in ends:
        return invoice
    if "release" in ends:
        return None
    raise RefundTooEarlyError(f"what invoice {invoice.number} bought is still under way")


def _clearing(payment: Payment) -> AccountKey:
    return clearing_of(payment.provider_id, payment.payment_method_id or 0, payment.currency)


def _send(
    session: Session, kernel: Kernel, refund: Refund, payment: Payment, method: PaymentMethod
) -> None:
    if GatewayCapability.REFUND in gateway_of(kernel, method).capabilities:
        enqueue(session, "send_refund", {"refund_id": refund.id})
        return
    # No machine can send it: a person does, and completes the task.
    refund.state = AttemptState.PENDING
    amount = Money(refund.amount_minor, refund.currency)
    open_payment_task(
        session, kernel, payment, "manual_refund", f"refund:{refund.id}",
        f"Send {amount} back", f"Refund {refund.id} of payment {payment.id}: {refund.reason}",
    )  # fmt: skip
