"""One simulated account: its objects, its clock and what it has to tell."""

import copy
import json
import secrets
import threading
import time
from typing import Any

from billing_payment_gateways.simulation import Notice, NoticeBoard
from billing_payment_gateways.stripe.simulator.errors import missing
from billing_payment_gateways.stripe.simulator.signing import signed_headers

Object = dict[str, Any]

PREFIXES = {
    "checkout.session": "cs_test_",
    "payment_intent": "pi_",
    "setup_intent": "seti_",
    "payment_method": "pm_",
    "customer": "cus_",
    "charge": "ch_",
    "refund": "re_",
    "dispute": "du_",
}
REFERENCES = {
    "payment_intent": "payment_intent",
    "setup_intent": "setup_intent",
    "payment_method": "payment_method",
    "latest_charge": "charge",
    "charge": "charge",
    "customer": "customer",
}
"""Fields that hold the id of another object, and its kind."""


class Account:
    """``lock`` is held while anything is read or changed."""

    def __init__(self, secret_key: str, webhook_secrets: tuple[str, ...], api_version: str) -> None:
        self.secret_key = secret_key
        self.webhook_secrets = webhook_secrets
        self.api_version = api_version
        self.lock = threading.RLock()
        self.notices = NoticeBoard(lambda body: signed_headers(body, self.webhook_secrets))
        self.cards: dict[str, str] = {}
        """Payment method → how it behaves; see ``cards.py``."""
        self.plans: dict[str, Object] = {}
        """Session → the fields of the payment intent that it will have."""
        self.refund_status = "succeeded"
        self.search_lag_s = 60
        self._objects: dict[str, dict[str, Object]] = {kind: {} for kind in PREFIXES}
        self._ahead_s = 0

    def now(self) -> int:
        """Seconds since the epoch, by the account's own clock."""
        return int(time.time()) + self._ahead_s

    def advance(self, seconds: int) -> None:
        self._ahead_s += seconds

    def make(self, kind: str, **fields: Any) -> Object:
        made = {
            "id": PREFIXES[kind] + secrets.token_hex(12),
            "object": kind,
            "created": self.now(),
            "livemode": False,
            "metadata": {},
            **fields,
        }
        self._objects[kind][made["id"]] = made
        return made

    def find(self, kind: str, object_id: str, param: str = "id") -> Object:
        """Raises ApiError 404."""
        found = self._objects[kind].get(object_id)
        if found is None:
            raise missing(kind, object_id, param)
        return found

    def all(self, kind: str) -> list[Object]:
        """The newest first."""
        return list(self._objects[kind].values())[::-1]

    def tell(self, event_type: str, about: Object) -> None:
        """Record an event with the object as it is now; it is posted when asked for."""
        event_id = f"evt_{secrets.token_hex(12)}"
        event = {
            "id": event_id,
            "object": "event",
            "api_version": self.api_version,
            "created": self.now(),
            "livemode": False,
            "pending_webhooks": 1,
            "type": event_type,
            "data": {"object": copy.deepcopy(about)},
        }
        self.notices.add(Notice(event_id, event_type, json.dumps(event).encode()))

    def shown(self, about: Object, expand: list[str]) -> Object:
        """A copy in which the named references are written out; a name that is none is refused."""
        copied = copy.deepcopy(about)
        for path in expand:
            self._expand(copied, path.split("."))
        return copied

    def _expand(self, inside: Object, path: list[str]) -> None:
        name, rest = path[0], path[1:]
        if name not in REFERENCES or name not in inside:
            raise missing("expandable property", name, "expand")
        value = inside[name]
        if value is None:
            return
        if isinstance(value, str):
            value = inside[name] = copy.deepcopy(self.find(REFERENCES[name], value))
        if rest:
            self._expand(value, rest)

    def state(self) -> dict[str, list[Object]]:
        with self.lock:
            return {kind: copy.deepcopy(self.all(kind)) for kind in PREFIXES}
