"""Cards that Stripe keeps, and charges while nobody is there to notice a second one."""

from collections.abc import Callable

import pytest

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    Money,
    Notification,
    PaymentState,
    Secret,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import sample_start_payment
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer

DAY_S = 24 * 3600
AMOUNT = Money(990, "EUR")


def charge_of(token: str, reference: str = "renewal-1") -> ChargeStored:
    return ChargeStored(9, reference, AMOUNT, "Invoice 9", Secret(token))


def test_a_card_can_be_stored_with_a_payment(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """One visit to the page is enough for the first invoice and all later ones."""
    request = sample_start_payment(7, store_method=True)
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id)
    asked = FetchPayment(7, request.reference, request.amount, started.external_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    assert fact.stored_method is not None
    assert fact.stored_method.title == "Visa •••• 4242"
    assert fact.stored_method.expires_on == "2031-02-28"
    charged = gateway.charge_stored(charge_of(fact.stored_method.token), context)
    assert (charged.state, charged.captured) == (PaymentState.CAPTURED, AMOUNT)


def test_a_card_is_stored_only_if_that_was_asked(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """Keeping a card without a word is not allowed, whoever Stripe takes the payer for."""
    request = sample_start_payment(7)
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id)
    intent = upstream.account.find("payment_intent", upstream.intent_of(started.external_id))
    intent["customer"] = "cus_of_somebody"
    asked = FetchPayment(7, request.reference, request.amount, started.external_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    assert fact.stored_method is None


def test_a_declined_card_is_not_stored(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """The intent names the card that was tried last, whatever became of it."""
    request = sample_start_payment(7, store_method=True)
    started = gateway.start_payment(request, context)
    upstream.pay(started.external_id, "declined")
    asked = FetchPayment(7, request.reference, request.amount, started.external_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    assert fact.stored_method is None


def test_a_card_can_be_stored_without_a_payment(
    gateway: Stripe,
    context: Context,
    upstream: SimulatedStripe,
    as_notification: Callable[..., Notification],
) -> None:
    """The fact names the place it was stored for, and no money."""
    request = sample_start_payment(8, amount=Money.zero("EUR"), reference="place-8")
    started = gateway.store_method(request, context)
    assert gateway.store_method(request, context) == started
    upstream.pay(started.external_id)
    news = as_notification(upstream.notices.all("checkout.session.completed")[0])
    (fact,) = gateway.handle_notification(news, context)
    assert (fact.external_id, fact.reference) == (started.external_id, "place-8")
    assert fact.captured == fact.refunded == Money.zero("EUR")
    assert fact.stored_method is not None
    charged = gateway.charge_stored(charge_of(fact.stored_method.token), context)
    assert charged.captured == AMOUNT


def test_before_the_card_is_there_nothing_is_stored(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    request = sample_start_payment(8, amount=Money.zero("EUR"), reference="place-8")
    started = gateway.store_method(request, context)
    asked = FetchPayment(8, "place-8", request.amount, started.external_id)
    waiting = gateway.fetch_payment(asked, context)
    upstream.advance(DAY_S + 1)
    expired = gateway.fetch_payment(asked, context)
    assert waiting is not None
    assert expired is not None
    assert (waiting.state, expired.state) == (PaymentState.PENDING, PaymentState.CANCELLED)
    assert waiting.stored_method is expired.stored_method is None


def test_a_debit_shows_what_it_is(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """Not everything that is kept is a card with a date."""
    started = gateway.store_method(sample_start_payment(8, amount=Money.zero("EUR")), context)
    upstream.pay(started.external_id, "delayed")
    asked = FetchPayment(8, "", Money.zero("EUR"), started.external_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    assert fact.stored_method is not None
    assert fact.stored_method.title == "Sepa Debit •••• 3000"
    assert fact.stored_method.expires_on == ""


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("declined", "insufficient_funds"),
        ("authentication_required", "authentication_required"),
        ("requires_action", "requires_action"),
    ],
)
def test_a_charge_that_needs_the_payer_has_failed(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, card: str, reason: str
) -> None:
    """Nobody is there; the client is told why and can pay on the page."""
    charge = charge_of(upstream.store_card(card))
    fact = gateway.charge_stored(charge, context)
    assert (fact.state, fact.captured) == (PaymentState.FAILED, Money.zero("EUR"))
    assert (fact.reason, fact.reference) == (reason, "renewal-1")
    assert gateway.charge_stored(charge, context) == fact
    asked = FetchPayment(9, "renewal-1", AMOUNT, fact.external_id)
    assert gateway.fetch_payment(asked, context) == fact


def test_a_debit_is_pending_until_the_bank_has_answered(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    fact = gateway.charge_stored(charge_of(upstream.store_card("delayed")), context)
    assert (fact.state, fact.captured) == (PaymentState.PENDING, Money.zero("EUR"))


def test_a_charge_has_its_intent_as_external_id_everywhere(
    gateway: Stripe,
    context: Context,
    upstream: SimulatedStripe,
    as_notification: Callable[..., Notification],
) -> None:
    """Answer, look-up and notification must name one payment, not three."""
    fact = gateway.charge_stored(charge_of(upstream.store_card()), context)
    found = gateway.fetch_payment(FetchPayment(9, "renewal-1", AMOUNT), context)
    assert found == fact
    for notice in upstream.notices.all():
        assert gateway.handle_notification(as_notification(notice), context) == (fact,)
    assert fact.external_id.startswith("pi_")


def test_charging_again_after_days_charges_nothing(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer
) -> None:
    """The key is forgotten by then; the customer's own list is not."""
    charge = charge_of(upstream.store_card())
    fact = gateway.charge_stored(charge, context)
    upstream.advance(3 * DAY_S)
    server.requests.clear()
    assert gateway.charge_stored(charge, context) == fact
    assert server.requests.all("POST") == []


def test_a_repeated_charge_tells_what_happened_since(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """The answer that the key keeps is older than the refund."""
    charge = charge_of(upstream.store_card())
    fact = gateway.charge_stored(charge, context)
    upstream.dispute(fact.external_id, 990)
    assert gateway.charge_stored(charge, context).disputed == AMOUNT


def test_two_renewals_of_one_card_are_two(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    token = upstream.store_card()
    first = gateway.charge_stored(charge_of(token, "renewal-1"), context)
    second = gateway.charge_stored(charge_of(token, "renewal-2"), context)
    assert first.external_id != second.external_id


@pytest.mark.parametrize("token", ["cus_unknown/pm_unknown", "pm_alone", "", "/", "cus_1/"])
def test_an_unknown_token_is_refused(gateway: Stripe, context: Context, token: str) -> None:
    """The client is asked for another card; nothing is retried for ever."""
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.charge_stored(charge_of(token), context)
    assert "unknown" not in refusal.value.message


def test_a_forgotten_card_can_t_be_charged(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    token = Secret(upstream.store_card())
    gateway.forget_method(token, context)
    gateway.forget_method(token, context)
    with pytest.raises(UpstreamRefusedError):
        gateway.charge_stored(charge_of(token), context)


def test_forgetting_what_isn_t_there_is_fine(gateway: Stripe, context: Context) -> None:
    gateway.forget_method(Secret("cus_gone/pm_gone"), context)
    gateway.forget_method(Secret("of another driver"), context)


@pytest.mark.parametrize("fault", ["answer_lost", "unavailable", "fails_inside"])
def test_forgetting_is_repeated_until_it_is_done(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer, fault: str
) -> None:
    """A card that the client removed must not stay for want of an answer."""
    token = Secret(upstream.store_card())
    server.faults.add(fault)
    with pytest.raises(UpstreamBusyError):
        gateway.forget_method(token, context)
    gateway.forget_method(token, context)
    (method,) = upstream.account.all("payment_method")
    assert method["customer"] is None


def test_forgetting_with_a_wrong_key_waits_for_a_right_one(
    gateway: Stripe, make: Callable[..., Context], upstream: SimulatedStripe
) -> None:
    context = make({"secret_key": Secret("sk_test_replaced")})
    with pytest.raises(UpstreamBusyError):
        gateway.forget_method(Secret(upstream.store_card()), context)
