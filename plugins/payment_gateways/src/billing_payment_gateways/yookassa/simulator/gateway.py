"""The simulated YooKassa as a whole: API, payers' pages, and what tests tell it to do."""

from collections.abc import Mapping
from typing import Any

from billing_payment_gateways.simulation import (
    Fault,
    NotifyingApp,
    Request,
    Response,
    SimulatorServer,
)
from billing_payment_gateways.yookassa.simulator.api import Api
from billing_payment_gateways.yookassa.simulator.page import PAGES, serve_page
from billing_payment_gateways.yookassa.simulator.shop import Card, Shop

METHOD_PREFIX = "payment_method/"


class SimulatedYooKassa(NotifyingApp):
    """A shop and everything that can be done with it."""

    def __init__(self, shop_id: str, secret_key: str) -> None:
        self.shop = Shop(shop_id, secret_key)
        self.notices = self.shop.notices
        self._api = Api(self.shop)

    def respond(self, request: Request, fault: Fault | None) -> Response:
        if request.path.startswith(PAGES):
            return serve_page(self.shop, request)
        return self._api.answer(request, fault)

    def state(self) -> Any:
        return self.shop.state()

    def pay(self, external_id: str, card: str = "good") -> None:
        """Pay a payment, or enter a card where one is only stored."""
        with self.shop.lock:
            if external_id.startswith(METHOD_PREFIX):
                self.shop.bind(external_id.removeprefix(METHOD_PREFIX), Card(card))
            else:
                self.shop.pay(external_id, Card(card))

    def settle(self, payment_id: str, *, succeeds: bool) -> None:
        with self.shop.lock:
            payment = self.shop.payments[payment_id]
            if succeeds:
                self.shop.succeed(payment)
            else:
                self.shop.cancel(payment, "payment_network", "general_decline")

    def store_card(self, card: str = "good") -> str:
        """The id of a stored card, which is the driver's token."""
        with self.shop.lock:
            method = self.shop.new_method(Card(card), saved=True)
            self.shop.methods[method["id"]] = {**method, "status": "active", "metadata": {}}
            return str(method["id"])

    def settle_refund(self, refund_id: str, status: str) -> None:
        with self.shop.lock:
            self.shop.settle_refund(refund_id, status)

    def advance(self, seconds: int) -> None:
        """Move the shop's clock: payments expire, keys are forgotten."""
        with self.shop.lock:
            self.shop.advance(seconds)

    def payments(self) -> dict[str, object]:
        """Payment → its state, and the refunds of it."""
        with self.shop.lock:
            return {
                payment_id: (
                    payment["status"],
                    payment["amount"]["value"],
                    *(
                        (refund["id"], refund["amount"]["value"], refund["status"])
                        for refund in self.shop.refunds.values()
                        if refund["payment_id"] == payment_id
                    ),
                )
                for payment_id, payment in self.shop.payments.items()
            }

    def obey(self, command: str, content: Mapping[str, Any]) -> Any:
        """``POST pay {payment, card}``, ``POST settle {payment, succeeds}``, ``POST cards
        {card}``, ``PUT refunds {refund, status}``, ``PUT refund-status {status}``, ``PUT clock
        {advance_s}``.
        """
        match command:
            case "POST pay":
                self.pay(content["payment"], content.get("card", "good"))
            case "POST settle":
                self.settle(content["payment"], succeeds=bool(content["succeeds"]))
            case "POST cards":
                return {"token": self.store_card(content.get("card", "good"))}
            case "PUT refunds":
                self.settle_refund(content["refund"], content["status"])
            case "PUT refund-status":
                self.shop.refund_status = content["status"]
            case "PUT clock":
                self.advance(int(content["advance_s"]))
            case _:
                raise LookupError(command)
        return {"payments": self.payments()}


class YooKassaServer(SimulatorServer):
    """A simulated YooKassa listening on a port of its own."""

    app: SimulatedYooKassa

    def __init__(
        self, shop_id: str, secret_key: str, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(SimulatedYooKassa(shop_id, secret_key), "/v3/", port, host)
