"""A small payment service over real HTTP, with payments, refunds, cards and signed news."""

import hashlib
import hmac
import json
import threading
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from billing_hookspecs import Notification

API_KEY = "cashier-key-8812"
WEBHOOK_SECRET = "cashier-hook-5120"


@dataclass(frozen=True)
class Payment:
    id: str
    reference: str
    amount: int
    currency: str
    captured: int = 0
    refunds: tuple[tuple[str, int], ...] = ()


class Cashier:
    """``payments()`` is what the merchant sees in the service's own office."""

    def __init__(self) -> None:
        self._payments: dict[str, Payment] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Cashier":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def payments(self) -> dict[str, Payment]:
        return dict(self._payments)

    def pay(self, payment_id: str) -> None:
        payment = self._payments[payment_id]
        self._payments[payment_id] = replace(payment, captured=payment.amount)

    def store_card(self) -> str:
        return "card-token-0001"

    def notification(self, payment_id: str, signed: bool) -> Notification:
        payment = self._payments[payment_id]
        told = asdict(replace(payment, captured=payment.amount))
        body = json.dumps(told).encode()
        secret = WEBHOOK_SECRET if signed else "somebody-elses-secret"
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return Notification("POST", {"x-signature": signature}, {}, body)

    def answer(self, method: str, target: str, body: dict[str, Any]) -> Any:
        path = urlsplit(target).path.removeprefix("/v1/").split("/")
        match method, path:
            case "POST", ["payments"]:
                return asdict(self._open(body))
            case "POST", ["charges"]:
                payment = self._open(body)
                self.pay(payment.id)
                return asdict(self._payments[payment.id])
            case "GET", ["payments"]:
                (reference,) = parse_qs(urlsplit(target).query)["reference"]
                return [asdict(it) for it in self._payments.values() if it.reference == reference]
            case "GET", ["payments", key]:
                return asdict(self._payments[key])
            case "POST", ["payments", key, "refunds"]:
                payment, refund = self._payments[key], (body["reference"], body["amount"])
                if refund not in payment.refunds:
                    payment = replace(payment, refunds=(*payment.refunds, refund))
                    self._payments[key] = payment
                return {"id": f"{key}-{body['reference']}"}
        return {}

    def _open(self, body: dict[str, Any]) -> Payment:
        for payment in self._payments.values():
            if payment.reference == body["reference"]:
                return payment
        key = f"pay{len(self._payments) + 1}"
        payment = Payment(key, body["reference"], body["amount"], body["currency"])
        self._payments[key] = payment
        return payment


def _handler_for(cashier: Cashier) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") == f"Bearer {API_KEY}":
                status, answer = (
                    200,
                    cashier.answer(self.command, self.path, json.loads(raw or b"{}")),
                )
            else:
                status, answer = 401, {"error": "wrong_key"}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
