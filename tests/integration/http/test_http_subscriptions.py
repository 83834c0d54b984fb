"""Subscriptions as clients see them: given with a payment or a service, ended at any time."""

import pytest
from sqlalchemy.orm import Session
from tests.factories import make_kernel, make_method, operation_of, sell_under
from tests.tills import FakeGateway, FakePayments

from billing_kernel.application.charging import charge_stored
from billing_kernel.application.provisioning import run_operation
from billing_kernel.models import StoredMethod

DAILY = {"policy": "daily", "price": {"amount_minor": 10, "currency": "RUB"}}


@pytest.fixture
def kernel(settings, module):
    made = make_kernel(settings, module, plugins=(FakePayments(FakeGateway()),))
    yield made
    made.database.close()


@pytest.fixture
def cards(kernel, shop):
    """The ids of two cards of the client."""
    method = make_method(kernel, shop, FakeGateway.key)

    def store(session: Session) -> list[int]:
        rows = [
            StoredMethod(client_id=shop.client.id, payment_method_id=method.id, uid=f"card-{n}")
            for n in range(2)
        ]
        for row in rows:
            row.sealed_token = kernel.keys.seal({"token": "t"}, row.uid)
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]

    return kernel.database.run(store)


def buy(kernel, client, order, card_id: int) -> int:
    """A service that was bought and subscribed by a card."""
    pay_with = {"stored_payment_method_id": card_id, "subscribe": True}
    placed = client.done("POST", "/orders", {**order, "pay_with": pay_with})
    charge_stored(kernel, placed["payment"]["id"])
    run_operation(kernel, operation_of(kernel, placed["service"]["id"]).id)
    return int(placed["service"]["id"])


def source(card_id: int | None) -> dict[str, object]:
    return {"balance": card_id is None, "stored_payment_method_id": card_id}


def test_a_client_sees_and_ends_what_its_cards_are_charged_for(
    kernel, client, stranger, administrator, order, cards
) -> None:
    """F-164, F-165: with the order, then another card, then the balance alone."""
    path = f"/services/{buy(kernel, client, order, cards[0])}"
    bought = client.done("GET", path)
    assert (bought["auto_renewal"], bought["auto_renewal_source"]) == (True, source(cards[0]))
    asked = {"auto_renewal_source": {"stored_payment_method_id": cards[1]}}
    assert client.done("PATCH", path, asked)["auto_renewal_source"] == source(cards[1])
    [lasting] = client.done("GET", "/subscriptions")["items"]
    assert (lasting["service_id"], lasting["stored_payment_method_id"]) == (bought["id"], cards[1])
    assert stranger.done("GET", "/subscriptions")["items"] == []
    assert stranger.delete(f"/subscriptions/{lasting['id']}").status_code == 404
    client.done("DELETE", f"/subscriptions/{lasting['id']}")
    assert client.delete(f"/subscriptions/{lasting['id']}").status_code == 404
    kept = client.done("GET", path)
    assert (kept["auto_renewal"], kept["auto_renewal_source"]) == (True, source(None))
    all_of_them = administrator.done("GET", f"/admin/subscriptions?client_id={client.id}")["items"]
    assert [each["end_reason"] for each in all_of_them] == ["client", "replaced"]


def test_a_removed_card_takes_its_subscriptions_along(kernel, client, order, cards) -> None:
    """Here and in the news, so that the client hears what isn't paid by itself any more."""
    path = f"/services/{buy(kernel, client, order, cards[0])}"
    client.done("DELETE", f"/stored-payment-methods/{cards[0]}")
    assert client.done("GET", "/subscriptions")["items"] == []
    assert client.done("GET", path)["auto_renewal_source"] == source(None)


def test_a_source_is_one_and_for_something(kernel, client, order, cards) -> None:
    """A field says what is wrong, and nothing is changed."""
    path = f"/services/{buy(kernel, client, order, cards[0])}"
    by_card = {"stored_payment_method_id": cards[1]}
    for said in (
        {"auto_renewal_source": {}},
        {"auto_renewal_source": {"balance": True, **by_card}},
        {"auto_renewal_source": by_card, "auto_renewal": False},
    ):
        refused = client.patch(path, said)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == "/auto_renewal_source"
    assert client.done("GET", path)["auto_renewal_source"] == source(cards[0])


def test_only_ones_own_cards_and_what_is_renewed(kernel, shop, client, order, cards) -> None:
    """What is charged daily comes from the balance; another's card doesn't exist."""
    path = f"/services/{buy(kernel, client, order, cards[0])}"
    theirs = {"auto_renewal_source": {"stored_payment_method_id": 999}}
    assert client.patch(path, theirs).status_code == 404
    wrong = {**order, "pay_with": {"balance": True, "subscribe": True}}
    refused = client.post("/orders", wrong)
    assert refused.json()["errors"][0]["pointer"] == "/pay_with/subscribe"
    sell_under(kernel, shop, charging=DAILY)
    daily = {
        **order,
        "pay_with": {"stored_payment_method_id": cards[0], "subscribe": True},
    }
    refused = client.post("/orders", daily)
    assert (refused.status_code, refused.json()["code"]) == (422, "subscription.not_possible")
