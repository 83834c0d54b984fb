"""Anybody can write a notification of YooKassa; it only makes the driver ask."""

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from billing_hookspecs import (
    Context,
    Money,
    Notification,
    NotificationRejectedError,
    PaymentState,
    RefundPayment,
    StartPayment,
    UpstreamBusyError,
)
from billing_payment_gateways.simulation import Notice
from billing_payment_gateways.yookassa.gateway import YooKassa
from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer

AsNotification = Callable[[Notice], Notification]
NewPayment = Callable[..., StartPayment]


def news(event: str, **about: Any) -> Notification:
    body = {"type": "notification", "event": event, "object": about}
    return Notification("POST", {}, {}, json.dumps(body).encode())


@pytest.fixture
def paid(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> str:
    started = gateway.start_payment(new_payment(), context)
    upstream.pay(started.external_id)
    return started.external_id


def test_every_order_of_notifications_tells_the_same(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    as_notification: AsNotification,
    paid: str,
) -> None:
    """Each leads to the payment as it is now, refunds included."""
    for number in (1, 2):
        refund = RefundPayment(paid, f"refund-{number}", Money(30000, "RUB"), "left")
        gateway.refund(refund, context)
    notices = upstream.notices.all()
    assert [it.type for it in notices] == ["payment.succeeded", *["refund.succeeded"] * 2]
    for order in permutations(notices):
        for notice in order:
            (fact,) = gateway.handle_notification(as_notification(notice), context)
            assert (fact.external_id, fact.state) == (paid, PaymentState.CAPTURED)
            assert (fact.captured, fact.refunded) == (Money(129000, "RUB"), Money(60000, "RUB"))


def test_a_claim_is_not_believed(
    gateway: YooKassa, context: Context, new_payment: NewPayment
) -> None:
    """Paid, says the forger, and more than was asked; the shop's own answer counts."""
    started = gateway.start_payment(new_payment(), context)
    forged = news(
        "payment.succeeded",
        id=started.external_id,
        status="succeeded",
        paid=True,
        amount={"value": "9999999.00", "currency": "RUB"},
    )
    (fact,) = gateway.handle_notification(forged, context)
    assert (fact.state, fact.captured) == (PaymentState.PENDING, Money.zero("RUB"))


@pytest.mark.parametrize(
    "object_id",
    ["22d6d597-000f-5000-9000-145f6df21d6f", "", "..", "../../v3/refunds", 17, None, "x" * 5000],
)
def test_what_the_shop_doesn_t_have_is_rejected(
    gateway: YooKassa, context: Context, object_id: object
) -> None:
    """An id is all that is used of it, and only one that looks like an id."""
    for event in ("payment.succeeded", "payment_method.active"):
        with pytest.raises(NotificationRejectedError):
            gateway.handle_notification(news(event, id=object_id), context)
    with pytest.raises(NotificationRejectedError):
        gateway.handle_notification(news("refund.succeeded", payment_id=object_id), context)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"{}", b"[" * 100_000])
def test_what_is_no_notification_is_rejected(
    gateway: YooKassa, context: Context, body: bytes
) -> None:
    with pytest.raises(NotificationRejectedError):
        gateway.handle_notification(Notification("POST", {}, {}, body), context)


@pytest.mark.parametrize("event", ["payout.succeeded", "deal.closed", "", "payments.succeeded"])
def test_news_of_other_things_is_no_news(gateway: YooKassa, context: Context, event: str) -> None:
    assert gateway.handle_notification(news(event, id="x"), context) == ()


def test_what_others_sell_in_the_same_shop_is_not_ours(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    as_notification: AsNotification,
    paid: str,
) -> None:
    """A web shop beside us must not fill our suspense account."""
    upstream.shop.payments[paid]["metadata"] = {"order_id": "37"}
    (notice,) = upstream.notices.all()
    assert gateway.handle_notification(as_notification(notice), context) == ()


def test_a_notification_that_can_t_be_looked_into_is_sent_again(
    gateway: YooKassa,
    make: Callable[..., Context],
    upstream: SimulatedYooKassa,
    as_notification: AsNotification,
    server: YooKassaServer,
    paid: str,
) -> None:
    """Anything but 200 makes YooKassa repeat it for a day."""
    told = as_notification(upstream.notices.all()[0])
    server.faults.add("unavailable", "GET")
    with pytest.raises(UpstreamBusyError):
        gateway.handle_notification(told, make())
    with pytest.raises(UpstreamBusyError):
        gateway.handle_notification(told, make({"shop_id": "other"}))
    assert gateway.handle_notification(told, make())[0].external_id == paid
