"""One reference is one payment on Stripe's page, whatever happens between the two."""

from collections.abc import Callable
from typing import Any

import pytest

from billing_hookspecs import (
    Context,
    FetchPayment,
    Money,
    OutcomeUnknownError,
    PaymentFact,
    PaymentState,
    StartPayment,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import sample_start_payment
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer

DAY_S = 24 * 3600
ASKED = sample_start_payment(7)


def fetched(
    gateway: Stripe, context: Context, request: StartPayment = ASKED, external_id: str = ""
) -> PaymentFact:
    asked = FetchPayment(request.payment_id, request.reference, request.amount, external_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    return fact


def session_of(upstream: SimulatedStripe, session_id: str) -> dict[str, Any]:
    return upstream.account.find("checkout.session", session_id)


def test_the_page_asks_for_what_was_asked(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """And carries our reference where notifications and people find it."""
    started = gateway.start_payment(ASKED, context)
    session = session_of(upstream, started.external_id)
    assert started.redirect_url == session["url"]
    assert (session["amount_total"], session["currency"]) == (1290, "eur")
    assert session["success_url"] == session["cancel_url"] == ASKED.return_url
    assert session["client_reference_id"] == ASKED.reference
    assert session["metadata"] == {"billing_reference": ASKED.reference}
    assert session["customer_email"] == "zoe@example.com"
    assert session["adaptive_pricing"] == {"enabled": False}
    assert session["customer_creation"] == "if_required"


def test_the_reference_is_the_idempotency_key(
    gateway: Stripe, context: Context, server: StripeServer
) -> None:
    gateway.start_payment(ASKED, context)
    (posted,) = server.requests.all("POST")
    assert (posted.path, posted.idempotency_key) == ("/v1/checkout/sessions", ASKED.reference)


def test_the_external_id_never_changes(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """Books know a payment by it: start, look-up by reference and the captured fact agree."""
    started = gateway.start_payment(ASKED, context)
    waiting = fetched(gateway, context)
    upstream.pay(started.external_id)
    captured = fetched(gateway, context)
    ids = {started.external_id, waiting.external_id, captured.external_id}
    assert len(ids) == 1
    assert waiting.reference == captured.reference == ASKED.reference


@pytest.mark.parametrize(
    ("amount", "asked"), [(Money(5000, "ISK"), 500000), (Money(1500, "JPY"), 1500)]
)
def test_amounts_go_out_and_come_back_in_their_own_units(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, amount: Money, asked: int
) -> None:
    request = sample_start_payment(amount=amount)
    started = gateway.start_payment(request, context)
    assert session_of(upstream, started.external_id)["amount_total"] == asked
    upstream.pay(started.external_id)
    assert fetched(gateway, context, request).captured == amount


def test_a_declined_card_leaves_the_page_open(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """The payer tries another one; calling it failed would lose the second try's money."""
    started = gateway.start_payment(ASKED, context)
    upstream.pay(started.external_id, "declined")
    fact = fetched(gateway, context, external_id=started.external_id)
    assert (fact.state, fact.captured) == (PaymentState.PENDING, Money.zero("EUR"))
    assert fact.reason == "insufficient_funds"
    upstream.pay(started.external_id)
    fact = fetched(gateway, context, external_id=started.external_id)
    assert (fact.state, fact.captured, fact.reason) == (PaymentState.CAPTURED, ASKED.amount, "")


def test_a_page_that_nobody_paid_expires(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """The invoice becomes free for another attempt."""
    started = gateway.start_payment(ASKED, context)
    upstream.advance(DAY_S + 1)
    fact = fetched(gateway, context, external_id=started.external_id)
    assert (fact.state, fact.reason) == (PaymentState.CANCELLED, "expired")


@pytest.mark.parametrize(
    ("succeeds", "state"), [(True, PaymentState.CAPTURED), (False, PaymentState.FAILED)]
)
def test_money_of_a_bank_debit_counts_when_it_is_there(
    gateway: Stripe,
    context: Context,
    upstream: SimulatedStripe,
    succeeds: bool,
    state: PaymentState,
) -> None:
    """The page is done with days before; a service given then might never be paid for."""
    started = gateway.start_payment(ASKED, context)
    upstream.pay(started.external_id, "delayed")
    waiting = fetched(gateway, context, external_id=started.external_id)
    assert (waiting.state, waiting.captured) == (PaymentState.PENDING, Money.zero("EUR"))
    upstream.settle(started.external_id, succeeds=succeeds)
    fact = fetched(gateway, context, external_id=started.external_id)
    assert fact.state is state
    assert bool(fact.captured) is succeeds


def test_starting_again_after_days_finds_what_was_paid(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer
) -> None:
    """Idempotency keys are forgotten after a day, restored backups are older than that."""
    started = gateway.start_payment(ASKED, context)
    upstream.pay(started.external_id)
    upstream.advance(3 * DAY_S)
    server.requests.clear()
    again = gateway.start_payment(ASKED, context)
    assert again.external_id == started.external_id
    assert again.redirect_url == ASKED.return_url
    assert server.requests.all("POST") == []


def test_a_lost_payment_is_found_by_its_reference_after_days(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lists are looked through for a day only; what was paid before is searched for."""
    started = gateway.start_payment(ASKED, context)
    upstream.pay(started.external_id)
    upstream.advance(3 * DAY_S)
    ahead = upstream.account.now()
    monkeypatch.setattr("billing_payment_gateways.stripe.client.time.time", lambda: ahead)
    fact = fetched(gateway, context)
    assert (fact.external_id, fact.captured) == (started.external_id, ASKED.amount)


def test_another_description_opens_no_second_page(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """An invoice may be renamed between two attempts; the key then refuses the second."""
    started = gateway.start_payment(ASKED, context)
    renamed = sample_start_payment(7, description="Invoice 2026-17")
    assert gateway.start_payment(renamed, context) == started
    assert len(upstream.payments()) == 1


def test_a_failure_that_the_key_keeps_doesn_t_block_the_payment(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer
) -> None:
    """Stripe repeats a 500 for a day; what it had opened by then is found all the same."""
    server.faults.add("fails_inside", "POST /v1/checkout/sessions")
    started = gateway.start_payment(ASKED, context)
    assert started.redirect_url == session_of(upstream, started.external_id)["url"]
    assert gateway.start_payment(ASKED, context) == started
    assert len(upstream.payments()) == 1


def test_a_failure_that_opened_nothing_stays_unknown(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer
) -> None:
    """Nobody may say "nothing was done" after a 500, even if nothing can be seen."""
    server.faults.add("fails_inside", "POST /v1/checkout/sessions", after_work=False)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            gateway.start_payment(ASKED, context)
    assert upstream.payments() == {}
    upstream.advance(DAY_S + 1)
    assert gateway.start_payment(ASKED, context).external_id in upstream.payments()


def test_a_request_still_under_way_is_unknown(
    gateway: Stripe, context: Context, server: StripeServer
) -> None:
    server.faults.add("conflict", "POST /v1/checkout/sessions")
    with pytest.raises(OutcomeUnknownError):
        gateway.start_payment(ASKED, context)


def test_a_payment_is_found_among_hundreds(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """Lists come in pages of a hundred; the one that is looked for may be on the last."""
    first = gateway.start_payment(ASKED, context)
    for _ in range(230):
        upstream.account.make(
            "checkout.session", status="complete", payment_intent=None, setup_intent=None
        )
    assert fetched(gateway, context).external_id == first.external_id


def test_an_unknown_payment_is_none(gateway: Stripe, context: Context) -> None:
    for external_id in ("", "cs_test_unknown", "pi_unknown", "../../v1/refunds"):
        asked = FetchPayment(1, "never-started", Money(1290, "EUR"), external_id)
        assert gateway.fetch_payment(asked, context) is None


def test_asking_with_a_wrong_key_waits_for_a_right_one(
    gateway: Stripe, make: Callable[..., Context]
) -> None:
    """The money is not gone because a key was replaced: asking goes on when it is put right."""
    context = make({"secret_key": "sk_test_replaced"})
    with pytest.raises(UpstreamBusyError, match="401"):
        fetched(gateway, context)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(Money(1, "EUR"), "amount_too_small"), (Money(10**9, "EUR"), "amount_too_large")],
)
def test_what_stripe_won_t_take_is_refused_with_its_reason(
    gateway: Stripe, context: Context, amount: Money, reason: str
) -> None:
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.start_payment(sample_start_payment(amount=amount), context)
    assert refusal.value.reason == reason


def test_a_payer_without_an_address_can_pay(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    started = gateway.start_payment(sample_start_payment(payer=None, description=""), context)
    assert session_of(upstream, started.external_id)["customer_email"] is None
