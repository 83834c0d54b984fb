"""The cart: one operation for each service, one invoice for everything, prices as they are now."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.addons import ADDONS
from tests.factories import (
    give,
    money_of,
    open_one,
    open_tasks,
    operation_of,
    run_newest,
    sell_under,
    service_of,
    with_plan,
)

from billing_hookspecs import Money, OperationKind, UpstreamRefusedError
from billing_kernel.application.carting import drop_addon
from billing_kernel.application.closing import act_on_service
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import Event, Invoice, Operation, Order, Service

pytestmark = pytest.mark.on_both

BALANCE = {"pay_with": {"balance": True}}


@pytest.fixture(autouse=True)
def the_books_are_right(kernel):
    yield
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()


@pytest.fixture
def service_id(kernel, shop) -> int:
    """A service at 1000 a month; the client has 49 000 left."""
    gift = Money(50_000, "RUB")
    owner = Owner(shop.provider.id, shop.client.id)
    kernel.database.run(lambda session: give(session, owner, gift, 2))
    sell_under(kernel, shop, addons=ADDONS, services_per_order_max=3)
    return open_one(kernel, shop)


@pytest.fixture
def order_item(shop) -> dict[str, Any]:
    return {
        "kind": "order",
        "tariff_plan_id": shop.plan.id,
        "period_months": 1,
        "parameters": {"name": "second"},
        "addons": {"disk": 20},
    }


def renewal(service_id: int) -> dict[str, Any]:
    return {"kind": "renewal", "service_id": service_id, "period_months": 1}


def disk(service_id: int, amount: int = 30) -> dict[str, Any]:
    return {"kind": "change", "service_id": service_id, "addons": {"disk": amount}}


def kinds(cart: dict[str, Any]) -> list[str]:
    return [item["kind"] for item in cart["items"]]


def put(client, item: dict[str, Any]) -> Any:
    return client.done("POST", "/cart/items", item)


def test_at_71_the_second_operation_on_a_service_removes_the_first(client, service_id) -> None:
    """AT-71: a disk increase goes when the renewal comes, and the answer says so."""
    first = put(client, disk(service_id))
    assert (kinds(first["cart"]), first["removed"]) == (["change"], [])
    second = put(client, renewal(service_id))
    assert kinds(second["cart"]) == ["renewal"]
    assert [item["id"] for item in second["removed"]] == [first["item"]["id"]]
    assert kinds(client.done("GET", "/cart")) == ["renewal"]


def suspend(kernel, service_id: int) -> None:
    kernel.database.run(
        lambda session: act_on_service(session, kernel, service_id, OperationKind.SUSPEND)
    )
    run_newest(kernel, service_id)


def test_at_72_a_stopped_service_may_have_both(kernel, client, service_id) -> None:
    """AT-72: renewed first, then changed, by one invoice; the change is priced as coming after."""
    suspend(kernel, service_id)
    put(client, disk(service_id))
    both = put(client, renewal(service_id))
    assert (kinds(both["cart"]), both["removed"]) == (["change", "renewal"], [])
    again = put(client, renewal(service_id))
    assert [item["kind"] for item in again["removed"]] == ["renewal"]
    cart = client.done("GET", "/cart")
    assert [item["quote"]["total"]["amount_minor"] for item in cart["items"]] == [400, 1000]
    client.done("POST", "/cart/checkout", BALANCE)
    with kernel.database.reading() as session:
        invoice = session.scalars(select(Invoice).order_by(Invoice.id.desc())).first()
        assert [(line.kind, line.net_minor) for line in invoice.lines] == [
            ("period", 1000),
            ("addon", 400),
        ]
    run_newest(kernel, service_id)
    assert operation_of(kernel, service_id).kind == "change"
    run_newest(kernel, service_id)
    service = service_of(kernel, service_id)
    assert (service.addons["disk"], str(service.expires_on)) == (30, "2026-03-31")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_without_its_renewal_a_change_is_priced_by_itself(kernel, client, service_id) -> None:
    """Nobody has to accept a price that changed because of what they took out themselves."""
    suspend(kernel, service_id)
    kernel.clock.instant += timedelta(days=14)
    put(client, disk(service_id))
    both = put(client, renewal(service_id))
    taken = next(item for item in both["cart"]["items"] if item["kind"] == "renewal")
    client.done("DELETE", f"/cart/items/{taken['id']}")
    cart = client.done("GET", "/cart")
    assert [item["quote"]["total"]["amount_minor"] for item in cart["items"]] == [200]
    bought = client.done("POST", "/cart/checkout", BALANCE)
    assert bought["invoice"]["total"]["amount_minor"] == 200


def test_a_refused_renewal_gives_the_change_up_with_it(
    kernel, shop, module, client, service_id
) -> None:
    """Both were paid by one invoice; both come back, and a person is told."""
    suspend(kernel, service_id)
    put(client, disk(service_id))
    put(client, renewal(service_id))
    before = money_of(kernel, shop)
    client.done("POST", "/cart/checkout", BALANCE)
    module.answers.append(UpstreamRefusedError("gone", "There is no such licence."))
    run_newest(kernel, service_id)
    assert money_of(kernel, shop) == before
    assert service_of(kernel, service_id).addons["disk"] == 10
    assert {task.kind for task in open_tasks(kernel)} == {"refused_operation", "abandoned_change"}


def test_a_change_that_cannot_follow_its_renewal_returns_its_money(
    kernel, shop, client, service_id
) -> None:
    """The renewal stands; what was paid for the change is on the balance again."""
    suspend(kernel, service_id)
    put(client, disk(service_id))
    put(client, renewal(service_id))
    balance, _ = money_of(kernel, shop)
    client.done("POST", "/cart/checkout", BALANCE)

    def become_another(session: Session) -> None:
        session.get_one(Service, service_id).addons = {"disk": 50}

    kernel.database.run(become_another)
    run_newest(kernel, service_id)
    assert money_of(kernel, shop) == (balance - 1000, 0)
    assert str(service_of(kernel, service_id).expires_on) == "2026-03-31"


def test_at_73_the_whole_cart_is_paid_by_one_invoice(
    kernel, client, shop, service_id, order_item
) -> None:
    """AT-73: two orders and a renewal, one invoice, everything begins."""
    put(client, order_item)
    put(client, {**order_item, "parameters": {"name": "third"}})
    cart = put(client, renewal(service_id))["cart"]
    assert cart["total"]["amount_minor"] == 1200 + 1200 + 1000
    bought = client.done("POST", "/cart/checkout", BALANCE)
    assert bought["invoice"]["total"] == cart["total"]
    assert bought["invoice"]["status"] == "paid"
    assert [order["status"] for order in bought["orders"]] == ["paid", "paid"]
    assert client.done("GET", "/cart")["items"] == []
    with kernel.database.reading() as session:
        operations = session.scalars(select(Operation).order_by(Operation.id)).all()
        assert [operation.kind for operation in operations] == ["open", "renew", "open", "open"]
    for operation in operations[1:]:
        run_newest(kernel, operation.service_id)


def test_a_repeated_checkout_buys_once(kernel, client, service_id, order_item) -> None:
    """The same key gives the same answer; a new one finds the cart empty."""
    put(client, order_item)
    first = client.done("POST", "/cart/checkout", BALANCE, key="once")
    assert client.done("POST", "/cart/checkout", BALANCE, key="once") == first
    empty = client.post("/cart/checkout", BALANCE)
    assert (empty.status_code, empty.json()["code"]) == (422, "cart.empty")
    with kernel.database.reading() as session:
        assert session.query(Order).count() == 2


def test_changed_prices_are_shown_before_they_are_paid(
    kernel, shop, client, service_id, order_item
) -> None:
    """Nothing is bought at a price that the client hasn't seen; asking again accepts it."""
    put(client, order_item)
    sell_under(kernel, shop, prices=(PriceTerm(1, Money(1500, "RUB")),))
    refused = client.post("/cart/checkout", BALANCE)
    assert (refused.status_code, refused.json()["code"]) == (409, "cart.price_changed")
    assert refused.json()["cart"]["total"]["amount_minor"] == 1700
    bought = client.done("POST", "/cart/checkout", BALANCE)
    assert bought["invoice"]["total"]["amount_minor"] == 1700


def test_at_52_a_changed_addon_leaves_the_carts(
    kernel, shop, client, service_id, order_item
) -> None:
    """AT-52: a change that asked for nothing else goes; an order goes on without the addon."""
    put(client, order_item)
    put(client, disk(service_id))
    kernel.database.run(lambda session: drop_addon(session, kernel, shop.plan.id, "disk"))
    [left] = client.done("GET", "/cart")["items"]
    assert (left["kind"], left["item"]["addons"]) == ("order", {})
    assert left["quote"]["total"]["amount_minor"] == 1000
    with kernel.database.reading() as session:
        told = session.scalars(select(Event).where(Event.name == "AddonLeftCart")).all()
    removed = {event.facts["kind"]: event.facts["is_item_removed"] for event in told}
    assert removed == {"order": False, "change": True}
    assert {(event.client_id, event.facts["resource_type"]) for event in told} == {
        (client.id, "disk")
    }


def test_what_cannot_be_bought_any_more_says_why(
    kernel, shop, administrator, client, service_id, order_item
) -> None:
    """The rest of the cart stays as it is, and nothing is bought until it is taken out."""
    item_id = put(client, order_item)["item"]["id"]
    put(client, renewal(service_id))
    administrator.done("POST", "/admin/tariff-plans/disable", {"ids": [shop.plan.id]})
    cart = client.done("GET", "/cart")
    assert [item["problem"] and item["problem"]["code"] for item in cart["items"]] == [
        "tariff.not_for_sale",
        None,
    ]
    refused = client.post("/cart/checkout", BALANCE)
    assert (refused.status_code, refused.json()["code"]) == (404, "tariff.not_for_sale")
    client.done("DELETE", f"/cart/items/{item_id}")
    client.done("POST", "/cart/checkout", BALANCE)


def test_a_tariffs_maximum_counts_over_the_whole_cart(client, service_id, order_item) -> None:
    """AT-32: three at a time, however many items they come in."""
    put(client, {**order_item, "quantity": 2})
    put(client, order_item)
    refused = client.post("/cart/items", order_item)
    assert (refused.status_code, refused.json()["code"]) == (422, "order.quantity_too_large")


def test_cancelling_an_order_of_a_cart_withdraws_all_of_its_invoice(
    kernel, shop, administrator, client, service_id, order_item
) -> None:
    """One invoice is one thing: nothing of it can be paid any more."""
    method = administrator.done(
        "POST",
        "/admin/payment-methods",
        {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [shop.provider.id]},
    )
    put(client, order_item)
    put(client, order_item)
    cash = {"pay_with": {"payment_method_id": method["id"]}}
    bought = client.done("POST", "/cart/checkout", cash)
    client.done("DELETE", f"/orders/{bought['orders'][0]['id']}")
    invoice = client.done("GET", f"/invoices/{bought['invoice']['id']}")
    assert invoice["status"] == "cancelled"
    states = {order["status"] for order in client.done("GET", "/orders")["items"]}
    assert states == {"paid", "cancelled"}


def test_changes_can_go_to_the_cart(kernel, shop, client, service_id) -> None:
    """``to_cart`` instead of paying at once."""
    path = f"/services/{service_id}/change-addons"
    added = client.done("POST", path, {"addons": {"disk": 30}, "to_cart": True})
    assert kinds(added["cart"]) == ["change"]
    other = with_plan(kernel, shop, 2000).plan.id
    path = f"/services/{service_id}/change-tariff"
    added = client.done("POST", path, {"tariff_plan_id": other, "to_cart": True})
    assert [item["kind"] for item in added["removed"]] == ["change"]
    bought = client.done("POST", "/cart/checkout", BALANCE)
    assert bought["invoice"]["kind"] == "change"
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).tariff_plan_id == other


def test_carts_are_their_owners(client, stranger, guest, service_id, order_item) -> None:
    """Nobody sees or empties another's cart, nor puts another's service into their own."""
    item_id = put(client, order_item)["item"]["id"]
    assert stranger.done("GET", "/cart")["items"] == []
    assert stranger.delete(f"/cart/items/{item_id}").status_code == 404
    assert stranger.post("/cart/items", renewal(service_id)).status_code == 404
    assert guest.get("/cart").status_code == 401
