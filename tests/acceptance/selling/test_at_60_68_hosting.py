"""AT-60 to AT-68: hosting from the order to the panel and back, and the ways to pay for it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.markets import Market, dollars, price
from tests.zones import work_off

from billing_ispmanager_hosting.simulator import IspmanagerPanel
from billing_ispsystem_api.simulator import ADMINISTRATOR, PanelServer
from billing_kernel.application.kernel import Kernel

PASSWORD = "correct horse & battery:staple"


@pytest.fixture
def panel() -> IspmanagerPanel:
    """An ispmanager with one template, which gives ten databases."""
    made = IspmanagerPanel()
    made.add_user("root", PASSWORD, ADMINISTRATOR)
    made.presets["start"] = {"limit_db": "10"}
    return made


@pytest.fixture
def hosting(market: Market, panel: IspmanagerPanel) -> Iterator[Market]:
    """The market with its plans opened on that panel."""
    with PanelServer(panel) as server:
        settings = {"url": f"{server.endpoint}/", "username": "root", "password": PASSWORD}
        module = market.administrator.done(
            "POST",
            "/admin/processing-modules",
            {
                "driver": "ispmanager_hosting",
                "product_types": ["shared_hosting"],
                "name": {"en": "Panel"},
                "settings": settings,
            },
        )
        yield Market(
            market.administrator, market.client, market.guest, market.provider_id, module["id"]
        )


@pytest.fixture
def cash(market: Market) -> int:
    """A payment method whose money an administrator sees arrive."""
    body = {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [market.provider_id]}
    return int(market.administrator.done("POST", "/admin/payment-methods", body)["id"])


def service_of(market: Market, placed: Any) -> Any:
    return market.client.done("GET", f"/services/{placed['service']['id']}")


def balance(market: Market) -> int:
    (row,) = market.client.done("GET", "/balances")["items"]
    return int(row["balance"]["amount_minor"])


def test_at_60_to_65_a_site_is_ordered_used_and_deleted(
    hosting: Market, kernel: Kernel, panel: IspmanagerPanel
) -> None:
    """The acceptance flow of any new tariff: order, pay, wait, check the panel, delete."""
    hosting.plan(account_template="start")
    offers = "/tariff-plans?product_type=shared_hosting&period_months=1"
    [offer] = hosting.client.done("GET", offers)["items"]
    placed = hosting.order(offer, parameters={"domain": "shop.example.org"}, auto_renewal=True)
    assert (placed["service"]["status"], placed["service"]["operation"]["kind"]) == (
        "opening",
        "open",
    )
    work_off(kernel)
    service = service_of(hosting, placed)
    user = f"user{service['id']}"
    assert (service["status"], service["auto_renewal"], service["expires_on"]) == (
        "active",
        True,
        "2026-02-28",
    )
    assert service["upstream"] == {"login": user, "domain": "shop.example.org", "ip": "192.0.2.80"}
    assert panel.hosted[user].limits == {
        "limit_db": "10",
        "limit_quota": "1024",
        "limit_webdomains": "10",
        "limit_traff": str(5120 * 1024),
    }
    path = f"/services/{service['id']}"
    assert hosting.client.done("PATCH", path, {"name": "My shop"})["name"] == "My shop"
    shown = hosting.administrator.done("GET", f"/admin{path}")
    assert (shown["name"], shown["status"]) == ("My shop", "active")
    hosting.join(hosting.group("Free", allow_deletion=True))
    hosting.client.done("DELETE", path)
    work_off(kernel)
    assert service_of(hosting, placed)["status"] == "deleted"
    assert user not in panel.hosted
    assert hosting.administrator.done("GET", "/admin/ledger/verify")["problems"] == []


def test_at_63_a_client_is_let_into_the_panel_once(
    hosting: Market, kernel: Kernel, panel: IspmanagerPanel
) -> None:
    """F-155, F-008: by the name that was made for it, and with the password that it chose."""
    placed = hosting.order(hosting.plan(account_template="start"))
    work_off(kernel)
    service = service_of(hosting, placed)
    assert service["allowed_actions"][-2:] == ["change_password", "panel_link"]
    path, user = f"/services/{service['id']}", service["upstream"]["login"]
    link = hosting.client.done("POST", f"{path}/panel-link")["url"]
    entries = [httpx.get(f"{link}&out=xml").text for _ in range(2)]
    assert [("<auth " in entry, 'type="auth"' in entry) for entry in entries] == [
        (True, False),
        (False, True),
    ]
    assert parse_qs(urlsplit(link).query)["username"] == [user] == [f"user{service['id']}"]
    hosting.client.done("POST", f"{path}/change-password", {"password": PASSWORD})
    work_off(kernel)
    assert panel.sessions.users[user].password == PASSWORD


def test_at_60_what_is_free_is_enabled_without_paying(
    hosting: Market, kernel: Kernel, panel: IspmanagerPanel
) -> None:
    """Nobody chooses how to pay nothing."""
    plan = hosting.plan(account_template="start", prices=[price(1, 0)])
    placed = hosting.order(plan)
    assert "payment" not in placed
    work_off(kernel)
    assert service_of(hosting, placed)["status"] == "active"
    assert (len(panel.hosted), balance(hosting)) == (1, 100_000)


def test_at_66_and_67_money_is_added_and_then_spent(
    hosting: Market, kernel: Kernel, cash: int
) -> None:
    """An advance payment is for no service; once paid it can be used for any."""
    body = {"amount": dollars(700), "payment_method_id": cash}
    payment = hosting.client.done("POST", "/payments", body)
    [line] = payment["invoice"]["lines"]
    assert (line["description"], line["service_id"]) == ("Advanced payment", None)
    invoice = f"/invoices/{payment['invoice']['id']}"
    assert hosting.client.done("GET", invoice)["status"] == "new"
    hosting.administrator.done("POST", f"/admin/payments/{payment['id']}/confirm", {})
    assert hosting.client.done("GET", invoice)["status"] == "paid"
    assert balance(hosting) == 100_700
    hosting.order(hosting.plan(account_template="start"))
    work_off(kernel)
    assert balance(hosting) == 100_400


def test_at_68_a_service_is_paid_directly(hosting: Market, kernel: Kernel, cash: int) -> None:
    """Money for a service goes past the balance, and the service is opened when it is there."""
    plan = hosting.plan(account_template="start")
    placed = hosting.order(plan, pay_with={"payment_method_id": cash})
    assert (placed["service"]["status"], placed["invoice"]["status"]) == ("ordered", "new")
    hosting.administrator.done("POST", f"/admin/payments/{placed['payment']['id']}/confirm", {})
    work_off(kernel)
    assert service_of(hosting, placed)["status"] == "active"
    assert balance(hosting) == 100_000
    unpaid = hosting.order(plan, pay_with={"payment_method_id": cash})
    hosting.client.done("DELETE", f"/orders/{unpaid['order']['id']}")
    voided = hosting.client.done("GET", f"/invoices/{unpaid['invoice']['id']}")
    assert (voided["status"], service_of(hosting, unpaid)["status"]) == ("cancelled", "deleted")
    assert hosting.administrator.done("GET", "/admin/ledger/verify")["problems"] == []
