"""The simulated Stripe as a whole: API, payers' pages, and what tests tell it to do."""

from collections.abc import Mapping
from typing import Any

from billing_payment_gateways.simulation import (
    Fault,
    NotifyingApp,
    Request,
    Response,
    SimulatorServer,
)
from billing_payment_gateways.stripe.simulator import giving_back, sessions
from billing_payment_gateways.stripe.simulator.account import Account
from billing_payment_gateways.stripe.simulator.api import Api
from billing_payment_gateways.stripe.simulator.cards import Card, new_customer, new_method
from billing_payment_gateways.stripe.simulator.errors import ApiError
from billing_payment_gateways.stripe.simulator.page import PAGES, serve_page

API_VERSION = "2025-02-24.acacia"


class SimulatedStripe(NotifyingApp):
    """An account and everything that can be done with it; ids as the API gives them."""

    def __init__(self, secret_key: str, webhook_secret: str) -> None:
        self.account = Account(secret_key, (webhook_secret,), API_VERSION)
        self.notices = self.account.notices
        self._api = Api(self.account)

    def respond(self, request: Request, fault: Fault | None) -> Response:
        if request.path.startswith(PAGES):
            return serve_page(self.account, request)
        return self._api.answer(request, fault)

    def state(self) -> Any:
        return self.account.state()

    def pay(self, session_id: str, card: str = "good") -> None:
        with self.account.lock:
            sessions.pay(self.account, session_id, Card(card))

    def settle(self, session_id: str, *, succeeds: bool) -> None:
        with self.account.lock:
            sessions.settle(self.account, session_id, succeeds=succeeds)

    def store_card(self, card: str = "good") -> str:
        """A card on file with a customer; the two ids joined as the driver's token."""
        with self.account.lock:
            customer = new_customer(self.account, "payer@example.com")
            method = new_method(self.account, Card(card), customer["id"])
            return f"{customer['id']}/{method['id']}"

    def intent_of(self, payment_id: str) -> str:
        """The payment intent of a session, or the intent itself."""
        if payment_id.startswith("pi_"):
            return payment_id
        with self.account.lock:
            return str(self.account.find("checkout.session", payment_id)["payment_intent"] or "")

    def dispute(self, payment_id: str, amount: int, status: str = "needs_response") -> str:
        with self.account.lock:
            intent = self.intent_of(payment_id)
            return str(giving_back.open_dispute(self.account, intent, amount, status)["id"])

    def close_dispute(self, dispute_id: str, status: str) -> None:
        with self.account.lock:
            giving_back.close_dispute(self.account, dispute_id, status)

    def settle_refund(self, refund_id: str, status: str) -> None:
        with self.account.lock:
            giving_back.settle_refund(self.account, refund_id, status)

    def advance(self, seconds: int) -> None:
        """Move the account's clock: pages expire, keys are forgotten, searches find."""
        with self.account.lock:
            self.account.advance(seconds)
            sessions.expire_due(self.account)

    def payments(self) -> dict[str, object]:
        """Payment → its state and totals; a session stands for its intent."""
        with self.account.lock:
            seen: dict[str, object] = {}
            intents = {it["id"]: it for it in self.account.all("payment_intent")}
            for session in self.account.all("checkout.session"):
                intent = intents.pop(session["payment_intent"], None)
                seen[session["id"]] = (session["status"], self._totals(intent))
            for intent_id, intent in intents.items():
                seen[intent_id] = (intent["status"], self._totals(intent))
            return seen

    def _totals(self, intent: dict[str, Any] | None) -> tuple[object, ...]:
        if intent is None:
            return ()
        refunds = [
            (refund["id"], refund["amount"], refund["status"])
            for refund in self.account.all("refund")
            if refund["payment_intent"] == intent["id"]
        ]
        return (intent["amount_received"], *refunds)

    def obey(self, command: str, content: Mapping[str, Any]) -> Any:
        """``POST pay {session, card}``, ``POST settle {session, succeeds}``, ``POST cards {card}``,
        ``POST disputes {payment, amount, status}``, ``PUT disputes {dispute, status}``,
        ``PUT refunds {refund, status}``, ``PUT refund-status {status}``, ``PUT clock
        {advance_s}``.
        """
        try:
            return self._obeyed(command, content)
        except ApiError as error:
            raise LookupError(str(error)) from None

    def _obeyed(self, command: str, content: Mapping[str, Any]) -> Any:
        match command:
            case "POST pay":
                self.pay(content["session"], content.get("card", "good"))
            case "POST settle":
                self.settle(content["session"], succeeds=bool(content["succeeds"]))
            case "POST cards":
                return {"token": self.store_card(content.get("card", "good"))}
            case "POST disputes":
                status = content.get("status", "needs_response")
                return {"dispute": self.dispute(content["payment"], content["amount"], status)}
            case "PUT disputes":
                self.close_dispute(content["dispute"], content["status"])
            case "PUT refunds":
                self.settle_refund(content["refund"], content["status"])
            case "PUT refund-status":
                self.account.refund_status = content["status"]
            case "PUT clock":
                self.advance(int(content["advance_s"]))
            case _:
                raise LookupError(command)
        return {"payments": self.payments()}


class StripeServer(SimulatorServer):
    """A simulated Stripe listening on a port of its own."""

    app: SimulatedStripe

    def __init__(
        self, secret_key: str, webhook_secret: str, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(SimulatedStripe(secret_key, webhook_secret), "/v1/", port, host)
