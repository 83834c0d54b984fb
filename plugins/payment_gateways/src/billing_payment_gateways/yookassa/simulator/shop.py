"""One simulated shop: its payments, stored methods and refunds, and what it has to tell."""

import copy
import json
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import uuid4

from billing_payment_gateways.simulation import Notice, NoticeBoard

Object = dict[str, Any]

EXPIRES_S = 3600
"""How long a payment waits for its payer."""


class Card(StrEnum):
    GOOD = "good"
    DECLINED = "declined"
    SLOW = "slow"
    """Accepted, but the money stays pending."""


class RefusalError(Exception):
    """An error answer; ``parameter`` names what is wrong."""

    def __init__(self, status: int, code: str, description: str, parameter: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.document = {
            "type": "error",
            "id": str(uuid4()),
            "code": code,
            "description": description,
            **({"parameter": parameter} if parameter else {}),
        }


def invalid(description: str, parameter: str) -> RefusalError:
    return RefusalError(400, "invalid_request", description, parameter)


class Shop:
    """``lock`` is held while anything is read or changed."""

    def __init__(self, shop_id: str, secret_key: str) -> None:
        self.shop_id = shop_id
        self.secret_key = secret_key
        self.lock = threading.RLock()
        self.notices = NoticeBoard(lambda body: {})
        self.refund_status = "succeeded"
        self.payments: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.methods: dict[str, Object] = {}
        self.cards: dict[str, Card] = {}
        self.return_urls: dict[str, str] = {}
        self.saving: set[str] = set()
        """Payments that were asked to keep the payer's method."""
        self._ahead_s = 0

    def now(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: int) -> None:
        self._ahead_s += seconds
        for payment in self.payments.values():
            is_old = self.now() - _seconds(payment["created_at"]) > EXPIRES_S
            if payment["status"] == "pending" and payment.get("confirmation") and is_old:
                self.cancel(payment, "yoo_money", "expired_on_confirmation")

    def timestamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds")[:-6] + "Z"

    def tell(self, event: str, about: Object) -> None:
        body = {"type": "notification", "event": event, "object": copy.deepcopy(about)}
        self.notices.add(Notice(str(uuid4()), event, json.dumps(body).encode()))

    def succeed(self, payment: Object) -> None:
        payment.update(status="succeeded", paid=True, refundable=True)
        payment["refunded_amount"] = {"value": "0.00", "currency": payment["amount"]["currency"]}
        payment.pop("confirmation", None)
        self.tell("payment.succeeded", payment)

    def cancel(self, payment: Object, party: str, reason: str) -> None:
        payment.update(status="canceled", paid=False)
        payment["cancellation_details"] = {"party": party, "reason": reason}
        payment.pop("confirmation", None)
        self.tell("payment.canceled", payment)

    def charge(self, payment: Object, method: Object) -> None:
        """Take a payment's money from a method, as its card behaves."""
        payment["payment_method"] = method
        card = self.cards[method["id"]]
        if card is Card.DECLINED:
            self.cancel(payment, "payment_network", "insufficient_funds")
        elif card is Card.GOOD:
            self.succeed(payment)
        else:
            payment.pop("confirmation", None)

    def pay(self, payment_id: str, card: Card = Card.GOOD) -> None:
        """What a payer does on the page. ValueError on one that isn't open."""
        payment = self.payments[payment_id]
        if payment["status"] != "pending" or not payment.get("confirmation"):
            raise ValueError(f"the payment is {payment['status']}")
        saves = payment_id in self.saving and card is not Card.DECLINED
        method = self.new_method(card, saved=saves)
        if method["saved"]:
            self.methods[method["id"]] = method
        self.charge(payment, method)

    def bind(self, method_id: str, card: Card = Card.GOOD) -> None:
        """What a payer does on the page that only stores a card."""
        method = self.methods[method_id]
        is_good = card is not Card.DECLINED
        self.cards[method_id] = card
        method.update(self.new_method(card, saved=is_good), id=method_id)
        method["status"] = "active" if is_good else "inactive"
        method.pop("confirmation", None)
        if is_good:
            self.tell("payment_method.active", method)

    def new_method(self, card: Card, *, saved: bool) -> Object:
        method_id = str(uuid4())
        self.cards[method_id] = card
        shown = {"first6": "555555", "last4": "4444", "expiry_month": "02", "expiry_year": "2031"}
        return {
            "type": "bank_card",
            "id": method_id,
            "saved": saved,
            "title": "Bank card *4444",
            "card": {**shown, "card_type": "Mir", "issuer_country": "RU"},
        }

    def settle_refund(self, refund_id: str, status: str) -> None:
        refund = self.refunds[refund_id]
        refund["status"] = status
        if status == "canceled":
            details = {"party": "payment_network", "reason": "insufficient_funds"}
            refund["cancellation_details"] = details
        else:
            self.count_refund(refund)

    def count_refund(self, refund: Object) -> None:
        payment = self.payments[refund["payment_id"]]
        done = Decimal(payment["refunded_amount"]["value"]) + Decimal(refund["amount"]["value"])
        payment["refunded_amount"]["value"] = str(done)
        self.tell("refund.succeeded", refund)

    def state(self) -> dict[str, list[Object]]:
        with self.lock:
            kinds = {"payments": self.payments, "refunds": self.refunds, "methods": self.methods}
            return {name: copy.deepcopy(list(rows.values())) for name, rows in kinds.items()}


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
