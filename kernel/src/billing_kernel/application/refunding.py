"""Give money back: to the client's balance, or to the gateway that it came by."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability, Money
from billing_kernel.application.booking import lock_payment
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.crediting import earned_lines, issue_credit_note
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import balance_of, entry_legs, lock_accounts, post
from billing_kernel.application.publishing import enqueue, record_event
from billing_kernel.application.spending import ask_to_spend
from billing_kernel.application.tasking import close_tasks, open_payment_task
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import (
    AccountKey,
    AccountKind,
    EntryKind,
    Owner,
    clearing_of,
    draft_credit,
    draft_repayment,
    draft_reversal,
)
from billing_kernel.domain.refunds import (
    Refundable,
    RefundableLine,
    RefundNotPossibleError,
    RefundPlan,
    decide_refund,
)
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    AttemptEvent,
    AttemptState,
    TaskState,
    advance,
)
from billing_kernel.models import (
    Client,
    Invoice,
    LedgerEntry,
    Payment,
    PaymentMethod,
    Refund,
    RefundLine,
    wall_clock,
)

GATEWAY, BALANCE = "gateway", "balance"


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """``to`` is ``gateway`` or ``balance``; ``amount`` None means all that is left.

    ``parts`` are what of the invoice's lines is to be taken, where the caller knows: they make
    the amount up, are left of earned lines, and the payment is locked.
    """

    payment_id: int
    to: str
    reason: str
    amount: Money | None = None
    parts: tuple[RefundableLine, ...] | None = None


def refund_payment(session: Session, kernel: Kernel, command: RefundPayment) -> Refund:
    """Return money of a payment, fully or in part; never more than was captured.

    To the balance it is done when this returns. To a gateway the money leaves the books now,
    so that nothing else can return it, and comes back if the gateway refuses. Raises
    RefundTooLargeError, RefundNotPossibleError, RefundTooEarlyError, InsufficientFundsError
    where the client has spent what should go back.
    """
    payment = lock_payment(session, command.payment_id)
    amount = payment.left if command.amount is None else command.amount
    if payment.payment_method_id is None and command.to == GATEWAY:
        raise RefundNotPossibleError("a payment from the balance can only return to the balance")
    refund = _book(session, payment, amount, command.to, command.reason, command.parts)
    if command.to == BALANCE:
        finish_refund(session, kernel, refund, payment)
        ask_to_spend(session, session.get_one(Client, payment.client_id))
    else:
        _send(session, kernel, refund, payment)
    return refund


def finish_refund(
    session: Session, kernel: Kernel, refund: Refund, payment: Payment, external_id: str = ""
) -> None:
    """The money is back; where it had paid an invoice, a credit note says so."""
    refund.state = advance(ATTEMPT_TRANSITIONS, AttemptState(refund.state), AttemptEvent.CAPTURED)
    refund.external_id, refund.due_at = external_id or refund.external_id, None
    lines = session.scalars(select(RefundLine).where(RefundLine.refund_id == refund.id)).all()
    if lines and payment.invoice_id is not None:
        invoice = find(session, Invoice, payment.invoice_id)
        refund.credit_note_id = issue_credit_note(session, kernel, invoice, refund, lines).id
    close_tasks(session, f"refund:{refund.id}", TaskState.DONE)
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
    refund.due_at = None
    payment.refunded_minor -= refund.amount_minor
    entry = session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.source_type == "refund",
            LedgerEntry.source_id == refund.id,
            LedgerEntry.kind != EntryKind.REVERSAL,
        )
    ).one()
    text = f"Refused refund of payment {payment.id}"
    post(session, draft_reversal(entry.id, "refund", refund.id, entry_legs(session, entry), text))
    close_tasks(session, f"refund:{refund.id}", TaskState.CANCELLED)
    open_payment_task(
        session, kernel, payment, "refused_refund", f"refund:{refund.id}",
        f"Refund of payment {payment.id} was refused", reason,
    )  # fmt: skip
    book_refunds_elsewhere(session, kernel, payment)


def resolve_refund(session: Session, kernel: Kernel, refund_id: int, *, is_done: bool) -> Refund:
    """A person says what became of a refund that no machine could tell of.

    Raises IllegalTransitionError for one that has ended.
    """
    payment = lock_payment(session, find(session, Refund, refund_id).payment_id)
    refund = find(session, Refund, refund_id, lock=True)
    if is_done:
        finish_refund(session, kernel, refund, payment)
    else:
        fail_refund(session, kernel, refund, payment, "A person says that it was not sent.")
    return refund


def book_refunds_elsewhere(session: Session, kernel: Kernel, payment: Payment) -> None:
    """Book what the gateway says went back and nobody asked for here.

    Where that can't be taken from anywhere now, a person is told. The payment is locked by
    ``lock_payment``.
    """
    try:
        with session.begin_nested():
            book_missing_refund(session, kernel, payment)
    except (ConflictError, RuleError) as error:
        open_payment_task(
            session, kernel, payment, "refund_elsewhere", f"refunds:{payment.id}",
            "Money was refunded at the gateway",
            f"{_missing(payment)} of payment {payment.id} went back there and can't be booked "
            f"here: {error.message}. Complete this task once it can be.",
        )  # fmt: skip


def book_missing_refund(session: Session, kernel: Kernel, payment: Payment) -> None:
    """Make the refunds of a payment as many as its gateway says; raises as ``refund_payment``."""
    missing = _missing(payment)
    if missing.amount_minor > 0:
        refund = _book(session, payment, missing, GATEWAY, "Refunded at the gateway")
        finish_refund(session, kernel, refund, payment)
    close_tasks(session, f"refunds:{payment.id}", TaskState.DONE)


def _missing(payment: Payment) -> Money:
    return Money(payment.told_refunded_minor - payment.refunded_minor, payment.captured.currency)


def _book(
    session: Session,
    payment: Payment,
    amount: Money,
    destination: str,
    reason: str,
    parts: tuple[RefundableLine, ...] | None = None,
) -> Refund:
    refundable = _refundable(session, payment, parts)
    plan = decide_refund(amount, refundable, to_balance=destination == BALANCE)
    refund = Refund(
        payment_id=payment.id,
        destination=destination,
        reference=uuid4().hex,
        state=AttemptState.NEW,
        amount_minor=amount.amount_minor,
        credited_minor=(plan.net + plan.tax).amount_minor,
        currency=amount.currency,
        reason=reason,
    )
    session.add(refund)
    payment.refunded_minor += amount.amount_minor
    session.flush()
    session.add_all(
        RefundLine(
            refund_id=refund.id,
            invoice_line_id=share.line_id,
            net_minor=share.net.amount_minor,
            tax_minor=share.tax.amount_minor,
        )
        for share in plan.shares
    )
    _post(session, payment, refund, plan)
    return refund


def _post(session: Session, payment: Payment, refund: Refund, plan: RefundPlan) -> None:
    owner = Owner(payment.provider_id, payment.client_id)
    text = f"Refund of payment {payment.id}"
    invoice_id = payment.invoice_id if plan.shares else None
    if refund.destination == BALANCE:
        post(session, draft_credit(owner, refund.id, plan.net, plan.tax, text, invoice_id))
        return
    clearing = _clearing(payment)
    draft = draft_repayment(
        owner, refund.id, plan.from_balance, plan.net, plan.tax, clearing, text, invoice_id
    )
    post(session, draft)


def _refundable(
    session: Session, payment: Payment, parts: tuple[RefundableLine, ...] | None = None
) -> Refundable:
    """What a payment's refund can be made of; raises RefundTooEarlyError."""
    zero = Money.zero(payment.captured.currency)
    lines: tuple[RefundableLine, ...] = parts or ()
    unearned = payment.left
    if parts is None and payment.settles_invoice and payment.invoice_id is not None:
        invoice = find(session, Invoice, payment.invoice_id)
        if invoice.kind != "advance_payment":
            lines = earned_lines(session, invoice)
            earned = sum((line.total for line in lines), zero)
            came = sum((it.left for it in _settling(session, invoice)), zero)
            unearned = min(payment.left, came - earned)
    balance = Owner(payment.provider_id, payment.client_id).balance(zero.currency)
    lock_accounts(session, (balance, *_others(payment)))
    return Refundable(payment.left, min(unearned, balance_of(session, balance)), lines)


def _others(payment: Payment) -> tuple[AccountKey, ...]:
    """What a refund may post to beside the balance; locked with it, in one order."""
    currency = payment.captured.currency
    kinds = (AccountKind.REVENUE, AccountKind.TAX)
    own = tuple(AccountKey(kind, payment.provider_id, currency) for kind in kinds)
    return own if payment.payment_method_id is None else (*own, _clearing(payment))


def _clearing(payment: Payment) -> AccountKey:
    method_id = payment.payment_method_id or 0
    return clearing_of(payment.provider_id, method_id, payment.captured.currency)


def _settling(session: Session, invoice: Invoice) -> Sequence[Payment]:
    """The payments whose money paid an invoice: one, or several parts."""
    return session.scalars(
        select(Payment).where(Payment.invoice_id == invoice.id, Payment.settles_invoice)
    ).all()


def _send(session: Session, kernel: Kernel, refund: Refund, payment: Payment) -> None:
    method = session.get_one(PaymentMethod, payment.payment_method_id)
    if GatewayCapability.REFUND in gateway_of(kernel, method).capabilities:
        refund.due_at = wall_clock()
        enqueue(session, "send_refund", {"refund_id": refund.id})
        return
    # No machine can send it: a person does, and completes the task.
    refund.state = AttemptState.PENDING
    amount = Money(refund.amount_minor, refund.currency)
    open_payment_task(
        session, kernel, payment, "manual_refund", f"refund:{refund.id}",
        f"Send {amount} back", f"Refund {refund.id} of payment {payment.id}: {refund.reason}",
    )  # fmt: skip
