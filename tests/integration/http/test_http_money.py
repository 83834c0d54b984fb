"""Money over HTTP: notifications, stored cards, refunds, unexpected money, automatic payment."""

from typing import Any

import pytest
from tests.factories import FakeModule, Shop, make_kernel, make_method, open_tasks
from tests.tills import SIGNED, FakeGateway, FakePayments, Till, captured, card, uncaptured

from billing_hookspecs import Money, UpstreamBusyError, UpstreamRefusedError
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.settings import Settings

RUB = {"currency": "RUB"}


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule, gateway: FakeGateway):
    """An installation that takes money by a gateway; its books are right at the end."""
    made = make_kernel(settings, module, plugins=(FakePayments(gateway),))
    yield made
    with made.database.reading() as session:
        assert verify_ledger(session).problems == ()
    made.database.close()


@pytest.fixture
def till(kernel: Kernel, gateway: FakeGateway, shop: Shop) -> Till:
    return Till(kernel, gateway, shop, make_method(kernel, shop, gateway.key))


@pytest.fixture
def hear(http, till: Till):
    """A notification arrives over HTTP."""

    def send(*facts: Any, method_id: int | None = None, verb: str = "POST", **headers: str) -> Any:
        till.letters += 1
        body = f"letter-{till.letters}"
        till.gateway.letters[body] = facts
        path = f"/api/v1/notifications/{till.method.id if method_id is None else method_id}"
        return http.request(verb, path, content=body, headers=headers or SIGNED)

    return send


def rub(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, **RUB}


def test_a_gateway_is_answered_once_the_money_is_booked(till, hear, client):
    """200 means that it may forget; the client's service is paid by then."""
    payment = till.begin(till.order())
    answer = hear(captured(payment.reference, Money(1000, "RUB")))
    assert (answer.status_code, answer.json()) == (200, {"facts": 1})
    shown = client.done("GET", f"/payments/{payment.id}")
    assert (shown["status"], shown["captured"]) == ("paid", rub(1000))


def test_the_payers_browser_may_bring_the_news(till, http):
    """Some gateways have no other way of telling."""
    path = f"/api/v1/notifications/{till.method.id}?payment=7&payment=8&x="
    assert http.get(path, headers=SIGNED).json() == {"facts": 0}


def test_a_forged_notification_is_a_bad_request(till, hear, client):
    """Whoever sends it learns nothing, and nothing happens."""
    payment = till.begin(till.order())
    answer = hear(captured(payment.reference, Money(1000, "RUB")), origin="nowhere")
    assert (answer.status_code, answer.json()["code"]) == (400, "notification.rejected")
    assert client.done("GET", f"/payments/{payment.id}")["status"] == "pending"


def test_an_address_that_takes_nothing_is_not_found(till, hear, shop, kernel):
    """A method that people confirm has no notifications."""
    by_hand = make_method(kernel, shop)
    assert [hear(method_id=each).status_code for each in (999, 0, by_hand.id)] == [404] * 3


@pytest.mark.parametrize(
    "trouble", [UpstreamBusyError("later"), UpstreamRefusedError("key"), RuntimeError("a fault")]
)
def test_what_can_not_be_booked_now_is_asked_for_again(till, hear, trouble):
    """Any other answer would make the gateway forget the money."""
    payment = till.begin(till.order())
    till.gateway.answers["handle_notification"] = [trouble]
    assert hear(captured(payment.reference, Money(1000, "RUB"))).status_code == 503
    assert hear(captured(payment.reference, Money(1000, "RUB"))).status_code == 200


def test_any_bytes_may_come_as_a_notification(till, http):
    """Signatures are made over bytes: nothing here may try to read them first."""
    path = f"/api/v1/notifications/{till.method.id}"
    for body in (b"", b"\x00\xff", b"{", b"[1,", b"a" * 900_000):
        till.gateway.answers["handle_notification"] = [()]
        assert http.post(path, content=body, headers=SIGNED).status_code == 200
    heard = till.gateway.calls("handle_notification")
    assert [len(request.raw_body) for request in heard] == [0, 2, 1, 3, 900_000]
    assert http.post(path, content=b"a" * 1_100_000, headers=SIGNED).status_code == 413


def test_a_card_is_stored_charged_and_removed(till, hear, client, gateway):
    """The whole life of a card, as a client area shows it."""
    offers = client.done("GET", "/payment-methods")["items"]
    assert [offer["stores"] for offer in offers] == [True]
    body = {"payment_method_id": till.method.id, "return_url": "https://shop.test/account"}
    begun = client.done("POST", "/stored-payment-methods", body, key="store")
    assert begun["redirect_url"] == "https://gateway.test/card"
    assert client.done("POST", "/stored-payment-methods", body, key="store") == begun
    assert client.done("GET", "/stored-payment-methods")["items"] == []
    reference = gateway.calls("store_method")[0].reference
    assert hear(uncaptured(reference, external_id="setup", stored_method=card())).is_success
    (shown,) = client.done("GET", "/stored-payment-methods")["items"]
    assert (shown["id"], shown["title"]) == (begun["id"], "Card 4242")
    assert "token" not in str(shown)

    pay_with = {"pay_with": {"stored_payment_method_id": begun["id"]}}
    payment = client.done("POST", f"/invoices/{till.order().id}/payments", pay_with)
    assert payment["status"] == "new"
    till.work()
    assert client.done("GET", f"/payments/{payment['id']}")["status"] == "paid"

    assert client.delete(f"/stored-payment-methods/{begun['id']}").status_code == 204
    assert client.done("GET", "/stored-payment-methods")["items"] == []
    refused = client.post(f"/invoices/{till.order().id}/payments", pay_with)
    assert (refused.status_code, refused.json()["code"]) == (422, "stored_method.not_chargeable")
    till.work()
    assert gateway.forgotten == ["token-4242"]


def test_another_clients_card_does_not_exist(till, hear, client, stranger, gateway):
    """Not to be seen, charged or removed."""
    body = {"payment_method_id": till.method.id}
    card_id = client.done("POST", "/stored-payment-methods", body)["id"]
    reference = gateway.calls("store_method")[0].reference
    hear(uncaptured(reference, external_id="setup", stored_method=card()))
    assert stranger.done("GET", "/stored-payment-methods")["items"] == []
    assert stranger.delete(f"/stored-payment-methods/{card_id}").status_code == 404
    order = {
        "tariff_plan_id": till.shop.plan.id, "period_months": 1, "parameters": {"name": "mine"},
        "pay_with": {"stored_payment_method_id": card_id},
    }  # fmt: skip
    assert stranger.post("/orders", order).status_code == 404


def test_a_card_can_be_stored_with_the_first_payment(till, hear, client, order):
    """One visit to the gateway; the payer agreed to it."""
    way = {"payment_method_id": till.method.id, "store_method": True}
    placed = client.done("POST", "/orders", {**order, "pay_with": way})
    row = till.payment(placed["payment"]["id"])
    hear(captured(row.reference, Money(1000, "RUB"), stored_method=card()))
    assert len(client.done("GET", "/stored-payment-methods")["items"]) == 1


@pytest.mark.parametrize(
    "pay_with",
    [
        {},
        {"balance": True, "stored_payment_method_id": 1},
        {"payment_method_id": 1, "stored_payment_method_id": 1},
        {"balance": True, "store_method": True},
        {"stored_payment_method_id": 0},
    ],
)
def test_there_is_exactly_one_way_to_pay(client, till, pay_with):
    """Two at once would be guessed at; none would be free."""
    answer = client.post(f"/invoices/{till.order().id}/payments", {"pay_with": pay_with})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith("/pay_with")


def test_a_refund_is_asked_for_once_and_shown_with_its_payment(till, administrator, client):
    """A repeated request gets the first one's answer; the client sees what became of it."""
    payment = till.sell()
    body = {"amount": rub(300), "to": "gateway", "reason": "it was slow"}
    path = f"/admin/payments/{payment.id}/refunds"
    made = administrator.done("POST", path, body, key="once")
    assert administrator.done("POST", path, body, key="once") == made
    assert (made["status"], made["credited"], made["credit_note_id"]) == ("new", rub(300), None)
    till.work()
    rest = administrator.done("POST", path, {"to": "balance", "reason": "all of it"})
    assert (rest["status"], rest["amount"]) == ("done", rub(700))
    for who, where in ((client, "/payments/"), (administrator, "/admin/payments/")):
        shown = who.done("GET", f"{where}{payment.id}")
        assert (shown["status"], shown["refunded"], shown["disputed"]) == (
            "refunded", rub(1000), rub(0),
        )  # fmt: skip
        assert [each["status"] for each in shown["refunds"]] == ["done", "done"]
    note = client.done("GET", f"/invoices/{rest['credit_note_id']}")
    assert (note["kind"], note["number"], note["total"]) == ("credit_note", "CN-000002", rub(-700))


def test_a_refund_shows_in_the_clients_statement(till, administrator, client):
    """Each movement on the balance, with what made it."""
    till.advance(800)
    payment = till.sell()
    for who, body in (
        (payment.id, {"amount": rub(200), "to": "balance", "reason": "sorry"}),
        (1, {"amount": rub(500), "to": "gateway", "reason": "asked back"}),
    ):
        administrator.done("POST", f"/admin/payments/{who}/refunds", body)
    newest, credit, *_ = client.done("GET", "/ledger-entries")["items"]
    assert (newest["kind"], newest["amount"]) == ("refund", rub(-500))
    assert (credit["kind"], credit["amount"]) == ("credit", rub(200))
    assert credit["invoice_id"] == payment.invoice_id


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": rub(1001), "to": "balance", "reason": "x"}, 422, "refund.too_large"),
        ({"amount": rub(0), "to": "gateway", "reason": "x"}, 422, "refund.too_large"),
        ({"amount": rub(-5), "to": "gateway", "reason": "x"}, 422, "refund.too_large"),
        (
            {"amount": {"amount_minor": 5, "currency": "EUR"}, "to": "gateway", "reason": "x"},
            422, "refund.too_large",
        ),
        ({"to": "pocket", "reason": "x"}, 400, "input.invalid"),
        ({"to": "balance", "reason": ""}, 400, "input.invalid"),
        ({"to": "balance"}, 400, "input.invalid"),
    ],
)  # fmt: skip
def test_a_wrong_refund_says_what_is_wrong(till, administrator, body, status, code):
    """Nothing moves for any of them."""
    payment = till.sell()
    answer = administrator.post(f"/admin/payments/{payment.id}/refunds", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert administrator.done("GET", f"/admin/payments/{payment.id}")["refunds"] == []


def test_a_refund_of_held_money_conflicts(till, administrator):
    """It may be asked for again once the service is opened or refused."""
    payment = till.receive(till.order())
    answer = administrator.post(
        f"/admin/payments/{payment.id}/refunds", {"to": "gateway", "reason": "x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "refund.too_early")
    assert administrator.post("/admin/payments/99/refunds", {"to": "gateway", "reason": "x"})


def test_a_task_of_a_refund_takes_its_outcome(till, administrator, gateway):
    """A person says what became of it; another word than the known ones is refused."""
    gateway.capabilities = gateway.capabilities - {"refund"}
    payment = till.sell()
    refund = administrator.done(
        "POST", f"/admin/payments/{payment.id}/refunds", {"to": "gateway", "reason": "x"}
    )
    (task,) = open_tasks(till.kernel)
    path = f"/admin/tasks/{task.id}/complete"
    wrong = administrator.post(path, {"facts": {"outcome": "perhaps"}})
    assert wrong.json()["errors"][0]["pointer"] == "/facts/outcome"
    administrator.done("POST", path, {"facts": {"outcome": "not_done"}})
    (shown,) = administrator.done("GET", f"/admin/payments/{payment.id}")["refunds"]
    assert (shown["id"], shown["status"]) == (refund["id"], "failed")


def test_unexpected_money_is_listed_and_assigned(till, hear, administrator, client, stranger):
    """It disappears from what waits; a second assignment conflicts."""
    hear(captured("who-knows", Money(700, "RUB")))
    (receipt,) = administrator.done("GET", "/admin/unmatched-receipts?waiting=true")["items"]
    assert (receipt["amount"], receipt["reference"]) == (rub(700), "who-knows")
    path = f"/admin/unmatched-receipts/{receipt['id']}"
    given = administrator.done("POST", f"{path}/assign", {"client_id": stranger.id}, key="a")
    assert given["assigned_client_id"] == stranger.id
    assert administrator.done("GET", "/admin/unmatched-receipts?waiting=true")["items"] == []
    assert administrator.done("GET", path) == given
    again = administrator.post(f"{path}/assign", {"client_id": client.id})
    assert (again.status_code, again.json()["code"]) == (409, "receipt.assigned")
    (balance,) = stranger.done("GET", "/balances")["items"]
    assert balance["balance"] == rub(700)


def test_a_client_may_let_invoices_pay_by_themselves(till, client):
    """Switching it on pays what the balance covers; switching it off stops that."""
    invoice = till.order()
    assert client.done("GET", "/me")["automatic_payment"] is False
    assert client.done("PATCH", "/me", {"automatic_payment": True})["automatic_payment"] is True
    till.work()
    assert client.done("GET", f"/invoices/{invoice.id}")["status"] == "paid"
    client.done("PATCH", "/me", {"automatic_payment": False})
    waiting = till.order()
    till.advance(5000)
    till.work()
    assert client.done("GET", f"/invoices/{waiting.id}")["status"] == "new"
    assert client.patch("/me", {"automatic_payment": "yes"}).status_code == 400
