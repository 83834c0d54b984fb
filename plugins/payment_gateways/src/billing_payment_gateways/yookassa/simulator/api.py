"""The API's endpoints, its authentication and its idempotency keys."""

import base64
import json
import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from billing_payment_gateways.simulation import (
    Fault,
    FaultKind,
    Request,
    Response,
    json_response,
)
from billing_payment_gateways.yookassa.simulator import bodies
from billing_payment_gateways.yookassa.simulator.shop import Object, RefusalError, Shop, invalid

KEY_KEPT_S = 24 * 3600
KEY_LENGTH_MAX = 64
LIMIT, LIMIT_MAX = 10, 100
FILTERS = {
    "payments": ("created_at.gte", "created_at.lt", "status"),
    "refunds": ("created_at.gte", "created_at.lt", "payment_id", "status"),
}


class Api:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._kept: dict[str, tuple[bytes, Response, float]] = {}
        self._turn = threading.Lock()

    def answer(self, request: Request, fault: Fault | None) -> Response:
        try:
            self._authenticate(request)
            if request.method == "GET":
                with self.shop.lock:
                    return json_response(200, self._read(request))
            if request.method == "POST":
                return self._once(request, fault)
            raise RefusalError(405, "invalid_request", "Method is not allowed")
        except RefusalError as refusal:
            return json_response(refusal.status, refusal.document)

    def _authenticate(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        expected = f"{self.shop.shop_id}:{self.shop.secret_key}".encode()
        if scheme != "Basic" or base64.b64decode(given) != expected:
            description = "Error in shopId or secret key. Check their validity."
            raise RefusalError(401, "invalid_credentials", description, "Authorization")

    def _once(self, request: Request, fault: Fault | None) -> Response:
        """Do the work, unless this key has been answered before. Failures aren't kept: a
        repetition finds out what became of the first attempt."""
        key = request.headers.get("idempotence-key", "")
        if not 0 < len(key) <= KEY_LENGTH_MAX:
            raise invalid("Idempotence key is required, of up to 64 characters", "Idempotence-Key")
        if fault and fault.kind is FaultKind.CONFLICT:
            raise invalid("Idempotence key duplicated", "Idempotence-Key")
        asked = request.path.encode() + b"\n" + request.body
        with self._turn:
            kept = self._kept.get(key)
            if kept and kept[2] > self.shop.now():
                if kept[0] != asked:
                    raise invalid("Idempotence key duplicated", "Idempotence-Key")
                return kept[1]
            if fault is None or fault.after_work:
                with self.shop.lock:
                    response = json_response(200, self._write(request))
                self._kept[key] = (asked, response, self.shop.now() + KEY_KEPT_S)
            if fault is not None:
                raise RefusalError(500, "internal_server_error", "Try again later")
            return response

    def _read(self, request: Request) -> Any:
        shop = self.shop
        collections = {
            "payments": shop.payments,
            "refunds": shop.refunds,
            "payment_methods": shop.methods,
        }
        _, _, name, *rest = request.path.split("/")
        rows = collections.get(name)
        if rows is None or len(rest) > 1 or (not rest and name not in FILTERS):
            raise RefusalError(404, "not_found", "There is no such path")
        if not rest:
            return _listed(rows.values(), name, request.query)
        if rest[0] not in rows:
            raise RefusalError(404, "not_found", f"{name} {rest[0]} doesn't exist")
        return rows[rest[0]]

    def _write(self, request: Request) -> Object:
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise RefusalError(415, "invalid_request", "The body must be JSON")
        try:
            body = json.loads(request.body)
        except ValueError:
            raise invalid("The body is not JSON", "") from None
        creators: dict[str, Callable[[dict[str, Any], str], Object]] = {
            "/v3/payments": self._create_payment,
            "/v3/payment_methods": self._create_method,
            "/v3/refunds": self._create_refund,
        }
        if request.path not in creators:
            raise RefusalError(404, "not_found", "There is no such path")
        return creators[request.path](body, request.base_url)

    def _create_payment(self, body: dict[str, Any], base_url: str) -> Object:
        bodies.only(body, bodies.CREATE_PAYMENT)
        if body.get("capture") is not True:
            raise invalid("This simulator captures at once", "capture")
        payment: Object = {
            "id": str(uuid4()),
            "status": "pending",
            "paid": False,
            "amount": bodies.checked_amount(body),
            "created_at": self.shop.timestamp(),
            "description": bodies.checked_text(body, "description", bodies.DESCRIPTION_MAX),
            "metadata": bodies.checked_metadata(body),
            "recipient": {"account_id": self.shop.shop_id, "gateway_id": "1"},
            "refundable": False,
            "test": True,
        }
        method_id = body.get("payment_method_id")
        if method_id is None:
            self._add_page(payment, body, base_url)
            if body.get("save_payment_method") is True:
                self.shop.saving.add(payment["id"])
            self.shop.payments[payment["id"]] = payment
            return payment
        method = self.shop.methods.get(str(method_id))
        if method is None or not method["saved"]:
            raise invalid("Payment method doesn't exist or is not saved", "payment_method_id")
        self.shop.payments[payment["id"]] = payment
        self.shop.charge(payment, method)
        return payment

    def _create_method(self, body: dict[str, Any], base_url: str) -> Object:
        bodies.only(body, bodies.CREATE_METHOD)
        if body.get("type") != "bank_card":
            raise invalid("This simulator stores cards", "type")
        method: Object = {
            "type": "bank_card",
            "id": str(uuid4()),
            "saved": False,
            "status": "pending",
            "metadata": bodies.checked_metadata(body),
        }
        self._add_page(method, body, base_url)
        self.shop.methods[method["id"]] = method
        return method

    def _add_page(self, about: Object, body: dict[str, Any], base_url: str) -> None:
        self.shop.return_urls[about["id"]] = bodies.checked_return_url(body)
        url = f"{base_url}/checkout/{about['id']}"
        about["confirmation"] = {"type": "redirect", "confirmation_url": url}

    def _create_refund(self, body: dict[str, Any], _base_url: str) -> Object:
        bodies.only(body, bodies.CREATE_REFUND)
        amount = bodies.checked_amount(body)
        payment = self.shop.payments.get(str(body.get("payment_id")))
        if payment is None or payment["status"] != "succeeded":
            raise invalid("Payment doesn't exist or has a wrong status", "payment_id")
        asked = sum(
            (
                Decimal(it["amount"]["value"])
                for it in self.shop.refunds.values()
                if it["payment_id"] == payment["id"] and it["status"] != "canceled"
            ),
            Decimal(0),
        )
        if asked + Decimal(amount["value"]) > Decimal(payment["amount"]["value"]):
            raise invalid("Requested refund amount is more than available", "amount.value")
        refund: Object = {
            "id": str(uuid4()),
            "payment_id": payment["id"],
            "status": self.shop.refund_status,
            "amount": amount,
            "created_at": self.shop.timestamp(),
            "description": bodies.checked_text(body, "description", bodies.REFUND_DESCRIPTION_MAX),
        }
        self.shop.refunds[refund["id"]] = refund
        if refund["status"] == "succeeded":
            self.shop.count_refund(refund)
        return refund


def _listed(rows: Iterable[Object], name: str, query: str) -> Object:
    """The newest first, in pages."""
    given = {key: values[0] for key, values in parse_qs(query).items()}
    for key in given:
        if key not in (*FILTERS[name], "limit", "cursor"):
            raise invalid(f"Unknown parameter {key}", key)
    limit = int(given.get("limit", LIMIT))
    if not 1 <= limit <= LIMIT_MAX:
        raise invalid("Incorrect limit", "limit")
    found = [row for row in list(rows)[::-1] if _passes(row, given)]
    start = int(given.get("cursor", "0"))
    page: Object = {"type": "list", "items": found[start : start + limit]}
    if len(found) > start + limit:
        page["next_cursor"] = str(start + limit)
    return page


def _passes(row: Object, given: dict[str, str]) -> bool:
    return (
        row["created_at"] >= given.get("created_at.gte", "")
        and row["created_at"] < given.get("created_at.lt", "9")
        and given.get("status", row["status"]) == row["status"]
        and given.get("payment_id", row.get("payment_id")) == row.get("payment_id")
    )
