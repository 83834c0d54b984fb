"""Cards that YooKassa keeps, and charges while nobody is there to notice a second one."""

from collections.abc import Callable

import pytest

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    Money,
    Notification,
    PaymentFact,
    PaymentState,
    Secret,
    StartPayment,
    UpstreamRefusedError,
)
from billing_payment_gateways.simulation import Notice
from billing_payment_gateways.yookassa.gateway import YooKassa
from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer

HOUR_S = 3600
AMOUNT = Money(99000, "RUB")
NewPayment = Callable[..., StartPayment]


def charge_of(token: str, reference: str = "renewal-1") -> ChargeStored:
    return ChargeStored(9, reference, AMOUNT, "Invoice 9", Secret(token))


def fetched(gateway: YooKassa, context: Context, external_id: str) -> PaymentFact:
    fact = gateway.fetch_payment(FetchPayment(7, "", AMOUNT, external_id), context)
    assert fact is not None
    return fact


def test_a_card_can_be_stored_with_a_payment(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    started = gateway.start_payment(new_payment(store_method=True), context)
    upstream.pay(started.external_id)
    stored = fetched(gateway, context, started.external_id).stored_method
    assert stored is not None
    assert (stored.title, stored.expires_on) == ("Bank card *4444", "2031-02-28")
    charged = gateway.charge_stored(charge_of(stored.token), context)
    assert (charged.state, charged.captured) == (PaymentState.CAPTURED, AMOUNT)
    assert charged.stored_method is None, "a charge keeps nothing new"


def test_a_card_is_stored_only_if_that_was_asked_and_it_is_good(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    for number, stores, card in ((1, False, "good"), (2, True, "declined")):
        started = gateway.start_payment(new_payment(number, store_method=stores), context)
        upstream.pay(started.external_id, card)
        assert fetched(gateway, context, started.external_id).stored_method is None


def test_a_card_can_be_stored_without_a_payment(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    as_notification: Callable[[Notice], Notification],
    new_payment: NewPayment,
) -> None:
    """The fact names the place it was stored for, and no money."""
    request = new_payment(8, amount=Money.zero("RUB"), reference="place-8")
    started = gateway.store_method(request, context)
    assert gateway.store_method(request, context) == started
    assert fetched(gateway, context, started.external_id).state is PaymentState.PENDING
    upstream.pay(started.external_id)
    (notice,) = upstream.notices.all("payment_method.active")
    (fact,) = gateway.handle_notification(as_notification(notice), context)
    assert (fact.external_id, fact.reference) == (started.external_id, "place-8")
    assert fact.captured == Money.zero("RUB")
    assert fact.stored_method is not None
    assert gateway.charge_stored(charge_of(fact.stored_method.token), context).captured == AMOUNT


def test_a_card_that_can_t_be_stored_has_failed(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    started = gateway.store_method(new_payment(8), context)
    upstream.pay(started.external_id, "declined")
    fact = fetched(gateway, context, started.external_id)
    assert (fact.state, fact.stored_method) == (PaymentState.FAILED, None)


def test_a_declined_charge_has_failed_with_its_reason(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa
) -> None:
    charge = charge_of(upstream.store_card("declined"))
    fact = gateway.charge_stored(charge, context)
    assert (fact.state, fact.reason) == (PaymentState.FAILED, "insufficient_funds")
    assert gateway.charge_stored(charge, context) == fact


def test_a_slow_charge_is_pending(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa
) -> None:
    fact = gateway.charge_stored(charge_of(upstream.store_card("slow")), context)
    assert (fact.state, bool(fact.captured)) == (PaymentState.PENDING, False)


def test_charging_again_after_two_days_charges_nothing(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, server: YooKassaServer
) -> None:
    """The key is forgotten by then; the shop's payments are not."""
    charge = charge_of(upstream.store_card())
    upstream.advance(-48 * HOUR_S)
    fact = gateway.charge_stored(charge, context)
    upstream.advance(48 * HOUR_S)
    server.requests.clear()
    assert gateway.charge_stored(charge, context) == fact
    assert server.requests.all("POST") == []


def test_two_renewals_of_one_card_are_two(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa
) -> None:
    token = upstream.store_card()
    first = gateway.charge_stored(charge_of(token, "renewal-1"), context)
    second = gateway.charge_stored(charge_of(token, "renewal-2"), context)
    assert first.external_id != second.external_id


def test_an_unknown_token_is_refused(gateway: YooKassa, context: Context) -> None:
    with pytest.raises(UpstreamRefusedError):
        gateway.charge_stored(charge_of("22e12f66-000f-5000-8000-18db351245c7"), context)


def test_forgetting_asks_nobody(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, server: YooKassaServer
) -> None:
    """YooKassa deletes none; the kernel throws the token away, and with it the only way."""
    gateway.forget_method(Secret(upstream.store_card()), context)
    assert server.requests.all() == []
