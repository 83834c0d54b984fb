"""A client's orders."""

from typing import Any

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.finding import find
from billing_kernel.application.ordering import cancel_order, invoices_of, place_order
from billing_kernel.application.paying import end_replaceable_attempts, pay_invoice
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.payment_steps import begun_inside
from billing_kernel.http.service_views import for_client
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.orders import Order, OrderPlaced, PlaceOrder
from billing_kernel.http.shapes.payments import Payment

TAGS = ["Orders"]


@post("/orders", operation_id="placeOrder", tags=TAGS, sync_to_thread=True)
def place(
    kernel: GivenKernel, caller: GivenCaller, once: GivenOnce, data: JSONBody[PlaceOrder]
) -> Response[OrderPlaced]:
    """Order one item and pay it at once; what can't be paid is not ordered."""
    item, choice = data.item(), data.pay_with.choice()

    def work(session: Session) -> OrderPlaced:
        placed = place_order(session, kernel, caller.id, item, data.payer_id)
        payment = pay_invoice(session, kernel, placed.invoice.id, caller.id, choice)
        session.flush()
        services = [for_client(session, kernel, service) for service in placed.services]
        return OrderPlaced(
            order=Order.of(placed.order),
            invoice=Invoice.of(placed.invoice),
            service=services[0],
            services=services,
            payment=UNSET if payment is None else Payment.of(payment),
        )

    def go_on(answer: Any) -> Any:
        return begun_inside(kernel, answer)

    return once.answer(work, afterwards=go_on)


@get("/orders", operation_id="listOrders", tags=TAGS, sync_to_thread=True)
def list_orders(kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging) -> Page[Order]:
    """Your orders, newest first."""
    mine = select(models.Order).where(models.Order.client_id == caller.id)
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.Order, paging, Order.of, newest_first=True)


@get("/orders/{order_id:int}", operation_id="getOrder", tags=TAGS, sync_to_thread=True)
def get_order(kernel: GivenKernel, caller: GivenCaller, order_id: FromPath[int]) -> Order:
    """One of your orders."""
    with kernel.database.reading() as session:
        return Order.of(find(session, models.Order, order_id, client_id=caller.id))


@delete(
    "/orders/{order_id:int}",
    operation_id="cancelOrder",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def cancel(kernel: GivenKernel, caller: GivenCaller, order_id: FromPath[int]) -> Order:
    """Cancel an order that isn't paid, with its invoice and services."""

    def work(session: Session) -> Order:
        order = find(session, models.Order, order_id, client_id=caller.id)
        for invoice in invoices_of(session, order, lock=True):
            end_replaceable_attempts(session, kernel, invoice)
        return Order.of(cancel_order(session, kernel, order_id, caller.id))

    return kernel.database.run(work)
