"""Stripe's documents as facts of the contract. Pure.

Documents are those of the API version that the client pins, with the payment intent, its latest
charge and the payment method expanded.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billing_hookspecs import (
    Money,
    NotificationRejectedError,
    PaymentFact,
    PaymentState,
    RefundDone,
    RefundPending,
    UpstreamRefusedError,
)
from billing_payment_gateways.stripe.amounts import from_stripe
from billing_payment_gateways.stripe.documents import Document, expanded, id_of, text_of
from billing_payment_gateways.stripe.stored_methods import stored_by

REFERENCE_KEY: Final = "billing_reference"
"""Under this name our reference stands in the metadata of everything that we make."""

CURRENCY_KEY: Final = "billing_currency"

SESSION: Final = "checkout.session"
INTENT: Final = "payment_intent"
OF_AN_INTENT: Final = frozenset({"charge", "refund", "dispute"})
"""Objects that name the payment intent which they belong to."""

TAKEN_BACK: Final = frozenset({"needs_response", "under_review", "lost"})
"""States of a dispute in which Stripe holds the money; a won one has been given back, an
inquiry (``warning_…``) has taken nothing."""

REFUND_CHECK_S: Final = 6 * 3600
"""A refund stays pending for hours or days: the payer's bank decides."""

_INTENT_STATES: Final = {
    "succeeded": PaymentState.CAPTURED,
    "processing": PaymentState.PENDING,
    "requires_capture": PaymentState.PENDING,
    "canceled": PaymentState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: a session or a payment intent, by its id."""

    kind: str
    id: str


def reference_of(document: Document) -> str:
    """Our reference of what we made; "" for what somebody else made in the same account."""
    return text_of(expanded(document, "metadata") or {}, REFERENCE_KEY)


def session_fact(
    session: Document, refunds: Sequence[Document] = (), disputes: Sequence[Document] = ()
) -> PaymentFact:
    """What is known of a payment, or of storing a method, that began on Stripe's page."""
    intent = expanded(session, INTENT)
    setup = expanded(session, "setup_intent")
    nothing = Money.zero(_currency_of(session))
    captured = captured_of(intent) if intent else nothing
    return PaymentFact(
        external_id=session["id"],
        state=PaymentState.CAPTURED if captured else _session_state(session, intent),
        captured=captured,
        refunded=refunded_of(intent, refunds) if intent else nothing,
        disputed=disputed_of(intent, disputes) if intent else nothing,
        reference=reference_of(session),
        reason="" if captured else _reason_of(intent or setup or session),
        stored_method=stored_by(setup) or stored_by(intent),
    )


def intent_fact(
    intent: Document, refunds: Sequence[Document] = (), disputes: Sequence[Document] = ()
) -> PaymentFact:
    """What is known of a charge of a stored method.

    Nobody is there to act: whatever waits for the payer has failed.
    """
    captured = captured_of(intent)
    state = _INTENT_STATES.get(text_of(intent, "status"), PaymentState.FAILED)
    return PaymentFact(
        external_id=intent["id"],
        state=PaymentState.CAPTURED if captured else state,
        captured=captured,
        refunded=refunded_of(intent, refunds),
        disputed=disputed_of(intent, disputes),
        reference=reference_of(intent),
        reason="" if captured else _reason_of(intent),
    )


def captured_of(intent: Document) -> Money:
    return from_stripe(int(intent["amount_received"]), intent["currency"])


def refunded_of(intent: Document, refunds: Sequence[Document]) -> Money:
    """The sum of what has gone back; a pending refund has not, a failed one came back."""
    total = sum(int(it["amount"]) for it in refunds if text_of(it, "status") == "succeeded")
    return from_stripe(total, intent["currency"])


def disputed_of(intent: Document, disputes: Sequence[Document]) -> Money:
    """The sum that Stripe holds for disputes, at most what was captured.

    A dispute in another currency counts as the whole payment: there is no exact sum.
    """
    captured = captured_of(intent)
    held = [it for it in disputes if text_of(it, "status") in TAKEN_BACK]
    if any(it["currency"] != intent["currency"] for it in held):
        return captured
    total = from_stripe(sum(int(it["amount"]) for it in held), intent["currency"])
    return min(total, captured, key=lambda amount: amount.amount_minor)


def was_given_back(intent: Document) -> bool:
    """Whether there are refunds to look at."""
    return bool(captured_of(intent)) and bool(_charge_of(intent).get("amount_refunded", True))


def was_disputed(intent: Document) -> bool:
    """Whether there are disputes to look at, closed ones included."""
    return bool(captured_of(intent)) and bool(_charge_of(intent).get("disputed", True))


def refund_outcome(refund: Document) -> RefundDone | RefundPending:
    """Raises UpstreamRefusedError where the refund failed or was cancelled."""
    match text_of(refund, "status"):
        case "succeeded":
            return RefundDone(refund["id"])
        case "failed" | "canceled" as status:
            reason = text_of(refund, "failure_reason") or status
            raise UpstreamRefusedError(f"refund_{status}", f"the refund came back: {reason}")
        case _:
            return RefundPending(REFUND_CHECK_S, refund["id"])


def event_subject(raw_body: bytes) -> Subject | None:
    """What a verified event is about; None for what doesn't concern payments.

    Only the id is taken: an event says what was, and may come late. Raises
    NotificationRejectedError for what is no event.
    """
    try:
        event = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise NotificationRejectedError("the notification is not JSON") from None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise NotificationRejectedError("the notification is not an event")
    about = expanded(event.get("data"), "object")
    if about is None:
        raise NotificationRejectedError("the event is about nothing")
    kind = text_of(about, "object")
    if kind in (SESSION, INTENT):
        subject_id = text_of(about, "id")
    elif kind in OF_AN_INTENT:
        kind, subject_id = INTENT, id_of(about, INTENT)
    else:
        return None
    return Subject(kind, subject_id) if subject_id else None


def _currency_of(session: Document) -> str:
    """The session's; one that only stores a method may have none but what we wrote down."""
    metadata = expanded(session, "metadata") or {}
    return (text_of(session, "currency") or text_of(metadata, CURRENCY_KEY)).upper()


def _charge_of(intent: Document) -> Document:
    return expanded(intent, "latest_charge") or {}


def _session_state(session: Document, intent: Document | None) -> PaymentState:
    match text_of(session, "status"):
        case "open":
            return PaymentState.PENDING
        case "expired":
            return PaymentState.CANCELLED
    if intent is None:
        return PaymentState.CAPTURED if session.get("mode") == "setup" else PaymentState.PENDING
    if text_of(intent, "status") == "requires_payment_method":
        return PaymentState.FAILED
    # A voucher that waits to be paid is "requires_action" although the page is done with.
    return _INTENT_STATES.get(text_of(intent, "status"), PaymentState.PENDING)


def _reason_of(document: Document) -> str:
    error = expanded(document, "last_payment_error") or expanded(document, "last_setup_error") or {}
    status = text_of(document, "status")
    return (
        text_of(error, "decline_code")
        or text_of(error, "code")
        or text_of(document, "cancellation_reason")
        or (status if status in ("requires_action", "expired") else "")
    )
