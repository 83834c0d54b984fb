"""Settle an invoice from the balance, and start what it was paid for."""

from sqlalchemy.orm import Session

from billing_hookspecs import Money, OperationKind
from billing_kernel.application.documenting import ask_for_documents
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import post
from billing_kernel.application.publishing import record_event
from billing_kernel.application.renewing import RENEWABLE, NotRenewableError
from billing_kernel.application.starting import start_operation
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.ledger import Owner, draft_hold
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.renewals import is_stale
from billing_kernel.domain.states import (
    INVOICE_TRANSITIONS,
    ORDER_TRANSITIONS,
    SERVICE_TRANSITIONS,
    InvoiceEvent,
    InvoiceState,
    OrderEvent,
    OrderState,
    ServiceEvent,
    ServiceState,
    advance,
)
from billing_kernel.models import Invoice, InvoiceLine, Order, Provider, Service


class StaleRenewalError(ConflictError):
    """The renewal's invoice is of a day that is over: a renewal would begin on another now."""

    code = "invoice.renewal_stale"


def settle_invoice(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    """Move the invoice's total from the balance to the held funds and start its work.

    The invoice's row is locked by the caller. Money of an advance payment simply stays on
    the balance. Raises InsufficientFundsError, and where a renewal can't begin
    NotRenewableError, StaleRenewalError or OperationInProgressError.
    """
    total = Money(invoice.total_minor, invoice.currency)
    if total and invoice.kind != "advance_payment":
        owner = Owner(invoice.provider_id, invoice.client_id)
        post(session, draft_hold(owner, invoice.id, total, f"Invoice {invoice.number}"))
    invoice.status = advance(INVOICE_TRANSITIONS, InvoiceState(invoice.status), InvoiceEvent.PAY)
    invoice.paid_at = kernel.clock.now()
    ask_for_documents(session, invoice)
    record_event(session, kernel, "InvoicePaid", {"invoice_id": invoice.id}, invoice.client_id)
    if invoice.kind == "order":
        _begin_order(session, kernel, invoice)
    elif line := _renewed_line(invoice):
        _begin_renewal(session, kernel, invoice, line)


def _begin_order(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    order = session.get_one(Order, invoice.order_id, with_for_update=True)
    order.status = advance(ORDER_TRANSITIONS, OrderState(order.status), OrderEvent.PAY)
    for service_id in sorted({line.service_id for line in invoice.lines if line.service_id}):
        service = session.get_one(Service, service_id, with_for_update=True)
        service.status = advance(
            SERVICE_TRANSITIONS, ServiceState(service.status), ServiceEvent.PAY
        )
        service.version += 1
        start_operation(session, kernel, service, OperationKind.OPEN, invoice)


def refuse_stale_renewal(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    """Raise StaleRenewalError where a renewal of today would be another one."""
    line = _renewed_line(invoice)
    if line is None or line.start_on is None:
        return
    service = session.get_one(Service, line.service_id)
    provider = session.get_one(Provider, invoice.provider_id)
    today = business_date(kernel.clock.now(), provider.time_zone)
    if service.expires_on and is_stale(invoice.issued_on, line.start_on, service.expires_on, today):
        raise StaleRenewalError(
            f"invoice {invoice.number} renews service {service.id} from {line.start_on}, which "
            "isn't possible any more: renew the service again"
        )


def _renewed_line(invoice: Invoice) -> InvoiceLine | None:
    if invoice.kind != "renewal":
        return None
    return next(line for line in invoice.lines if line.service_id and line.kind == "period")


def _begin_renewal(session: Session, kernel: Kernel, invoice: Invoice, line: InvoiceLine) -> None:
    service = session.get_one(Service, line.service_id, with_for_update=True)
    if service.status not in RENEWABLE:
        raise NotRenewableError(f"service {service.id} is {service.status}")
    refuse_stale_renewal(session, kernel, invoice)
    start_operation(
        session,
        kernel,
        service,
        OperationKind.RENEW,
        invoice,
        start_on=line.start_on,
        expires_on=line.end_on,
        period_months=line.period_months,
    )
