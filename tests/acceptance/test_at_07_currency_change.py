"""AT-07: a provider changes its currency; nobody's money is converted, nothing owed is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.factories import Shop, make_client, make_shop, operation_of, service_of

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.provisioning import run_operation

CODE = "provider.currency_in_use"


@dataclass(frozen=True)
class Business:
    """A provider that sells in RUB, its administrator and two clients over HTTP."""

    shop: Shop
    administrator: Any
    client: Any
    newcomer: Any

    def change_currency(self, currency: str = "EUR") -> Any:
        path = f"/admin/providers/{self.shop.provider.id}"
        return self.administrator.done("PATCH", path, {"currency": currency})

    def refused(self, currency: str = "EUR") -> list[str]:
        """The reasons why the currency can't be changed now."""
        path = f"/admin/providers/{self.shop.provider.id}"
        problem = self.administrator.refused("PATCH", path, {"currency": currency}, 409, CODE)
        assert {error["pointer"] for error in problem["errors"]} == {"/currency"}
        assert all(error["detail"] in problem["detail"] for error in problem["errors"])
        return [error["detail"] for error in problem["errors"]]

    def order(self, pay_with: dict[str, Any]) -> dict[str, Any]:
        return {
            "tariff_plan_id": self.shop.plan.id,
            "period_months": 1,
            "parameters": {"name": "my thing"},
            "pay_with": pay_with,
        }

    def balances(self, person: Any) -> dict[str, int]:
        items = person.done("GET", "/balances")["items"]
        return {it["balance"]["currency"]: it["balance"]["amount_minor"] for it in items}


@pytest.fixture
def business(kernel: Kernel, administrator: Any, enter: Callable[..., Any]) -> Business:
    """The client has 50.00 RUB, the newcomer has never had anything."""
    shop = make_shop(kernel, balance_minor=0)
    newcomer = kernel.database.run(
        lambda session: make_client(session, shop.provider, "newcomer@client.test")
    )
    administrator.done(
        "POST",
        f"/admin/clients/{shop.client.id}/adjustments",
        {"amount": {"amount_minor": 5000, "currency": "RUB"}, "reason": "gift"},
    )
    return Business(shop, administrator, enter(shop.client), enter(newcomer))


@pytest.fixture
def transfer_id(business: Business) -> int:
    """A payment method that people confirm by hand."""
    body = {
        "name": {"en": "Transfer"},
        "driver": "manual",
        "settings": {},
        "provider_ids": [business.shop.provider.id],
    }
    return int(business.administrator.done("POST", "/admin/payment-methods", body)["id"])


def reprice(business: Business, currency: str = "EUR") -> None:
    price = {"amount_minor": 15, "currency": currency}
    path = f"/admin/tariff-plans/{business.shop.plan.id}"
    body = {"prices": [{"period_months": 1, "price": price}]}
    business.administrator.done("PATCH", path, body)


def test_at_07_all_clients_get_an_account_in_the_new_currency(business: Business) -> None:
    """Case 1: who has never had anything has an account in the new currency, and only that."""
    assert business.change_currency()["currency"] == "EUR"
    assert business.balances(business.newcomer) == {"EUR": 0}
    assert "EUR" in business.balances(business.client)


def test_at_07_an_account_in_the_old_currency_is_kept(business: Business) -> None:
    """Case 2: money is never converted behind anybody's back; 50.00 RUB stay 50.00 RUB."""
    business.change_currency()
    assert business.balances(business.client) == {"EUR": 0, "RUB": 5000}


def test_at_07_an_active_payment_is_in_the_way(business: Business, transfer_id: int) -> None:
    """Case 3: what is on its way was asked for in the old currency; it has to arrive first."""
    body = {
        "amount": {"amount_minor": 700, "currency": "RUB"},
        "payment_method_id": transfer_id,
    }
    payment = business.client.done("POST", "/payments", body)
    assert business.refused() == [f"payments are under way: {payment['id']}"]
    business.administrator.done("POST", f"/admin/payments/{payment['id']}/confirm", {})
    business.change_currency()
    assert business.balances(business.client) == {"EUR": 0, "RUB": 5700}


def test_at_07_an_uncovered_expense_is_in_the_way(business: Business, transfer_id: int) -> None:
    """Case 3: an unpaid order is owed in the old currency; it is paid or cancelled first."""
    placed = business.client.done(
        "POST", "/orders", business.order({"payment_method_id": transfer_id})
    )
    assert business.refused() == [
        f"payments are under way: {placed['payment']['id']}",
        f"invoices are unpaid: {placed['invoice']['number']}",
    ]
    business.client.done("DELETE", f"/orders/{placed['order']['id']}")
    assert business.change_currency()["currency"] == "EUR"


def test_at_07_a_paid_order_is_not_in_the_way(kernel: Kernel, business: Business) -> None:
    """Held money covers it: the service opens, and is earned in the currency it was sold in."""
    placed = business.client.done("POST", "/orders", business.order({"balance": True}))
    business.change_currency()
    run_operation(kernel, operation_of(kernel, placed["service"]["id"]).id)
    assert service_of(kernel, placed["service"]["id"]).status == "active"
    assert business.balances(business.client) == {"EUR": 0, "RUB": 4000}
    assert business.administrator.done("GET", "/admin/ledger/verify")["ok"]


def test_at_07_tariff_plans_wait_for_prices_in_the_new_currency(business: Business) -> None:
    """1000 kopecks are not 1000 cents: nothing is sold until somebody set a price."""
    business.change_currency()
    plan = f"/tariff-plans/{business.shop.plan.id}"
    assert business.client.send("GET", plan).status_code == 404
    order = business.order({"balance": True})
    business.client.refused("POST", "/orders", order, 404, "tariff.not_for_sale")
    switch = {"ids": [business.shop.plan.id]}
    business.administrator.refused(
        "POST", "/admin/tariff-plans/enable", switch, 409, "tariff.unpriced"
    )
    business.administrator.done("PATCH", f"/admin{plan}", {"name": {"en": "Renamed"}})
    assert business.client.send("GET", plan).status_code == 404

    reprice(business)
    business.administrator.done(
        "POST",
        f"/admin/clients/{business.shop.client.id}/adjustments",
        {"amount": {"amount_minor": 20, "currency": "EUR"}, "reason": "gift"},
    )
    placed = business.client.done("POST", "/orders", order)
    assert placed["invoice"]["total"] == {"amount_minor": 15, "currency": "EUR"}
    assert business.balances(business.client) == {"EUR": 5, "RUB": 5000}


def test_at_07_services_go_on_in_the_currency_they_were_sold_in(
    kernel: Kernel, business: Business, transfer_id: int
) -> None:
    """Their terms were agreed on; the old balance can still be topped up to pay for them."""
    placed = business.client.done("POST", "/orders", business.order({"balance": True}))
    service_id = placed["service"]["id"]
    run_operation(kernel, operation_of(kernel, service_id).id)
    business.change_currency()
    reprice(business)
    body = {"amount": {"amount_minor": 1, "currency": "RUB"}, "payment_method_id": transfer_id}
    assert business.client.done("POST", "/payments", body)["amount"]["currency"] == "RUB"
    business.newcomer.refused("POST", "/payments", body, 400, "input.invalid")
    renewed = business.client.done(
        "POST",
        f"/services/{service_id}/renew",
        {"period_months": 1, "pay_with": {"balance": True}},
    )
    assert renewed["invoice"]["total"] == {"amount_minor": 1000, "currency": "RUB"}
    assert business.balances(business.client) == {"EUR": 0, "RUB": 3000}
    assert business.administrator.done("GET", "/admin/ledger/verify")["ok"]


def test_at_07_what_is_no_currency_is_refused(business: Business) -> None:
    """A misspelt code would be an account that nothing can ever pay into."""
    path = f"/admin/providers/{business.shop.provider.id}"
    problem = business.administrator.refused(
        "PATCH", path, {"currency": "EUX"}, 400, "money.unknown_currency"
    )
    assert problem["errors"][0]["pointer"] == "/currency"
    assert business.balances(business.newcomer) == {"RUB": 0}


def test_at_07_the_same_currency_changes_nothing(business: Business, transfer_id: int) -> None:
    """A form that sends every field must not be refused for one that stays."""
    body = {
        "amount": {"amount_minor": 700, "currency": "RUB"},
        "payment_method_id": transfer_id,
    }
    business.client.done("POST", "/payments", body)
    assert business.change_currency("RUB")["currency"] == "RUB"


def test_at_07_there_and_back_again(business: Business) -> None:
    """The old prices are right again, and so are the old balances; nothing was opened twice."""
    business.change_currency("EUR")
    business.change_currency("RUB")
    assert business.balances(business.client) == {"RUB": 5000, "EUR": 0}
    placed = business.client.done("POST", "/orders", business.order({"balance": True}))
    assert placed["invoice"]["total"] == {"amount_minor": 1000, "currency": "RUB"}
