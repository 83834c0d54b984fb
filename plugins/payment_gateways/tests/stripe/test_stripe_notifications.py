"""A notification is a reason to ask: what is booked is what Stripe says now."""

import json
from collections.abc import Callable
from itertools import permutations

import pytest

from billing_hookspecs import (
    Context,
    Money,
    Notification,
    NotificationRejectedError,
    PaymentFact,
    PaymentState,
    Secret,
    UpstreamBusyError,
)
from billing_hookspecs.testing import sample_start_payment
from billing_payment_gateways.simulation import Notice
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer

AsNotification = Callable[..., Notification]
ASKED = sample_start_payment(7)
ZERO = Money.zero("EUR")


@pytest.fixture
def told(
    gateway: Stripe, context: Context, as_notification: AsNotification
) -> Callable[[Notice], tuple[PaymentFact, ...]]:
    return lambda notice: gateway.handle_notification(as_notification(notice), context)


@pytest.fixture
def paid(gateway: Stripe, context: Context, upstream: SimulatedStripe) -> str:
    started = gateway.start_payment(ASKED, context)
    upstream.pay(started.external_id)
    return started.external_id


def lived_through(upstream: SimulatedStripe, session_id: str) -> list[Notice]:
    """A refund and a dispute, and one notice of each kind of the payment's whole life."""
    intent = upstream.intent_of(session_id)
    charge = upstream.account.find("payment_intent", intent)["latest_charge"]
    with upstream.account.lock:
        upstream.account.find("charge", charge)["amount_refunded"] = 300
        upstream.account.make(
            "refund", amount=300, currency="eur", payment_intent=intent, status="succeeded"
        )
    upstream.account.tell("charge.refunded", upstream.account.find("charge", charge))
    upstream.dispute(session_id, 500)
    kinds = (
        "payment_intent.created",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.refunded",
        "charge.dispute.created",
    )
    return [upstream.notices.all(kind)[0] for kind in kinds]


def test_every_order_of_events_tells_the_same(
    upstream: SimulatedStripe, told: Callable[[Notice], tuple[PaymentFact, ...]], paid: str
) -> None:
    """Stripe promises no order; each event leads to the payment as it is now."""
    notices = lived_through(upstream, paid)
    expected = PaymentFact(
        external_id=paid,
        state=PaymentState.CAPTURED,
        captured=ASKED.amount,
        refunded=Money(300, "EUR"),
        disputed=Money(500, "EUR"),
        reference=ASKED.reference,
    )
    single = {notice.type: told(notice) for notice in notices}
    for order in permutations(notices):
        assert [single[notice.type] for notice in order] == [(expected,)] * 5
    again = [told(notice) for notice in reversed(notices)]
    assert again == [(expected,)] * 5


def test_an_event_that_claims_too_much_is_not_believed(
    upstream: SimulatedStripe,
    gateway: Stripe,
    context: Context,
    told: Callable[[Notice], tuple[PaymentFact, ...]],
) -> None:
    """Even a signed event is only news; the amount is asked for."""
    started = gateway.start_payment(ASKED, context)
    about = {
        "id": started.external_id,
        "object": "checkout.session",
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 10**6,
    }
    body = json.dumps({"object": "event", "type": "x", "data": {"object": about}}).encode()
    (fact,) = told(Notice("evt_1", "x", body))
    assert (fact.state, fact.captured) == (PaymentState.PENDING, ZERO)


@pytest.mark.parametrize(
    ("status", "disputed"),
    [
        ("needs_response", 500),
        ("under_review", 500),
        ("lost", 500),
        ("won", 0),
        ("prevented", 0),
        ("warning_needs_response", 0),
        ("warning_closed", 0),
    ],
)
def test_a_dispute_counts_while_stripe_holds_the_money(
    upstream: SimulatedStripe,
    told: Callable[[Notice], tuple[PaymentFact, ...]],
    paid: str,
    status: str,
    disputed: int,
) -> None:
    """An inquiry takes nothing, a won dispute gives it back."""
    dispute = upstream.dispute(paid, 500)
    upstream.close_dispute(dispute, status)
    (fact,) = told(upstream.notices.all("charge.dispute.closed")[0])
    assert fact.disputed == Money(disputed, "EUR")
    assert (fact.state, fact.captured) == (PaymentState.CAPTURED, ASKED.amount)


def test_a_dispute_in_another_currency_counts_as_the_whole_payment(
    upstream: SimulatedStripe, told: Callable[[Notice], tuple[PaymentFact, ...]], paid: str
) -> None:
    """Its exact share can't be known; too little would be given away."""
    dispute = upstream.dispute(paid, 1400)
    upstream.account.find("dispute", dispute)["currency"] = "usd"
    (fact,) = told(upstream.notices.all("charge.dispute.created")[0])
    assert fact.disputed == ASKED.amount


def test_a_dispute_never_counts_for_more_than_was_paid(
    upstream: SimulatedStripe, told: Callable[[Notice], tuple[PaymentFact, ...]], paid: str
) -> None:
    upstream.dispute(paid, 5000)
    (fact,) = told(upstream.notices.all("charge.dispute.created")[0])
    assert fact.disputed == ASKED.amount


def test_a_refund_counts_when_it_has_gone(
    upstream: SimulatedStripe, told: Callable[[Notice], tuple[PaymentFact, ...]], paid: str
) -> None:
    """A refund that is pending has not moved; one that failed has come back."""
    for status, refunded in (("pending", 0), ("succeeded", 300), ("failed", 0)):
        notices = lived_through(upstream, paid)
        for refund in upstream.account.all("refund"):
            refund["status"] = status
        for refund in upstream.account.all("refund")[1:]:
            refund["status"] = "canceled"
        (fact,) = told(notices[3])
        assert fact.refunded == Money(refunded, "EUR")


def test_an_expired_page_is_told(
    gateway: Stripe,
    context: Context,
    upstream: SimulatedStripe,
    told: Callable[[Notice], tuple[PaymentFact, ...]],
) -> None:
    gateway.start_payment(ASKED, context)
    upstream.advance(25 * 3600)
    (fact,) = told(upstream.notices.all("checkout.session.expired")[0])
    assert (fact.state, fact.reference) == (PaymentState.CANCELLED, ASKED.reference)


def test_what_others_sell_by_the_same_account_is_not_ours(
    upstream: SimulatedStripe, told: Callable[[Notice], tuple[PaymentFact, ...]], paid: str
) -> None:
    """A web shop beside us must not fill our suspense account. The payer can set
    client_reference_id in a payment link's address; metadata only the key's owner can."""
    session = upstream.account.find("checkout.session", paid)
    intent = upstream.account.find("payment_intent", session["payment_intent"])
    session["metadata"], intent["metadata"] = {"order": "17"}, {"order": "17"}
    for notice in upstream.notices.all():
        assert told(notice) == ()


@pytest.mark.parametrize(
    "about",
    [
        {"object": "customer", "id": "cus_1"},
        {"object": "payout", "id": "po_1"},
        {"object": "charge", "id": "ch_1", "payment_intent": None},
        {"object": "checkout.session", "id": 5},
        {"object": 5},
    ],
)
def test_news_of_other_things_is_no_news(
    told: Callable[[Notice], tuple[PaymentFact, ...]], about: dict[str, object]
) -> None:
    """Administrators subscribe to more than is needed; refusing would be repeated for days."""
    body = json.dumps({"object": "event", "type": "x", "data": {"object": about}}).encode()
    assert told(Notice("evt_1", "x", body)) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"17",
        b"\xff",
        b"{}",
        b'{"object": "event"}',
        b'{"object": "event", "data": {"object": null}}',
        b'{"object": "v2.core.event", "data": {"object": {}}}',
        b"[" * 100_000,
    ],
)
def test_a_signed_body_that_is_no_event_is_rejected(
    told: Callable[[Notice], tuple[PaymentFact, ...]], body: bytes
) -> None:
    with pytest.raises(NotificationRejectedError):
        told(Notice("evt_1", "x", body))


def test_an_event_of_another_account_is_rejected(
    told: Callable[[Notice], tuple[PaymentFact, ...]],
) -> None:
    """Signing secret of one account, key of another, or test and live mixed up: a silent "no
    news" would lose every payment; a rejection shows in Stripe's dashboard."""
    for kind, object_id in (("checkout.session", "cs_other"), ("payment_intent", "pi_other")):
        about = {"object": kind, "id": object_id}
        body = json.dumps({"object": "event", "type": "x", "data": {"object": about}}).encode()
        with pytest.raises(NotificationRejectedError, match="account"):
            told(Notice("evt_1", "x", body))


def test_a_notification_that_can_t_be_looked_into_is_sent_again(
    gateway: Stripe,
    make: Callable[..., Context],
    upstream: SimulatedStripe,
    as_notification: AsNotification,
    server: StripeServer,
    paid: str,
) -> None:
    """Busy makes the kernel answer with an error, and Stripe repeats it for three days."""
    news = as_notification(upstream.notices.all("checkout.session.completed")[0])
    server.faults.add("unavailable", "GET /v1/checkout/sessions")
    with pytest.raises(UpstreamBusyError):
        gateway.handle_notification(news, make())
    with pytest.raises(UpstreamBusyError):
        gateway.handle_notification(news, make({"secret_key": Secret("sk_test_replaced")}))
    assert gateway.handle_notification(news, make())[0].captured == ASKED.amount


def test_an_old_delivery_of_a_new_event_is_rejected_and_a_fresh_one_of_an_old_event_counts(
    gateway: Stripe,
    context: Context,
    upstream: SimulatedStripe,
    as_notification: AsNotification,
    paid: str,
) -> None:
    """Stripe signs every delivery anew, so lateness is fine and replaying is not."""
    notice = upstream.notices.all("checkout.session.completed")[0]
    captured = as_notification(notice, signed_at_s=1_600_000_000)
    with pytest.raises(NotificationRejectedError):
        gateway.handle_notification(captured, context)
    upstream.advance(10 * 24 * 3600)
    assert gateway.handle_notification(as_notification(notice), context)[0].external_id == paid
