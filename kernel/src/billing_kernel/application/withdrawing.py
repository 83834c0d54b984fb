"""Withdraw what isn't needed any more: attempts at paying, and unpaid invoices with them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.invoicing import cancel_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    InvoiceState,
    advance,
)
from billing_kernel.models import Invoice, InvoiceLine, Payment, PaymentMethod, Service


class PaymentInProgressError(ConflictError):
    """Another attempt at paying this invoice is under way."""

    code = "payment.in_progress"


def withdraw_invoice(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    """Cancel an unpaid invoice and the transfer that was announced for it.

    What a gateway is about to take goes to the balance when it comes. The invoice is locked by
    the caller.
    """
    for payment in lock_open_attempts(session, invoice):
        if is_by_hand(session, kernel, payment):
            give_up(session, kernel, payment)
    cancel_invoice(invoice)


def lock_open_attempts(session: Session, invoice: Invoice) -> Sequence[Payment]:
    return session.scalars(
        select(Payment)
        .where(Payment.invoice_id == invoice.id, Payment.state.in_(OPEN_ATTEMPTS))
        .with_for_update()
    ).all()


def open_attempts_for(session: Session, service: Service) -> Sequence[Payment]:
    """The payments that are under way for invoices that ask for a service."""
    asking = select(InvoiceLine.invoice_id).where(InvoiceLine.service_id == service.id)
    return session.scalars(
        select(Payment)
        .join(Invoice, Invoice.id == Payment.invoice_id)
        .where(
            Payment.state.in_(OPEN_ATTEMPTS),
            Invoice.id.in_(asking),
            Invoice.status == InvoiceState.NEW,
        )
    ).all()


def refuse_while_charged(session: Session, invoice: Invoice) -> None:
    """Raise PaymentInProgressError while a stored method is being charged for an invoice.

    Unlike a payer on a gateway's page, it will not be abandoned: charged again, it would pay
    twice. The invoice is locked by the caller.
    """
    for payment in lock_open_attempts(session, invoice):
        if payment.stored_method_id is not None:
            raise PaymentInProgressError(
                f"payment {payment.id} of invoice {invoice.number} is under way"
            )


def give_up(session: Session, kernel: Kernel, payment: Payment) -> None:
    """Wait no longer for a payment; raises IllegalTransitionError once it has ended."""
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.CANCEL)
    record_event(session, kernel, "PaymentCancelled", {"payment_id": payment.id}, payment.client_id)


def is_by_hand(session: Session, kernel: Kernel, payment: Payment) -> bool:
    """Whether people, not a gateway, say when the money of a payment is here."""
    method = session.get(PaymentMethod, payment.payment_method_id or 0)
    if method is None or method.driver not in kernel.extensions.payment_gateways:
        return False
    return GatewayCapability.CONFIRMED_BY_HAND in gateway_of(kernel, method).capabilities
