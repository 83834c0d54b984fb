"""F-029 with a vendor's licences: renewed only while the account there has its minimum."""

from datetime import timedelta

from sqlalchemy import update
from tests.factories import let_come_due, run_newest
from tests.markets import RESELLER, Market, dollars, price

from billing_isp_licenses.simulator import SellingPanel
from billing_kernel.application.kernel import Kernel
from billing_kernel.models import UpstreamBalance, wall_clock


def test_a_licence_is_renewed_when_the_account_there_has_enough(
    kernel: Kernel, market: Market, vendor: SellingPanel, address: str
) -> None:
    """From the setting of the connection to the vendor's books, and the task in between."""
    root, (username, password) = market.administrator, RESELLER
    department = root.done("POST", "/admin/departments", {"name": {"en": "Buying"}})
    module = root.done(
        "POST",
        "/admin/processing-modules",
        {
            "driver": "isp_licenses",
            "product_types": ["isp_license"],
            "name": {"en": "Vendor"},
            "settings": {"url": address, "username": username, "password": password},
            "department_id": department["id"],
            "minimal_balance": {"amount_minor": 5000, "currency": "EUR"},
        },
    )
    body = {"external_ids": ["55227"], "product_type": "isp_license"}
    path = f"/admin/processing-modules/{module['id']}/import-tariff-plans"
    [plan] = root.done("POST", path, {**body, "provider_id": market.provider_id})["items"]
    market.change(plan, prices=[price(1, 600)], enabled=True)
    placed = market.order(plan, parameters={"name": "web", "ip": "192.0.2.7"})
    service_id = int(placed["service"]["id"])
    run_newest(kernel, service_id)
    [licence] = vendor.shop.licenses.values()
    bought_until = licence.expires_on

    vendor.shop.accounts[username].balance_minor = 4999
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    market.client.done("POST", f"/services/{service_id}/renew", renewal)
    run_newest(kernel, service_id)
    waiting = market.client.done("GET", f"/services/{service_id}")
    assert waiting["operation"]["state"] == "waiting"
    [balance] = market.client.done("GET", "/balances")["items"]
    assert (balance["held"], licence.expires_on) == (dollars(600), bought_until)
    [task] = root.done("GET", "/admin/tasks?status=open")["items"]
    assert (task["kind"], task["department_id"]) == ("upstream_funds", department["id"])
    assert "49.99 EUR" in task["detail"]

    vendor.shop.accounts[username].balance_minor = 5000
    let_come_due(kernel, service_id)
    long_ago = wall_clock() - timedelta(hours=1)
    kernel.database.run(
        lambda session: session.execute(update(UpstreamBalance).values(asked_at=long_ago))
    )
    run_newest(kernel, service_id)
    renewed = market.client.done("GET", f"/services/{service_id}")
    assert (renewed["operation"], renewed["expires_on"]) == (None, "2026-03-31")
    assert licence.expires_on > bought_until
    assert root.done("GET", "/admin/tasks?status=open")["items"] == []
