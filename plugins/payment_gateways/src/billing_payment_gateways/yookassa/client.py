"""YooKassa's API: paths, parameters and errors. Nothing else knows them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
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
from billing_payment_gateways.yookassa.wire import (
    REFERENCE_KEY,
    STORES_KEY,
    Document,
    amount_document,
    refund_description,
    text_of,
)

PAYMENTS, REFUNDS, METHODS = "/v3/payments", "/v3/refunds", "/v3/payment_methods"

PAGE_SIZE: Final = 100
PAGES_MAX: Final = 50
DESCRIPTION_MAX: Final = 128

KEY_KEPT: Final = timedelta(hours=24)
"""How long a repetition with the same key gets the first answer."""

LOOKED_BACK: Final = timedelta(hours=72)
"""How far back payments are looked through for a reference; there is no search."""


class YooKassaClient:
    """One shop. Reading raises UpstreamBusyError for every doubt.

    All methods raise UpstreamRefusedError where YooKassa says no. Those that change something
    raise OutcomeUnknownError for a lost answer; repeated with the same reference within a day
    they change nothing and answer the same.
    """

    def __init__(self, context: Context) -> None:
        self._http = context.http
        self._shop = str(context.settings["shop_id"])
        self._key = str(context.settings["secret_key"])

    def payment(self, payment_id: str) -> Document | None:
        return self._find(f"{PAYMENTS}/{quote(payment_id, safe='')}")

    def method(self, method_id: str) -> Document | None:
        return self._find(f"{METHODS}/{quote(method_id, safe='')}")

    def recent_payments(self) -> Iterator[Document]:
        """Everything that was begun while its key is kept, and a little longer."""
        return self._all(PAYMENTS, {"created_at.gte": _ago(KEY_KEPT + timedelta(hours=2))})

    def older_captured_payments(self) -> Iterator[Document]:
        """What succeeded before the keys of today."""
        since, until = _ago(LOOKED_BACK), _ago(KEY_KEPT - timedelta(hours=1))
        window = {"created_at.gte": since, "created_at.lt": until, "status": "succeeded"}
        return self._all(PAYMENTS, window)

    def refunds(self, payment_id: str) -> Iterator[Document]:
        return self._all(REFUNDS, {"payment_id": payment_id})

    def open_payment(self, request: StartPayment) -> Document:
        body: dict[str, Any] = {
            "amount": amount_document(request.amount),
            "capture": True,
            "confirmation": {"type": "redirect", "return_url": request.return_url},
            "description": request.description[:DESCRIPTION_MAX] or request.reference,
            "metadata": {REFERENCE_KEY: request.reference},
        }
        if request.store_method:
            body["save_payment_method"] = True
            body["metadata"][STORES_KEY] = "1"
        return self._post(PAYMENTS, body, request.reference)

    def open_method(self, request: StartPayment) -> Document:
        body = {
            "type": "bank_card",
            "confirmation": {"type": "redirect", "return_url": request.return_url},
            "metadata": {REFERENCE_KEY: request.reference},
        }
        return self._post(METHODS, body, request.reference)

    def charge(self, request: ChargeStored) -> Document:
        body = {
            "amount": amount_document(request.amount),
            "capture": True,
            "payment_method_id": str(request.token),
            "description": request.description[:DESCRIPTION_MAX] or request.reference,
            "metadata": {REFERENCE_KEY: request.reference},
        }
        return self._post(PAYMENTS, body, request.reference)

    def refund(self, request: RefundPayment) -> Document:
        body = {
            "payment_id": request.payment_external_id,
            "amount": amount_document(request.amount),
            "description": refund_description(request.reason, request.reference),
        }
        return self._post(REFUNDS, body, request.reference)

    def _find(self, path: str) -> Document | None:
        answer = self._get(path, {})
        if answer.status == 404:
            return None
        self._refuse(answer)
        return _object(answer.document, effects=False)

    def _all(self, path: str, query: Mapping[str, str]) -> Iterator[Document]:
        cursor: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            answer = self._get(path, {**query, **cursor, "limit": str(PAGE_SIZE)})
            self._refuse(answer)
            rows = answer.document.get("items")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise UpstreamBusyError("YooKassa's answer is not a list")
            yield from rows
            following = text_of(answer.document, "next_cursor")
            if not following:
                return
            cursor = {"cursor": following}
        raise UpstreamBusyError(f"YooKassa lists more than {PAGES_MAX * PAGE_SIZE} objects")

    def _get(self, path: str, query: Mapping[str, str]) -> Answer:
        auth = (self._shop, self._key)
        return send(self._http, "GET", path, effects=False, params=query, auth=auth)

    def _post(self, path: str, body: Mapping[str, Any], reference: str) -> Document:
        answer = send(
            self._http,
            "POST",
            path,
            effects=True,
            json=body,
            auth=(self._shop, self._key),
            headers={"Idempotence-Key": quote(reference)},
        )
        self._refuse(answer)
        return _object(answer.document, effects=True)

    def _refuse(self, answer: Answer) -> None:
        if answer.status < 300:
            return
        error = answer.document
        description = text_of(error, "description").replace(self._key, "***")[:500]
        text = f"YooKassa refused (HTTP {answer.status}): {description}"
        if text_of(error, "parameter") == "Idempotence-Key":
            # This reference was used before, with another body.
            raise OutcomeUnknownError(text)
        reason = "credentials" if answer.status == 401 else text_of(error, "code")
        raise UpstreamRefusedError(reason or "refused", text)


def _object(document: Document, *, effects: bool) -> Document:
    if not text_of(document, "id"):
        raise doubtful("YooKassa's answer is no object", effects)
    return document


def _ago(span: timedelta) -> str:
    return (datetime.now(UTC) - span).strftime("%Y-%m-%dT%H:%M:%S.000Z")
