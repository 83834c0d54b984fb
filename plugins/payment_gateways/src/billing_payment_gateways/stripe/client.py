"""Stripe's API: paths, parameters and errors. Nothing else knows them."""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from billing_hookspecs import (
    ChargeStored,
    Context,
    OutcomeUnknownError,
    RefundPayment,
    StartPayment,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_payment_gateways.exchange import Answer, doubtful, send
from billing_payment_gateways.stripe.amounts import to_stripe
from billing_payment_gateways.stripe.documents import Document, expanded, text_of
from billing_payment_gateways.stripe.wire import CURRENCY_KEY, REFERENCE_KEY

API_VERSION: Final = "2025-02-24.acacia"

PAGE_SIZE: Final = 100
PAGES_MAX: Final = 50

RECENT_S: Final = 26 * 3600
"""Longer than a session stays open and an idempotency key is kept: a day each."""

SESSIONS, INTENTS, REFUNDS = "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"

INTENT_PARTS: Final = ("latest_charge",)
SESSION_PARTS: Final = (
    "payment_intent.latest_charge",
    "payment_intent.payment_method",
    "setup_intent.payment_method",
)

_NAMES_OF_SECRETS: Final = re.compile(r"\b(?:[sr]k|whsec|cus|pm|card|src)_\w+")


class StripeClient:
    """One account, by its secret key. Reading raises UpstreamBusyError for every doubt.

    All methods raise UpstreamRefusedError where Stripe says no. Those that change something
    raise OutcomeUnknownError for a lost answer; repeated with the same reference within a day
    they change nothing and answer the same.
    """

    def __init__(self, context: Context) -> None:
        self._http = context.http
        self._key = str(context.settings["secret_key"])
        if not is_sendable(self._key):
            raise UpstreamRefusedError("credentials", "the secret key is not one of Stripe's")

    def session(self, session_id: str) -> Document | None:
        """A Checkout Session with its intent, or None if there is none."""
        return self._find(f"{SESSIONS}/{quote(session_id, safe='')}", SESSION_PARTS)

    def intent(self, intent_id: str) -> Document | None:
        return self._find(f"{INTENTS}/{quote(intent_id, safe='')}", INTENT_PARTS)

    def session_of(self, intent_id: str) -> Document | None:
        """The session that an intent came from; None for one that came from a stored method."""
        query = {"payment_intent": intent_id, "limit": 1}
        rows = self._page(SESSIONS, query, tuple(f"data.{part}" for part in SESSION_PARTS))
        return rows["data"][0] if rows["data"] else None

    def recent_sessions(self) -> Iterator[Document]:
        """The newest first, complete up to this moment, without their intents."""
        return self._all(SESSIONS, _recent())

    def recent_intents(self) -> Iterator[Document]:
        return self._all(INTENTS, _recent())

    def intents_of_customer(self, customer: str) -> Iterator[Document]:
        return self._all(INTENTS, {"customer": customer})

    def search_intent(self, reference: str) -> Document | None:
        """An intent of ours, however old; one of the last minutes may not be found yet."""
        query = {"query": f"metadata[{_quoted(REFERENCE_KEY)}]:{_quoted(reference)}", "limit": 1}
        rows = self._page(f"{INTENTS}/search", query)
        return rows["data"][0] if rows["data"] else None

    def refunds(self, intent_id: str) -> tuple[Document, ...]:
        return tuple(self._all(REFUNDS, {"payment_intent": intent_id}))

    def disputes(self, intent_id: str) -> tuple[Document, ...]:
        return tuple(self._all("/v1/disputes", {"payment_intent": intent_id}))

    def open_payment(self, request: StartPayment) -> Document:
        """A page on which the payer pays once; it stays open for a day."""
        description = request.description[:250] or request.reference
        form: dict[str, Any] = {
            "mode": "payment",
            **_page_of(request),
            "line_items[0][quantity]": 1,
            "line_items[0][price_data][currency]": request.amount.currency.lower(),
            "line_items[0][price_data][unit_amount]": to_stripe(request.amount),
            "line_items[0][price_data][product_data][name]": description,
            "payment_intent_data[description]": description,
            f"payment_intent_data[metadata][{REFERENCE_KEY}]": request.reference,
            # Otherwise the payer may be offered, and pay, another currency.
            "adaptive_pricing[enabled]": "false",
        }
        if request.store_method:
            form["customer_creation"] = "always"
            form["payment_intent_data[setup_future_usage]"] = "off_session"
        return self._change(SESSIONS, form, request.reference)

    def open_setup(self, request: StartPayment) -> Document:
        """A page on which the payer leaves a card and pays nothing."""
        form = {
            "mode": "setup",
            **_page_of(request),
            "currency": request.amount.currency.lower(),
            "customer_creation": "always",
            f"metadata[{CURRENCY_KEY}]": request.amount.currency,
            f"setup_intent_data[metadata][{REFERENCE_KEY}]": request.reference,
        }
        return self._change(SESSIONS, form, request.reference)

    def charge(self, request: ChargeStored, customer: str, method: str) -> Document:
        """The intent, also where the card was declined; its status tells."""
        form = {
            "amount": to_stripe(request.amount),
            "currency": request.amount.currency.lower(),
            "customer": customer,
            "payment_method": method,
            "off_session": "true",
            "confirm": "true",
            # Nobody is there to be sent anywhere, and without this an address is demanded.
            "automatic_payment_methods[enabled]": "true",
            "automatic_payment_methods[allow_redirects]": "never",
            "description": request.description[:1000],
            f"metadata[{REFERENCE_KEY}]": request.reference,
            "expand[]": list(INTENT_PARTS),
        }
        answer = self._post(INTENTS, form, request.reference)
        error = expanded(answer.document, "error") or {}
        declined = expanded(error, "payment_intent")
        if answer.status == 402 and declined is not None:
            return _object(declined, effects=True)
        return self._accepted(answer)

    def refund(self, request: RefundPayment, intent_id: str) -> Document:
        form = {
            "payment_intent": intent_id,
            "amount": to_stripe(request.amount),
            f"metadata[{REFERENCE_KEY}]": request.reference,
            "metadata[reason]": request.reason[:500],
        }
        return self._change(REFUNDS, form, request.reference)

    def detach(self, method: str) -> None:
        """Forget a payment method; one that is absent or forgotten already is fine."""
        path = f"/v1/payment_methods/{quote(method, safe='')}/detach"
        answer = send(self._http, "POST", path, effects=False, headers=self._headers())
        if answer.status in (400, 404):
            return
        self._accepted(answer)

    def _find(self, path: str, parts: tuple[str, ...]) -> Document | None:
        answer = self._get(path, {}, parts)
        if answer.status == 404:
            return None
        self._refuse(answer)
        return _object(answer.document, effects=False)

    def _all(self, path: str, query: Mapping[str, Any]) -> Iterator[Document]:
        after: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            page = self._page(path, {**query, **after, "limit": PAGE_SIZE})
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}
        raise UpstreamBusyError(f"Stripe lists more than {PAGES_MAX * PAGE_SIZE} objects")

    def _page(self, path: str, query: Mapping[str, Any], parts: tuple[str, ...] = ()) -> Document:
        answer = self._get(path, query, parts)
        self._refuse(answer)
        rows = answer.document.get("data")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UpstreamBusyError("Stripe's answer is not a list")
        return answer.document

    def _get(self, path: str, query: Mapping[str, Any], parts: tuple[str, ...]) -> Answer:
        params = {**query, **({"expand[]": list(parts)} if parts else {})}
        return send(self._http, "GET", path, effects=False, params=params, headers=self._headers())

    def _change(self, path: str, form: Mapping[str, Any], reference: str) -> Document:
        return self._accepted(self._post(path, form, reference))

    def _post(self, path: str, form: Mapping[str, Any], reference: str) -> Answer:
        headers = {**self._headers(), "Idempotency-Key": quote(reference)}
        return send(self._http, "POST", path, effects=True, data=dict(form), headers=headers)

    def _accepted(self, answer: Answer) -> Document:
        self._refuse(answer)
        return _object(answer.document, effects=True)

    def _refuse(self, answer: Answer) -> None:
        if answer.status < 300:
            return
        error = expanded(answer.document, "error") or {}
        code, message = text_of(error, "code"), text_of(error, "message")
        text = f"Stripe refused (HTTP {answer.status}): {self._masked(message)}"
        if answer.status == 409 or text_of(error, "type") == "idempotency_error":
            # Used before with other parameters, or by a request that is still under way.
            raise OutcomeUnknownError(text)
        if answer.status == 401:
            code = "credentials"
        raise UpstreamRefusedError(text_of(error, "decline_code") or code or "refused", text)

    def _masked(self, message: str) -> str:
        text = message.replace(self._key, "***") if self._key else message
        return _NAMES_OF_SECRETS.sub("***", text)[:500]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "Stripe-Version": API_VERSION}


def is_sendable(key: str) -> bool:
    """Whether a key can be a part of a header; an error about it would quote it."""
    return key.isascii() and key.isprintable() and key != "" and " " not in key


def _page_of(request: StartPayment) -> dict[str, Any]:
    """What both kinds of page have: addresses to return to, our reference, the payer's e-mail."""
    form = {
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "client_reference_id": request.reference,
        f"metadata[{REFERENCE_KEY}]": request.reference,
        "expand[]": list(SESSION_PARTS),
    }
    if request.payer and request.payer.email:
        form["customer_email"] = request.payer.email
    return form


def _recent() -> dict[str, Any]:
    return {"created[gte]": int(time.time()) - RECENT_S}


def _quoted(text: str) -> str:
    """A string of the search language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _object(document: Document, *, effects: bool) -> Document:
    if not text_of(document, "id"):
        raise doubtful("Stripe's answer is no object", effects)
    return document
