"""One reference is one payment on YooKassa's page, whatever happens between the two."""

from collections.abc import Callable

import pytest

from billing_hookspecs import (
    Context,
    FetchPayment,
    Money,
    OutcomeUnknownError,
    PaymentFact,
    PaymentState,
    Secret,
    StartPayment,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_payment_gateways.yookassa.gateway import YooKassa
from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer

HOUR_S = 3600
NewPayment = Callable[..., StartPayment]


def fetched(
    gateway: YooKassa, context: Context, request: StartPayment, external_id: str = ""
) -> PaymentFact:
    asked = FetchPayment(request.payment_id, request.reference, request.amount, external_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    return fact


def test_the_page_asks_for_what_was_asked(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    server: YooKassaServer,
    new_payment: NewPayment,
) -> None:
    """And carries our reference where notifications and people find it."""
    request = new_payment()
    started = gateway.start_payment(request, context)
    payment = upstream.shop.payments[started.external_id]
    assert started.redirect_url == payment["confirmation"]["confirmation_url"]
    assert payment["amount"] == {"value": "1290.00", "currency": "RUB"}
    assert payment["metadata"] == {"billing_reference": request.reference}
    assert upstream.shop.return_urls[started.external_id] == request.return_url
    (posted,) = server.requests.all("POST")
    assert posted.idempotency_key == request.reference


def test_the_external_id_never_changes(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    request = new_payment()
    started = gateway.start_payment(request, context)
    waiting = fetched(gateway, context, request)
    upstream.pay(started.external_id)
    captured = fetched(gateway, context, request)
    assert {waiting.external_id, captured.external_id} == {started.external_id}
    assert (waiting.state, captured.state) == (PaymentState.PENDING, PaymentState.CAPTURED)
    assert (captured.captured, captured.reference) == (request.amount, request.reference)


@pytest.mark.parametrize("minor", [1, 10, 101, 129900, 99_999_999_999])
def test_kopecks_are_exact(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    new_payment: NewPayment,
    minor: int,
) -> None:
    """Amounts travel as decimal text; a rounding in between would be booked."""
    request = new_payment(amount=Money(minor, "RUB"))
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id)
    assert fetched(gateway, context, request).captured == request.amount


@pytest.mark.parametrize("value", ["12.905", "x", "", "NaN", None, 12.9])
def test_an_amount_that_is_none_is_unknown(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    new_payment: NewPayment,
    value: object,
) -> None:
    """Booked money must be what moved; a guess would be booked for ever."""
    request = new_payment()
    started = gateway.start_payment(request, context)
    upstream.shop.payments[started.external_id]["amount"]["value"] = value
    with pytest.raises(OutcomeUnknownError):
        fetched(gateway, context, request, started.external_id)


@pytest.mark.parametrize("amount", [None, [], {"value": "1.00", "currency": "zzz"}])
def test_an_amount_without_a_meaning_is_unknown(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    new_payment: NewPayment,
    amount: object,
) -> None:
    request = new_payment()
    started = gateway.start_payment(request, context)
    upstream.shop.payments[started.external_id]["amount"] = amount
    with pytest.raises(OutcomeUnknownError):
        fetched(gateway, context, request, started.external_id)


def test_a_declined_payment_has_failed_with_its_reason(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    """Cancelled is final at YooKassa: another attempt is another payment."""
    request = new_payment()
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id, "declined")
    fact = fetched(gateway, context, request, started.external_id)
    assert (fact.state, fact.reason) == (PaymentState.FAILED, "insufficient_funds")
    assert not fact.captured


def test_a_page_that_nobody_paid_expires(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    request = new_payment()
    started = gateway.start_payment(request, context)
    upstream.advance(2 * HOUR_S)
    fact = fetched(gateway, context, request, started.external_id)
    assert (fact.state, fact.reason) == (PaymentState.CANCELLED, "expired_on_confirmation")


@pytest.mark.parametrize(
    ("succeeds", "state"), [(True, PaymentState.CAPTURED), (False, PaymentState.FAILED)]
)
def test_slow_money_is_pending_until_it_is_there(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    new_payment: NewPayment,
    succeeds: bool,
    state: PaymentState,
) -> None:
    request = new_payment()
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id, "slow")
    assert fetched(gateway, context, request, started.external_id).state is PaymentState.PENDING
    upstream.settle(started.external_id, succeeds=succeeds)
    fact = fetched(gateway, context, request, started.external_id)
    assert (fact.state, bool(fact.captured)) == (state, succeeds)


def test_another_description_opens_no_second_payment(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    """An invoice may be renamed between two attempts; the key then refuses the second."""
    started = gateway.start_payment(new_payment(), context)
    renamed = new_payment(description="Invoice 2026-17")
    assert gateway.start_payment(renamed, context) == started
    assert len(upstream.payments()) == 1


def test_a_failure_inside_is_looked_into_at_once(
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    server: YooKassaServer,
    new_payment: NewPayment,
) -> None:
    """Its 500 says that nobody knows; the list of payments does."""
    server.faults.add("fails_inside", "POST")
    started = gateway.start_payment(new_payment(), context)
    assert list(upstream.payments()) == [started.external_id]
    assert gateway.start_payment(new_payment(), context) == started


def test_a_payment_is_found_among_hundreds(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    """Lists come in pages of a hundred; the one that is looked for may be on the last."""
    request = new_payment()
    first = gateway.start_payment(request, context)
    model = upstream.shop.payments[first.external_id]
    for number in range(230):
        other = {**model, "id": f"other-{number}", "metadata": {}}
        upstream.shop.payments[other["id"]] = other
    assert fetched(gateway, context, request).external_id == first.external_id


def test_what_was_paid_the_day_before_yesterday_is_found(
    gateway: YooKassa, context: Context, upstream: SimulatedYooKassa, new_payment: NewPayment
) -> None:
    """There is no search: three days of payments are looked through."""
    request = new_payment()
    upstream.advance(-60 * HOUR_S)
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id)
    upstream.advance(60 * HOUR_S)
    assert fetched(gateway, context, request).external_id == started.external_id


def test_an_unknown_payment_is_none(gateway: YooKassa, context: Context) -> None:
    for external_id in ("", "unknown", "payment_method/unknown", "../refunds"):
        asked = FetchPayment(1, "never-started", Money(1290, "RUB"), external_id)
        assert gateway.fetch_payment(asked, context) is None


def test_asking_with_a_wrong_key_waits_for_a_right_one(
    gateway: YooKassa, make: Callable[..., Context], new_payment: NewPayment
) -> None:
    context = make({"secret_key": Secret("test_replaced")})
    with pytest.raises(UpstreamBusyError, match="401"):
        fetched(gateway, context, new_payment())


def test_what_yookassa_won_t_take_is_refused(
    gateway: YooKassa, context: Context, new_payment: NewPayment
) -> None:
    """The driver declares roubles only; this is the second lock on the same door."""
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.start_payment(new_payment(amount=Money(100, "EUR")), context)
    assert refusal.value.reason == "invalid_request"
    assert gateway.currencies == ("RUB",)
