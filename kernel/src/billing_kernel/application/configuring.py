"""Services ordered before their parameters are known: they wait, paid or not, to be told them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.checking import OrderItem, check_item
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.labelling import label_service
from billing_kernel.application.publishing import record_event
from billing_kernel.application.releasing import release_lines
from billing_kernel.application.starting import start_operation
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.states import (
    SERVICE_TRANSITIONS,
    InvoiceState,
    ServiceEvent,
    ServiceState,
    advance,
)
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.models import (
    Client,
    Invoice,
    InvoiceLine,
    Order,
    Service,
    TariffPlan,
    TariffVersion,
)


class ConfiguredError(ConflictError):
    """The service has its parameters already."""

    code = "service.configured"


def is_unconfigured(service: Service) -> bool:
    """Whether a service is paid and waits for its parameters: the upstream knows nothing of it."""
    return service.awaits_parameters and service.status == ServiceState.OPENING


def configure_service(
    session: Session,
    kernel: Kernel,
    service_id: int,
    client_id: int,
    parameters: Mapping[str, Any],
) -> Service:
    """Give an ordered service the parameters that its order left out; a paid one is opened.

    They are checked with those of the order, as they are when ordered. Raises MissingError,
    ConfiguredError, NamesTakenError, and InvalidInputError with pointers under /parameters.
    """
    client = find(session, Client, client_id, lock=True)
    service = find(session, Service, service_id, lock=True, client_id=client_id)
    if not service.awaits_parameters or service.status == ServiceState.DELETED:
        raise ConfiguredError(f"service {service_id} doesn't wait for parameters")
    plan = session.get_one(TariffPlan, service.tariff_plan_id)
    terms = read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)
    item = msgspec.convert(session.get_one(Order, service.order_id).item, OrderItem)
    item = replace(item, parameters={**service.parameters, **parameters})
    checked = check_item(session, kernel, plan, terms, item, client, "", may_lack=False)
    service.parameters, service.awaits_parameters = checked.parameters, False
    if service.name in plan.name.values():
        service.name = checked.name[:255]
    service.version += 1
    product_type = kernel.extensions.product_types.find(plan.product_type)
    label_service(session, service, plan, product_type, client)
    session.flush()
    if service.status == ServiceState.OPENING:
        invoice = next((invoice for _, invoice in _paid_lines(session, service)), None)
        start_operation(session, kernel, service, OperationKind.OPEN, invoice)
    return service


def cancel_unconfigured(session: Session, kernel: Kernel, service: Service) -> None:
    """Delete a paid service that nobody configured; its money returns to the balance.

    Its row is locked by the caller.
    """
    service.status = advance(SERVICE_TRANSITIONS, ServiceState(service.status), ServiceEvent.CANCEL)
    service.version += 1
    paid = [(line, invoice) for line, invoice in _paid_lines(session, service) if line.total_minor]
    release_lines(session, paid, "Cancelled")
    facts = {"service_id": service.id, "expires_on": None}
    record_event(session, kernel, "ServiceDeleted", facts, service.client_id)


def paid_at(session: Session, service: Service) -> datetime | None:
    """When the order of a service that isn't open was paid; None while it isn't."""
    return next((invoice.paid_at for _, invoice in _paid_lines(session, service)), None)


def _paid_lines(session: Session, service: Service) -> list[tuple[InvoiceLine, Invoice]]:
    """The lines that a service was ordered by; it has no others while it isn't open."""
    rows = session.execute(
        select(InvoiceLine, Invoice)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.service_id == service.id, Invoice.status == InvoiceState.PAID)
        .order_by(InvoiceLine.position)
    )
    return [(line, invoice) for line, invoice in rows]
