"""YooKassa's documents as facts of the contract. Pure."""

import json
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from billing_hookspecs import (
    Money,
    NotificationRejectedError,
    OutcomeUnknownError,
    PaymentFact,
    PaymentState,
    RefundDone,
    RefundPending,
    Secret,
    StoredMethod,
    UnknownCurrencyError,
    UpstreamRefusedError,
)

Document = Mapping[str, Any]

REFERENCE_KEY: Final = "billing_reference"
STORES_KEY: Final = "billing_stores"
"""Set in the metadata of a payment that was asked to keep the payer's method."""

METHOD_PREFIX: Final = "payment_method/"
"""Begins the external id of a method that was stored without a payment."""

CURRENCY: Final = "RUB"
REFUND_CHECK_S: Final = 6 * 3600
REFUND_DESCRIPTION_MAX: Final = 250
GIVEN_UP: Final = frozenset({"expired_on_confirmation", "canceled_by_merchant"})
"""Reasons of cancellation that aren't the payer's bank's."""

_ID: Final = re.compile(r"[0-9A-Za-z-]{20,64}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notification is about: a payment, or a stored method."""

    is_method: bool
    id: str


def amount_document(amount: Money) -> dict[str, str]:
    return {"value": str(amount.to_decimal()), "currency": amount.currency}


def money_of(document: object) -> Money:
    """An amount object in minor units; OutcomeUnknownError for what isn't exactly one."""
    if not isinstance(document, dict):
        raise OutcomeUnknownError("YooKassa answers without an amount")
    try:
        return Money.from_decimal(text_of(document, "value"), text_of(document, "currency"))
    except (ValueError, UnknownCurrencyError):
        raise OutcomeUnknownError("YooKassa answers with an amount that is none") from None


def reference_of(document: Document) -> str:
    """Our reference; "" for what somebody else made in the same shop."""
    return text_of(inner(document, "metadata"), REFERENCE_KEY)


def payment_fact(payment: Document) -> PaymentFact:
    amount = money_of(payment.get("amount"))
    nothing = Money.zero(amount.currency)
    is_captured = text_of(payment, "status") == "succeeded"
    refunded = payment.get("refunded_amount")
    reason = text_of(inner(payment, "cancellation_details"), "reason")
    return PaymentFact(
        external_id=payment["id"],
        state=_payment_state(text_of(payment, "status"), reason),
        captured=amount if is_captured else nothing,
        refunded=money_of(refunded) if is_captured and refunded else nothing,
        reference=reference_of(payment),
        reason=reason,
        stored_method=_stored_with(payment),
    )


def method_fact(method: Document) -> PaymentFact:
    """What became of storing a method without a payment: no money in any case."""
    nothing = Money.zero(CURRENCY)
    stored = _stored_method(method)
    state = PaymentState.PENDING if method.get("status") == "pending" else PaymentState.FAILED
    return PaymentFact(
        external_id=f"{METHOD_PREFIX}{method['id']}",
        state=PaymentState.CAPTURED if stored else state,
        captured=nothing,
        refunded=nothing,
        reference=reference_of(method),
        stored_method=stored,
    )


def refund_description(reason: str, reference: str) -> str:
    """The reason and our reference: refunds have no other place for it."""
    mark = _mark(reference)
    return f"{reason[: REFUND_DESCRIPTION_MAX - len(mark) - 1]} {mark}".strip()


def is_refund(refund: Document, reference: str) -> bool:
    return text_of(refund, "description").endswith(_mark(reference))


def refund_outcome(refund: Document) -> RefundDone | RefundPending:
    """Raises UpstreamRefusedError where the refund was cancelled, which is final."""
    match text_of(refund, "status"):
        case "succeeded":
            return RefundDone(refund["id"])
        case "canceled":
            reason = text_of(inner(refund, "cancellation_details"), "reason") or "canceled"
            raise UpstreamRefusedError(reason, f"the refund was cancelled: {reason}")
        case _:
            return RefundPending(REFUND_CHECK_S, refund["id"])


def notification_subject(raw_body: bytes) -> Subject | None:
    """Whom to ask about; None for news that isn't about payments.

    Nothing else is believed: notifications aren't signed. NotificationRejectedError for what
    can't be YooKassa's.
    """
    try:
        news = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise NotificationRejectedError("the notification is not JSON") from None
    if not isinstance(news, dict) or news.get("type") != "notification":
        raise NotificationRejectedError("this is no notification of YooKassa")
    kind = text_of(news, "event").partition(".")[0]
    about = inner(news, "object")
    if kind not in ("payment", "refund", "payment_method"):
        return None
    subject_id = text_of(about, "payment_id" if kind == "refund" else "id")
    if not _ID.fullmatch(subject_id):
        raise NotificationRejectedError("the notification names nothing that could be asked for")
    return Subject(kind == "payment_method", subject_id)


def inner(document: Document, name: str) -> Document:
    """The object under ``name``; an empty one where there is none."""
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def text_of(document: Document, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _payment_state(status: str, reason: str) -> PaymentState:
    match status:
        case "succeeded":
            return PaymentState.CAPTURED
        case "canceled":
            return PaymentState.CANCELLED if reason in GIVEN_UP else PaymentState.FAILED
        case _:
            return PaymentState.PENDING


def _stored_with(payment: Document) -> StoredMethod | None:
    """The method that a payment kept; a charge of a kept method keeps nothing new."""
    if not text_of(inner(payment, "metadata"), STORES_KEY):
        return None
    return _stored_method(inner(payment, "payment_method"))


def _stored_method(method: Document) -> StoredMethod | None:
    if method.get("saved") is not True or not text_of(method, "id"):
        return None
    title = text_of(method, "title") or text_of(method, "type").replace("_", " ").title()
    return StoredMethod(Secret(text_of(method, "id")), title, _expiry_of(inner(method, "card")))


def _expiry_of(card: Document) -> str:
    """The last day on which a card is good, as an ISO date; "" for what doesn't expire."""
    year, month = text_of(card, "expiry_year"), text_of(card, "expiry_month")
    if not (re.fullmatch(r"20\d\d", year) and re.fullmatch(r"0[1-9]|1[0-2]", month)):
        return ""
    return f"{year}-{month}-{monthrange(int(year), int(month))[1]:02}"


def _mark(reference: str) -> str:
    return f"[{reference}]"
