"""A repeated request does nothing twice, whenever and however often it is repeated."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from billing_kernel.models import IdempotencyKey, Order, Payment, Service

pytestmark = pytest.mark.on_both

COPIES = 64


def count(kernel, model) -> int:
    with kernel.database.reading() as session:
        return session.scalar(select(func.count(model.id)))


def test_64_copies_of_one_order_buy_once(kernel, client, order):
    """A frontend that retries under load must not sell the same thing 64 times."""
    with ThreadPoolExecutor(COPIES) as pool:
        answers = list(pool.map(lambda _: client.post("/orders", order, key="once"), range(COPIES)))
    assert [answer.text for answer in answers if answer.status_code != 201] == []
    assert len({answer.text for answer in answers}) == 1
    assert [answer.headers.get("idempotent-replayed") for answer in answers].count(None) == 1
    assert count(kernel, Order) == count(kernel, Service) == count(kernel, Payment) == 1


def test_other_keys_and_no_keys_are_other_requests(kernel, client, order):
    """Buying the same thing three times on purpose is possible."""
    for key in ("first", "second", ""):
        client.done("POST", "/orders", order, key=key)
    assert count(kernel, Order) == 3


def test_a_key_used_for_another_body_is_refused(kernel, client, order):
    """Answering with the first order would hide that the second wasn't placed."""
    client.done("POST", "/orders", order, key="k")
    answer = client.post("/orders", {**order, "name": "another"}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_reused")
    assert count(kernel, Order) == 1


def test_the_order_of_fields_makes_no_other_body(client, order):
    """JSON objects have no order; a client that builds its body anew sends the same one."""
    first = client.done("POST", "/orders", order, key="k")
    again = client.done("POST", "/orders", dict(reversed(order.items())), key="k")
    assert again == first


def test_keys_of_different_people_and_places_are_different(client, stranger, order, shop):
    """Nobody can read another's answer by guessing the key."""
    first = client.done("POST", "/orders", order, key="k")
    answer = stranger.post("/orders", order, key="k")
    assert answer.status_code == 422
    assert answer.json()["code"] == "balance.insufficient"
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    path = f"/services/{first['service']['id']}/renew"
    assert client.post(path, renewal, key="k").json()["code"] != "idempotency.key_reused"


def test_a_refusal_is_not_remembered(kernel, client, order, administrator):
    """After topping up, the same button must work."""
    dear = {**order, "quantity": 5}
    administrator.done(
        "POST",
        f"/admin/clients/{client.id}/adjustments",
        {"amount": {"amount_minor": -1, "currency": "RUB"}, "reason": "one kopeck less"},
    )
    refused = client.post("/orders", dear, key="k")
    assert (refused.status_code, refused.json()["code"]) == (422, "balance.insufficient")
    assert count(kernel, IdempotencyKey) == 0
    administrator.done(
        "POST",
        f"/admin/clients/{client.id}/adjustments",
        {"amount": {"amount_minor": 1, "currency": "RUB"}, "reason": "and back"},
    )
    assert len(client.done("POST", "/orders", dear, key="k")["services"]) == 5


@pytest.mark.parametrize("key", ["x" * 256, "a\x01b"])
def test_a_malformed_key_is_refused(client, order, key):
    """A key that can't be stored can't protect anybody."""
    answer = client.post("/orders", order, key=key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"


def test_every_post_that_creates_or_moves_money_repeats_its_answer(
    kernel, client, administrator, order, shop
):
    """Each of them is one that a lost connection would repeat."""
    bought = client.done("POST", "/orders", order)
    provider = {
        "name": "Second",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "default_country": "DE",
        "notification_email": "ops@second.test",
    }
    method = {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [shop.provider.id]}
    plan = {
        "provider_id": shop.provider.id,
        "product_type": "thing",
        "name": {"en": "Second"},
        "enabled": False,
    }
    amount = {"amount_minor": 100, "currency": "RUB"}
    module = {"driver": "fake", "product_types": ["thing"], "name": {"en": "Second"}}
    created = administrator.done("POST", "/admin/payment-methods", method, key="m")
    requests = [
        (administrator, "/admin/payment-methods", method, "m"),
        (administrator, "/admin/providers", provider, "a"),
        (administrator, "/admin/departments", {"name": {"en": "Second"}}, "b"),
        (administrator, "/admin/data-centers", {"name": {"en": "Second"}}, "c"),
        (administrator, "/admin/tariff-plans", plan, "d"),
        (administrator, "/admin/processing-modules", module, "e"),
        (
            administrator,
            f"/admin/clients/{client.id}/adjustments",
            {"amount": amount, "reason": "gift"},
            "f",
        ),
        (client, "/payments", {"amount": amount, "payment_method_id": created["id"]}, "g"),
        (client, "/orders", order, "h"),
    ]
    for person, path, body, key in requests:
        first = person.post(path, body, key=key)
        again = person.post(path, body, key=key)
        assert first.status_code == again.status_code == 201, f"{path}: {first.text}"
        assert again.text == first.text, path
        assert again.headers["idempotent-replayed"] == "true", path
    assert bought["order"]["id"] == 1
