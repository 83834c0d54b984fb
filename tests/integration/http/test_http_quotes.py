"""Quotes over HTTP: orders, renewals and changes in one question, and lines that explain."""

from datetime import date
from typing import Any

import pytest
from tests.addons import ADDONS
from tests.factories import give, open_one, operation_of, sell_under, with_plan

from billing_hookspecs import Money
from billing_kernel.application.provisioning import run_operation
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import Order


@pytest.fixture
def service_id(kernel, shop) -> int:
    """A service at 2800 for the 28 days until February 28th, with 10 GiB more at 200."""
    prices = (PriceTerm(1, Money(2800, "RUB")), PriceTerm(3, Money(8400, "RUB")))
    sell_under(kernel, shop, prices=prices, addons=ADDONS)
    return open_one(kernel, shop, addons={"disk": 20})


def net(quote: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["kind"], line["net"]["amount_minor"]) for line in quote["lines"]]


def test_one_quote_takes_orders_renewals_and_changes(kernel, shop, client, service_id) -> None:
    """A cart full of different things has one total, and each line says what it is for."""
    plan_id = with_plan(kernel, shop, 5600).plan.id
    body = {
        "items": [
            {"tariff_plan_id": shop.plan.id, "period_months": 1, "parameters": {"name": "new"}},
            {"kind": "renewal", "service_id": service_id, "period_months": 3},
            {"kind": "change", "service_id": service_id, "tariff_plan_id": plan_id},
            {"kind": "change", "service_id": service_id, "addons": {"backup": True}},
        ]
    }
    quote = client.done("POST", "/quotes", body)
    assert net(quote) == [
        ("period", 2800),
        ("period", 8400),
        ("addon", 600),
        ("change", 2800),
        ("refund", -200),
        ("addon", 100),
    ]
    assert quote["total"]["amount_minor"] == 2800 + 8400 + 600 + 2800 - 200 + 100
    assert [line["service_id"] for line in quote["lines"]] == [None, *[service_id] * 5]
    assert [line["resource_type"] for line in quote["lines"]] == [
        None, None, "disk", None, "disk", "backup",
    ]  # fmt: skip
    assert all(line["explanation"] for line in quote["lines"])
    with kernel.database.reading() as session:
        assert session.query(Order).count() == 1


def test_administrators_price_as_of_any_day(shop, administrator, client, service_id) -> None:
    """The change that costs 2800 today costs half of it two weeks later."""
    item = {"kind": "change", "service_id": service_id, "addons": {"disk": 30}}
    body = {"items": [item], "client_id": shop.client.id}
    assert net(administrator.done("POST", "/quotes", body)) == [("addon", 200)]
    later = administrator.done("POST", "/quotes", {**body, "as_of": "2026-02-14"})
    assert net(later) == [("addon", 100)]
    assert later["expires_on"] == "2026-02-28"
    refused = client.post("/quotes", {"items": [item], "as_of": "2026-02-14"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({}, "/items/0/tariff_plan_id"),
        ({"tariff_plan_id": 1}, "/items/0/period_months"),
        ({"kind": "renewal", "period_months": 1}, "/items/0/service_id"),
        ({"kind": "renewal", "service_id": 1}, "/items/0/period_months"),
        ({"kind": "change", "service_id": 1}, "/items/0/tariff_plan_id"),
        (
            {"kind": "change", "service_id": 1, "tariff_plan_id": 1, "addons": {}},
            "/items/0/tariff_plan_id",
        ),
        ({"kind": "gift"}, "/items/0/kind"),
    ],
)
def test_an_item_names_what_it_lacks(client, item: dict[str, Any], pointer: str) -> None:
    """Each kind needs fields of its own; what is missing is said by name."""
    answer = client.post("/quotes", {"items": [item]})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_services_of_others_are_nobodys(guest, stranger, service_id) -> None:
    """A stranger can't tell a service that isn't theirs from one that doesn't exist."""
    item = {"kind": "renewal", "service_id": service_id, "period_months": 1}
    assert stranger.post("/quotes", {"items": [item]}).status_code == 404
    assert guest.post("/quotes", {"items": [item]}).status_code == 400


def test_a_line_explains_itself_and_comes_out_again(
    kernel, client, stranger, administrator, service_id
) -> None:
    """The policy, its version and what it saw, and the same amount made from them today."""
    [invoice] = client.done("GET", "/invoices")["items"]
    for line in invoice["lines"]:
        path = f"/invoices/{invoice['id']}/lines/{line['id']}/explanation"
        explanation = client.done("GET", path)
        assert explanation["same"] is True
        assert explanation["stored"] == explanation["recomputed"]
        assert explanation["stored"]["net"] == line["net"]
        assert explanation["derivation"]["asked"]["key"] == "period"
        assert explanation["derivation"]["asked"]["version"] == 1
        assert administrator.done("GET", f"/admin{path}") == explanation
        assert stranger.get(path).status_code == 404
    assert client.get(f"/invoices/{invoice['id']}/lines/999/explanation").status_code == 404


def test_an_entered_amount_says_that_nothing_made_it(kernel, shop, client, administrator) -> None:
    """An advance payment is whatever the client wanted to pay."""
    method = administrator.done(
        "POST",
        "/admin/payment-methods",
        {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [shop.provider.id]},
    )
    amount = {"amount_minor": 700, "currency": "RUB"}
    client.done("POST", "/payments", {"amount": amount, "payment_method_id": method["id"]})
    [invoice] = client.done("GET", "/invoices")["items"]
    line = invoice["lines"][0]
    path = f"/invoices/{invoice['id']}/lines/{line['id']}/explanation"
    explanation = client.done("GET", path)
    assert (explanation["recomputed"], explanation["same"]) == (None, False)
    assert "entered" in explanation["reason"]


def test_a_renewal_with_addons_is_what_was_quoted(kernel, shop, client, service_id) -> None:
    """Quote, invoice and billed days agree on every line."""
    kernel.database.run(
        lambda session: give(
            session, Owner(shop.provider.id, shop.client.id), Money(20_000, "RUB"), 2
        )
    )
    item = {"kind": "renewal", "service_id": service_id, "period_months": 3}
    quote = client.done("POST", "/quotes", {"items": [item]})
    body = {"period_months": 3, "pay_with": {"balance": True}}
    renewed = client.done("POST", f"/services/{service_id}/renew", body)
    assert renewed["invoice"]["total"] == quote["total"]
    assert net(renewed["invoice"]) == net(quote)
    run_operation(kernel, operation_of(kernel, service_id).id)
    service = client.done("GET", f"/services/{service_id}")
    assert service["expires_on"] == quote["expires_on"] == date(2026, 5, 31).isoformat()
    assert service["addons"] == {"disk": 20, "backup": False}
