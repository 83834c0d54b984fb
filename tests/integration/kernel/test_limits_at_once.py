"""Limits of tariff plans hold whatever a client's tabs and scripts do at the same moment."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tests.factories import Shop, make_shop, place

from billing_hookspecs import BillingError
from billing_kernel.application.carting import add_item
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.checking_out import check_out
from billing_kernel.application.kernel import Kernel
from billing_kernel.models import CartItem, Service

pytestmark = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)

AtOnce = Callable[[list[Callable[[], object]]], list[object]]


def put(kernel: Kernel, shop: Shop, quantity: int = 1) -> object:
    item = OrderItem(shop.plan.id, 1, {"name": "mine"}, quantity=quantity)

    def work(session: Session) -> int:
        return add_item(session, kernel, shop.client.id, item)[0].id

    return kernel.database.run(work)


def check_out_cart(kernel: Kernel, shop: Shop) -> object:
    return kernel.database.run(lambda session: check_out(session, kernel, shop.client.id))


def kinds(results: list[object]) -> Counter[str]:
    return Counter(type(each).__name__ for each in results if isinstance(each, BillingError))


def count(kernel: Kernel, model: type[Service] | type[CartItem]) -> int:
    with kernel.database.reading() as session:
        return session.scalar(select(func.count(model.id))) or 0


def test_orders_and_carts_at_once_never_exceed_a_clients_limit(
    kernel: Kernel, at_once: AtOnce
) -> None:
    """Of three places a cart takes two or none: which, the database decides, not luck."""
    shop = make_shop(kernel, services_per_client_max=3)
    put(kernel, shop, quantity=2)
    buying = partial(check_out_cart, kernel, shop)
    results = at_once([buying, partial(place, kernel, shop)] * 4)
    assert count(kernel, Service) == 3
    assert set(kinds(results)) <= {"ServiceLimitError", "CartEmptyError"}
    bought = sum(not isinstance(each, BillingError) for each in results[::2])
    assert count(kernel, CartItem) == 1 - bought


def test_a_cart_never_holds_more_than_may_be_ordered_at_a_time(
    kernel: Kernel, at_once: AtOnce
) -> None:
    """Eight clicks on "add to cart" for a tariff plan of which three go together."""
    shop = make_shop(kernel, services_per_order_max=3)
    results = at_once([partial(put, kernel, shop)] * 8)
    assert kinds(results) == {"QuantityTooLargeError": 5}
    assert count(kernel, CartItem) == 3
