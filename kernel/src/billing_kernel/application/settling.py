"""Settle an invoice from the balance, and start what it was paid for."""

from datetime import date

from sqlalchemy.orm import Session

from billing_hookspecs import Money, OperationKind
from billing_kernel.application.altering import (
    begin_change,
    change_of,
    refuse_stale_change,
)
from billing_kernel.application.documenting import ask_for_documents
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import post
from billing_kernel.application.publishing import record_event
from billing_kernel.application.renewing import RENEWABLE, NotRenewableError
from billing_kernel.application.starting import refuse_being_deleted, start_operation
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

STARTING_KINDS = ("order", "renewal", "change")
"""Invoices whose payment starts something."""


class StaleRenewalError(ConflictError):
    """The renewal's invoice is of a day that is over: a renewal would begin on another now."""

    code = "invoice.renewal_stale"


def settle_invoice(
    session: Session, kernel: Kernel, invoice: Invoice, as_of: date | None = None
) -> None:
    """Move the invoice's total from the balance to the held funds and start its work.

    ``as_of`` is the business date that a renewal is judged on, today if none is given.
    The invoice's row is locked by the caller. Money of an advance payment simply stays on
    the balance. Raises InsufficientFundsError, and where a renewal can't begin
    NotRenewableError, BeingDeletedError, StaleRenewalError, StaleChangeError or
    OperationInProgressError.
    """
    total = Money(invoice.total_minor, invoice.currency)
    if total and invoice.kind != "advance_payment":
        owner = Owner(invoice.provider_id, invoice.client_id)
        post(session, draft_hold(owner, invoice.id, total, f"Invoice {invoice.number}"))
    invoice.status = advance(INVOICE_TRANSITIONS, InvoiceState(invoice.status), InvoiceEvent.PAY)
    invoice.paid_at = kernel.clock.now()
    ask_for_documents(session, invoice)
    record_event(session, kernel, "InvoicePaid", {"invoice_id": invoice.id}, invoice.client_id)
    for service in _services(session, invoice):
        _begin_work(session, kernel, invoice, service, as_of)


def _services(session: Session, invoice: Invoice) -> list[Service]:
    """The services that an invoice is about, locked in the order of their ids."""
    if invoice.kind not in STARTING_KINDS:
        return []
    ids = sorted({line.service_id for line in invoice.lines if line.service_id})
    return [session.get_one(Service, each, with_for_update=True) for each in ids]


def _begin_work(
    session: Session, kernel: Kernel, invoice: Invoice, service: Service, as_of: date | None
) -> None:
    """Open, renew or change a service. Renewed and changed at once, it is renewed first."""
    if service.status == ServiceState.ORDERED:
        _begin_order(session, kernel, invoice, service)
    elif line := _renewed_line(invoice, service.id):
        _begin_renewal(session, kernel, invoice, service, line, as_of)
    elif change := change_of(session, invoice.id, service.id):
        begin_change(session, kernel, change, invoice)


def _begin_order(session: Session, kernel: Kernel, invoice: Invoice, service: Service) -> None:
    order = session.get_one(Order, service.order_id, with_for_update=True)
    if order.status == OrderState.NEW:
        order.status = advance(ORDER_TRANSITIONS, OrderState(order.status), OrderEvent.PAY)
    service.status = advance(SERVICE_TRANSITIONS, ServiceState(service.status), ServiceEvent.PAY)
    service.version += 1
    if not service.awaits_parameters:
        start_operation(session, kernel, service, OperationKind.OPEN, invoice)


def refuse_stale(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    """Raise StaleRenewalError or StaleChangeError where a price of today would be another."""
    if invoice.kind not in STARTING_KINDS:
        return
    for service_id in sorted({line.service_id for line in invoice.lines if line.service_id}):
        service = session.get_one(Service, service_id)
        renewed = _renewed_line(invoice, service_id)
        change = change_of(session, invoice.id, service_id)
        if service.status == ServiceState.ORDERED:
            continue
        if renewed is not None:
            _refuse_stale_renewal(session, kernel, invoice, service, renewed)
        elif change is not None:
            refuse_stale_change(service, change)


def _refuse_stale_renewal(
    session: Session,
    kernel: Kernel,
    invoice: Invoice,
    service: Service,
    line: InvoiceLine,
    as_of: date | None = None,
) -> None:
    if line.start_on is None:
        return
    provider = session.get_one(Provider, invoice.provider_id)
    today = as_of or business_date(kernel.clock.now(), provider.time_zone)
    if service.expires_on and is_stale(invoice.issued_on, line.start_on, service.expires_on, today):
        raise StaleRenewalError(
            f"invoice {invoice.number} renews service {service.id} from {line.start_on}, which "
            "isn't possible any more: renew the service again"
        )


def _renewed_line(invoice: Invoice, service_id: int) -> InvoiceLine | None:
    """The line of a service's period; of one that runs already it is a renewal."""
    if invoice.kind == "change":
        return None
    lines = (line for line in invoice.lines if line.service_id == service_id)
    return next((line for line in lines if line.kind == "period"), None)


def _begin_renewal(
    session: Session,
    kernel: Kernel,
    invoice: Invoice,
    service: Service,
    line: InvoiceLine,
    as_of: date | None,
) -> None:
    if service.status not in RENEWABLE:
        raise NotRenewableError(f"service {service.id} is {service.status}")
    refuse_being_deleted(service)
    _refuse_stale_renewal(session, kernel, invoice, service, line, as_of)
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
