"""Money that goes back goes back once."""

import pytest

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    Money,
    OutcomeUnknownError,
    RefundDone,
    RefundPayment,
    RefundPending,
    Secret,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import sample_start_payment
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer

DAY_S = 24 * 3600
ASKED = sample_start_payment(7)


@pytest.fixture
def paid(gateway: Stripe, context: Context, upstream: SimulatedStripe) -> str:
    started = gateway.start_payment(ASKED, context)
    upstream.pay(started.external_id)
    return started.external_id


def refund_of(payment_id: str, minor: int = 300, reference: str = "refund-1") -> RefundPayment:
    return RefundPayment(payment_id, reference, Money(minor, "EUR"), "the client left")


def refunded(gateway: Stripe, context: Context, payment_id: str) -> Money:
    asked = FetchPayment(7, ASKED.reference, ASKED.amount, payment_id)
    fact = gateway.fetch_payment(asked, context)
    assert fact is not None
    return fact.refunded


def test_parts_add_up_to_the_whole_and_no_further(
    gateway: Stripe, context: Context, paid: str
) -> None:
    gateway.refund(refund_of(paid, 300, "refund-1"), context)
    gateway.refund(refund_of(paid, 990, "refund-2"), context)
    assert refunded(gateway, context, paid) == ASKED.amount
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.refund(refund_of(paid, 1, "refund-3"), context)
    assert refusal.value.reason == "charge_already_refunded"


def test_too_much_is_refused(gateway: Stripe, context: Context, paid: str) -> None:
    with pytest.raises(UpstreamRefusedError):
        gateway.refund(refund_of(paid, 1291), context)
    assert refunded(gateway, context, paid) == Money.zero("EUR")


def test_refunding_again_after_days_returns_nothing_more(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer, paid: str
) -> None:
    """Idempotency keys live for a day; a refund may wait longer for an administrator."""
    first = gateway.refund(refund_of(paid), context)
    upstream.advance(3 * DAY_S)
    server.requests.clear()
    assert gateway.refund(refund_of(paid), context) == first
    assert server.requests.all("POST") == []
    assert refunded(gateway, context, paid) == Money(300, "EUR")


def test_a_pending_refund_is_asked_after_until_it_ends(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, paid: str
) -> None:
    """Calling again with the same reference is how the kernel asks."""
    upstream.account.refund_status = "pending"
    pending = gateway.refund(refund_of(paid), context)
    assert isinstance(pending, RefundPending)
    assert refunded(gateway, context, paid) == Money.zero("EUR")
    upstream.settle_refund(pending.external_id, "succeeded")
    assert gateway.refund(refund_of(paid), context) == RefundDone(pending.external_id)
    assert refunded(gateway, context, paid) == Money(300, "EUR")


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_came_back_is_refused(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, paid: str, status: str
) -> None:
    """The money is the provider's again, and the client must get it in another way."""
    upstream.account.refund_status = "pending"
    pending = gateway.refund(refund_of(paid), context)
    assert isinstance(pending, RefundPending)
    upstream.settle_refund(pending.external_id, status)
    with pytest.raises(UpstreamRefusedError, match="came back"):
        gateway.refund(refund_of(paid), context)
    assert refunded(gateway, context, paid) == Money.zero("EUR")


def test_a_charge_of_a_stored_card_is_refunded_by_its_intent(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    token = Secret(upstream.store_card())
    fact = gateway.charge_stored(
        ChargeStored(9, "renewal-1", Money(990, "EUR"), "Invoice 9", token), context
    )
    outcome = gateway.refund(refund_of(fact.external_id, 990), context)
    assert isinstance(outcome, RefundDone)


def test_what_was_never_paid_can_t_be_refunded(gateway: Stripe, context: Context) -> None:
    started = gateway.start_payment(ASKED, context)
    for payment_id in (started.external_id, "cs_unknown", "pi_unknown"):
        with pytest.raises(UpstreamRefusedError):
            gateway.refund(refund_of(payment_id), context)


def test_what_is_disputed_can_t_be_refunded(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, paid: str
) -> None:
    """The bank has taken the money already; a refund would give it twice."""
    upstream.dispute(paid, 1290)
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.refund(refund_of(paid), context)
    assert refusal.value.reason == "charge_disputed"


def test_a_refund_of_unknown_outcome_is_found_again(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, server: StripeServer, paid: str
) -> None:
    """Stripe's own failure is kept by the key; the refund itself is listed."""
    server.faults.add("fails_inside", "POST /v1/refunds")
    with pytest.raises(OutcomeUnknownError):
        gateway.refund(refund_of(paid), context)
    (refund,) = upstream.account.all("refund")
    assert gateway.refund(refund_of(paid), context) == RefundDone(refund["id"])
    assert len(upstream.account.all("refund")) == 1


def test_the_reason_and_the_reference_stay_with_the_refund(
    gateway: Stripe, context: Context, upstream: SimulatedStripe, paid: str
) -> None:
    """Whoever looks in Stripe's dashboard sees which refund of ours it was, and why."""
    gateway.refund(refund_of(paid), context)
    (refund,) = upstream.account.all("refund")
    assert refund["metadata"] == {"billing_reference": "refund-1", "reason": "the client left"}
