"""A simulated YooKassa over real HTTP, the driver, and the kernel's part of the conversation."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing_hookspecs import Context, Money, Notification, Secret, StartPayment
from billing_hookspecs.testing import make_context, sample_start_payment
from billing_payment_gateways.simulation import Notice
from billing_payment_gateways.yookassa.gateway import YooKassa
from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer

SHOP_ID = "100500"
SECRET_KEY = "test_canary_Kx7-пример-b2"


@pytest.fixture
def server() -> Iterator[YooKassaServer]:
    with YooKassaServer(SHOP_ID, SECRET_KEY) as running:
        yield running


@pytest.fixture
def upstream(server: YooKassaServer) -> SimulatedYooKassa:
    return server.app


@pytest.fixture
def settings(server: YooKassaServer) -> dict[str, Any]:
    return {"shop_id": SHOP_ID, "secret_key": Secret(SECRET_KEY), "api_base": server.url}


@pytest.fixture
def gateway() -> YooKassa:
    return YooKassa()


@pytest.fixture
def make(settings: dict[str, Any]) -> Iterator[Callable[..., Context]]:
    """Makes contexts; keywords as of ``make_context``, ``changes`` replaces settings."""
    made: list[Context] = []

    def context(changes: dict[str, Any] | None = None, **details: Any) -> Context:
        made.append(make_context({**settings, **(changes or {})}, **details))
        return made[-1]

    yield context
    for one in made:
        one.http.close()


@pytest.fixture
def context(make: Callable[..., Context]) -> Context:
    return make()


@pytest.fixture
def new_payment() -> Callable[..., StartPayment]:
    """Number → a payment of 1290 roubles."""

    def make_payment(number: int = 7, **changes: Any) -> StartPayment:
        return sample_start_payment(number, **{"amount": Money(129000, "RUB"), **changes})

    return make_payment


@pytest.fixture
def as_notification() -> Callable[[Notice], Notification]:
    return lambda notice: Notification("POST", {}, {}, notice.body)
