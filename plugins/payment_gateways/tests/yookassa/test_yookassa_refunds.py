"""Money that goes back goes back once."""

from collections.abc import Callable

import pytest

from billing_hookspecs import (
    Context,
    FetchPayment,
    Money,
    OutcomeUnknownError,
    RefundDone,
    RefundPayment,
    RefundPending,
    StartPayment,
    UpstreamRefusedError,
)
from billing_payment_gateways.yookassa.gateway import YooKassa
from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer
from billing_payment_gateways.yookassa.wire import is_refund, refund_description

DAY_S = 24 * 3600


@pytest.fixture
def paid(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    new_payment: Callable[..., StartPayment],
) -> str:
    started = gateway.start_payment(new_payment(), context)
    upstream.pay(started.external_id)
    return started.external_id


def refund_of(payment_id: str, minor: int = 30000, reference: str = "refund-1") -> RefundPayment:
    return RefundPayment(payment_id, reference, Money(minor, "RUB"), "the client left")


def refunded(gateway: YooKassa, context: Context, payment_id: str) -> Money:
    fact = gateway.fetch_payment(FetchPayment(7, "", Money(1, "RUB"), payment_id), context)
    assert fact is not None
    return fact.refunded


def test_parts_add_up_to_the_whole_and_no_further(
    gateway: YooKassa, context: Context, paid: str
) -> None:
    gateway.refund(refund_of(paid, 30000, "refund-1"), context)
    gateway.refund(refund_of(paid, 99000, "refund-2"), context)
    assert refunded(gateway, context, paid) == Money(129000, "RUB")
    with pytest.raises(UpstreamRefusedError):
        gateway.refund(refund_of(paid, 1, "refund-3"), context)


def test_refunding_again_after_days_returns_nothing_more(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    server: YooKassaServer,
    paid: str,
) -> None:
    """Keys live for a day; the refund carries our reference in its description."""
    first = gateway.refund(refund_of(paid), context)
    upstream.advance(3 * DAY_S)
    server.requests.clear()
    assert gateway.refund(refund_of(paid), context) == first
    assert server.requests.all("POST") == []
    assert refunded(gateway, context, paid) == Money(30000, "RUB")


def test_a_pending_refund_is_asked_after_until_it_ends(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, paid: str
) -> None:
    upstream.shop.refund_status = "pending"
    pending = gateway.refund(refund_of(paid), context)
    assert isinstance(pending, RefundPending)
    assert not refunded(gateway, context, paid)
    upstream.settle_refund(pending.external_id, "succeeded")
    assert gateway.refund(refund_of(paid), context) == RefundDone(pending.external_id)


def test_a_cancelled_refund_is_refused_with_its_reason(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, paid: str
) -> None:
    upstream.shop.refund_status = "pending"
    pending = gateway.refund(refund_of(paid), context)
    assert isinstance(pending, RefundPending)
    upstream.settle_refund(pending.external_id, "canceled")
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.refund(refund_of(paid), context)
    assert refusal.value.reason == "insufficient_funds"
    assert not refunded(gateway, context, paid)


def test_a_refund_of_unknown_outcome_is_found_again(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    server: YooKassaServer,
    paid: str,
) -> None:
    server.faults.add("fails_inside", "POST /v3/refunds")
    with pytest.raises(OutcomeUnknownError):
        gateway.refund(refund_of(paid), context)
    (refund_id,) = upstream.shop.refunds
    assert gateway.refund(refund_of(paid), context) == RefundDone(refund_id)
    assert len(upstream.shop.refunds) == 1


def test_what_was_never_paid_can_t_be_refunded(gateway: YooKassa, context: Context) -> None:
    with pytest.raises(UpstreamRefusedError):
        gateway.refund(refund_of("unknown"), context)


@pytest.mark.parametrize("reason", ["", "left", "x" * 500, "[refund-2]"])
def test_a_refund_is_known_by_its_description(reason: str) -> None:
    """The only place that a refund has for our reference; the reason gives way to it."""
    description = refund_description(reason, "refund-1")
    assert len(description) <= 250
    assert is_refund({"description": description}, "refund-1")
    assert not is_refund({"description": description}, "refund-2")
    assert not is_refund({"description": description}, "1")
    assert not is_refund({}, "refund-1")
