"""Place and cancel orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, OrderView
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.denominating import provider_for_sale
from billing_kernel.application.entitling import accepted_agreement, refuse_too_many
from billing_kernel.application.finding import find
from billing_kernel.application.invoicing import Item, cancel_invoice, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.labelling import label_service
from billing_kernel.application.publishing import record_event
from billing_kernel.application.quoting import QuotedItem, parts_of, quote_item
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.quotes import quote_of
from billing_kernel.domain.states import (
    ORDER_TRANSITIONS,
    SERVICE_TRANSITIONS,
    InvoiceState,
    OrderEvent,
    OrderState,
    ServiceEvent,
    ServiceState,
    advance,
)
from billing_kernel.models import Client, Invoice, InvoiceLine, Order, Payer, Provider, Service


class OrderRefusedError(RuleError):
    """Plugins object to the order; the message has all objections."""

    code = "order.refused"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    order: Order
    invoice: Invoice
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """An order and what its invoice has to ask for."""

    order: Order
    services: tuple[Service, ...]
    items: tuple[Item, ...]
    tax_note: str


def place_order(
    session: Session,
    kernel: Kernel,
    client_id: int,
    item: OrderItem,
    payer_id: int | None = None,
) -> PlacedOrder:
    """Record an order with its unpaid invoice and its services, which exist from now on.

    Raises what ``quote_item`` raises, OrderRefusedError, ServiceLimitError,
    AgreementRequiredError.
    """
    provider = provider_for_sale(session, client_id)
    # The client's row serialises the counting of services and what follows from it.
    client = find(session, Client, client_id, lock=True)
    payer = payer_of(session, client, payer_id)
    recorded = record_order(session, kernel, provider, client, item, payer)
    invoice = issue_invoice(
        session,
        kernel,
        client,
        "order",
        recorded.items,
        currency=provider.currency,
        today=business_date(kernel.clock.now(), provider.time_zone),
        order_id=recorded.order.id,
        payer=payer,
        tax_note=recorded.tax_note,
    )
    announce_order(session, kernel, recorded.order, invoice)
    return PlacedOrder(recorded.order, invoice, recorded.services)


def record_order(
    session: Session,
    kernel: Kernel,
    provider: Provider,
    client: Client,
    item: OrderItem,
    payer: Payer | None,
) -> RecordedOrder:
    """An order with its services, before it has an invoice; raises as ``place_order``.

    The client's row is locked by the caller.
    """
    quoted = quote_item(session, kernel, provider, item, client, payer)
    refuse_too_many(session, client, quoted.plan, quoted.terms, item.quantity)
    agreement = accepted_agreement(session, kernel, quoted.plan, item)
    quote = quote_of(parts_of(quoted), provider.currency)
    _screen(kernel, client, quoted, quote.total)
    order = Order(
        client_id=client.id,
        provider_id=provider.id,
        tariff_plan_id=quoted.plan.id,
        status=OrderState.NEW,
        item=msgspec.to_builtins(item),
        agreement=agreement,
        net_minor=quote.net.amount_minor,
        tax_minor=quote.tax.amount_minor,
        total_minor=quote.total.amount_minor,
        currency=provider.currency,
    )
    session.add(order)
    session.flush()
    services = tuple(_service(order, quoted) for _ in range(item.quantity))
    session.add_all(services)
    session.flush()
    product_type = kernel.extensions.product_types.find(quoted.plan.product_type)
    for service in services if quoted.is_complete else ():
        label_service(session, service, quoted.plan, product_type, client)
        session.flush()
    items = tuple(
        Item(line, service.id, quoted.plan.id)
        for service in services
        for line in quoted.priced.lines
    )
    return RecordedOrder(order, services, items, quoted.priced.tax_note)


def announce_order(session: Session, kernel: Kernel, order: Order, invoice: Invoice) -> None:
    """Tell that an order was placed."""
    facts = {"order_id": order.id, "invoice_id": invoice.id, "total_minor": order.total_minor}
    record_event(session, kernel, "OrderPlaced", facts, order.client_id)


def payer_of(session: Session, client: Client, payer_id: int | None) -> Payer | None:
    """The client's payer with this id; MissingError for another's or an archived one."""
    if payer_id is None:
        return None
    return find(session, Payer, payer_id, client_id=client.id, is_archived=False)


def cancel_order(session: Session, kernel: Kernel, order_id: int, client_id: int) -> Order:
    """Withdraw an order that isn't paid, with its invoice and services.

    An invoice of a whole cart is withdrawn with everything that it asks for. Raises
    IllegalTransitionError for a paid or cancelled one. Open payments must be cancelled by the
    caller first.
    """
    order = find(session, Order, order_id, client_id=client_id)
    # Whoever pays locks the invoice before its order, too.
    invoices = invoices_of(session, order, lock=True)
    for invoice in invoices:
        if invoice.status == InvoiceState.NEW:
            cancel_invoice(invoice)
    for each in sorted({order.id, *_orders_of(session, invoices)}):
        _cancel(session, kernel, each)
    return session.get_one(Order, order_id)


def _cancel(session: Session, kernel: Kernel, order_id: int) -> None:
    order = find(session, Order, order_id, lock=True)
    order.status = advance(ORDER_TRANSITIONS, OrderState(order.status), OrderEvent.CANCEL)
    for service in services_of(session, order):
        service.status = advance(
            SERVICE_TRANSITIONS, ServiceState(service.status), ServiceEvent.CANCEL
        )
        service.version += 1
    record_event(session, kernel, "OrderCancelled", {"order_id": order.id}, order.client_id)


def _orders_of(session: Session, invoices: Sequence[Invoice]) -> Sequence[int]:
    """The orders whose services invoices ask money for, but for those that run already."""
    ids = [invoice.id for invoice in invoices]
    asked = select(InvoiceLine.service_id).where(InvoiceLine.invoice_id.in_(ids))
    waiting = Service.id.in_(asked), Service.status == ServiceState.ORDERED
    return session.scalars(select(Service.order_id).where(*waiting)).all()


def invoices_of(session: Session, order: Order, *, lock: bool = False) -> list[Invoice]:
    """The invoices that ask money for what was ordered, later ones of its services not among."""
    of_services = select(InvoiceLine.invoice_id).join(Service).where(Service.order_id == order.id)
    statement = (
        select(Invoice)
        .where(Invoice.id.in_(of_services), Invoice.kind == "order")
        .order_by(Invoice.id)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(statement))


def services_of(session: Session, order: Order) -> list[Service]:
    """What was ordered, without what is bundled with it."""
    of_order = Service.order_id == order.id, Service.parent_service_id.is_(None)
    return list(session.scalars(select(Service).where(*of_order).order_by(Service.id)))


def _service(order: Order, quoted: QuotedItem) -> Service:
    return Service(
        client_id=order.client_id,
        provider_id=order.provider_id,
        order_id=order.id,
        product_type=quoted.plan.product_type,
        tariff_plan_id=quoted.plan.id,
        tariff_version_id=quoted.version.id,
        processing_module_id=quoted.plan.processing_module_id,
        reference=uuid4().hex[:16],
        name=quoted.name[:255],
        status=ServiceState.ORDERED,
        period_months=quoted.item.period_months,
        auto_renewal=quoted.item.auto_renewal,
        parameters=dict(quoted.parameters),
        addons=dict(quoted.addons),
        awaits_parameters=not quoted.is_complete,
    )


def _screen(kernel: Kernel, client: Client, quoted: QuotedItem, total: Money) -> None:
    view = OrderView(
        client.provider_id,
        client.id,
        client.country,
        quoted.plan.product_type,
        quoted.plan.id,
        quoted.item.period_months,
        quoted.item.quantity,
        quoted.parameters,
        total,
    )
    objections = kernel.extensions.screen_order(view)
    if objections:
        raise OrderRefusedError("; ".join(objection.message for _, objection in objections))
