"""Orders of all clients."""

from litestar import get
from litestar.params import FromPath, FromQuery

from billing_kernel import models
from billing_kernel.domain.states import OrderState
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.orders import Order

TAGS = ["Administration: orders"]


@get("/orders", operation_id="adminListOrders", tags=TAGS, sync_to_thread=True)
def list_orders(
    kernel: GivenKernel,
    paging: GivenPaging,
    client_id: IdFilter = None,
    status: FromQuery[OrderState | None] = None,
) -> Page[Order]:
    """Every order, newest first."""
    return rows.listed(
        kernel,
        models.Order,
        paging,
        Order.of,
        newest_first=True,
        client_id=client_id,
        status=status,
    )


@get("/orders/{order_id:int}", operation_id="adminGetOrder", tags=TAGS, sync_to_thread=True)
def get_order(kernel: GivenKernel, order_id: FromPath[int]) -> Order:
    """One order."""
    return rows.shown(kernel, models.Order, order_id, Order.of)


HANDLERS = [list_orders, get_order]
