"""Book the money that payments bring, and settle invoices with it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.charging_days import ask_to_catch_up
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import lock_accounts, post
from billing_kernel.application.publishing import record_event
from billing_kernel.application.settling import settle_invoice
from billing_kernel.application.spending import pay_by_themselves
from billing_kernel.application.subscribing import subscribe_paid
from billing_kernel.application.tasking import close_tasks, open_payment_task
from billing_kernel.crashpoints import crashpoint
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import Owner, draft_receipt
from billing_kernel.domain.receipts import Demand, Misfit, Receipt, decide_receipt
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    AttemptEvent,
    AttemptState,
    InvoiceState,
    TaskState,
    advance,
)
from billing_kernel.models import Collection, Invoice, Payment


def lock_payment(session: Session, payment_id: int) -> Payment:
    """The payment, locked after its invoice, as whoever pays that locks them; MissingError."""
    payment = find(session, Payment, payment_id)
    if payment.invoice_id is not None:
        find(session, Invoice, payment.invoice_id, lock=True)
    return find(session, Payment, payment_id, lock=True)


def receive_money(
    session: Session,
    kernel: Kernel,
    payment: Payment,
    captured: Money,
    external_id: str | None = None,
) -> None:
    """Book what a payment brought, and settle its invoice where that is enough.

    The payment is locked by ``lock_payment``. Too little, another currency, an invoice that
    isn't open any more or whose work can't begin: the money is the client's, on the balance,
    and people are told. Nothing of that may keep it from being booked.
    """
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.CAPTURED)
    payment.captured_minor, payment.captured_currency = captured.amount_minor, captured.currency
    payment.external_id, payment.check_at = external_id or payment.external_id, None
    owner = Owner(payment.provider_id, payment.client_id)
    method_id = payment.payment_method_id
    if method_id is None:
        raise ValueError(f"payment {payment.id} came from the balance and brings nothing")
    close_tasks(session, f"unclear:{payment.id}", TaskState.DONE)
    lock_accounts(session, (owner.balance(captured.currency), owner.held(captured.currency)))
    post(session, draft_receipt(owner, payment.id, method_id, captured, f"Payment {payment.id}"))
    crashpoint("payment.recorded")
    facts = {"payment_id": payment.id, **_amount(captured)}
    record_event(session, kernel, "PaymentReceived", facts, payment.client_id)
    if payment.invoice_id is not None:
        _pay_invoice(session, kernel, payment, captured)
    pay_by_themselves(session, kernel, payment.client_id)
    ask_to_catch_up(session, payment.client_id)


def _pay_invoice(session: Session, kernel: Kernel, payment: Payment, captured: Money) -> None:
    invoice = find(session, Invoice, payment.invoice_id or 0, lock=True)
    parts = _unused_parts(session, invoice, payment)
    total = Money(invoice.total_minor, invoice.currency)
    paid_before = sum((part.left for part in parts), Money.zero(invoice.currency))
    demand = Demand(invoice.number, InvoiceState(invoice.status), total, paid_before)
    receipt = decide_receipt(captured, demand)
    if receipt.settles:
        refusal = _refusal_to_settle(session, kernel, invoice, payment)
        for part in (payment, *parts):
            part.settles_invoice = not refusal
        if not refusal:
            subscribe_paid(session, kernel, payment, invoice)
        if refusal:
            receipt = Receipt(False, captured, Misfit.NOT_SETTLED, refusal)
    if receipt.misfit is not None:
        _tell_of_misfit(session, kernel, payment, receipt)


def _unused_parts(session: Session, invoice: Invoice, payment: Payment) -> list[Payment]:
    """Payments that came for the invoice before and were too little for it."""
    return list(
        session.scalars(
            select(Payment).where(
                Payment.invoice_id == invoice.id,
                Payment.id != payment.id,
                Payment.captured_currency == invoice.currency,
                ~Payment.settles_invoice,
            )
        )
    )


def _refusal_to_settle(session: Session, kernel: Kernel, invoice: Invoice, payment: Payment) -> str:
    """Settle an invoice; why it can't be, or nothing.

    What a night collected counts as of that night: no renewal is late because a gateway was.
    """
    collected_on = session.scalar(
        select(Collection.collected_on).where(Collection.payment_id == payment.id)
    )
    try:
        with session.begin_nested():
            settle_invoice(session, kernel, invoice, collected_on)
    except (ConflictError, RuleError) as error:
        return f"invoice {invoice.number} can't be settled: {error.message}"
    return ""


def _tell_of_misfit(session: Session, kernel: Kernel, payment: Payment, receipt: Receipt) -> None:
    facts = {
        "payment_id": payment.id,
        "invoice_id": payment.invoice_id,
        "reason": str(receipt.misfit),
        **_amount(receipt.kept),
    }
    record_event(session, kernel, "PaymentWentToBalance", facts, payment.client_id)
    open_payment_task(
        session, kernel, payment, "unexpected_payment", f"payment:{payment.id}",
        "Unexpected payment", receipt.detail,
    )  # fmt: skip


def _amount(money: Money) -> dict[str, str | int]:
    return {"amount_minor": money.amount_minor, "currency": money.currency}
