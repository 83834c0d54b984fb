"""What an operator does once: a provider, a connection to the vendor, tariffs with prices."""

from dataclasses import dataclass
from typing import Any

from api import Api, heading, money, show
from installation import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    VENDOR_LOGIN,
    VENDOR_PASSWORD,
    Installation,
)

MARGIN_PERCENT = 30
PERIODS = (1, 12)


@dataclass(frozen=True)
class Shop:
    provider_id: int
    module_id: int
    tariff_plan_ids: list[int]
    bank_transfer_id: int


def set_up_shop(administrator: Api, installation: Installation) -> Shop:
    heading("The administrator logs in and sets up a provider")
    session = administrator.post(
        "/sessions", {"email": ADMINISTRATOR, "password": ADMINISTRATOR_PASSWORD}
    )
    administrator.log_in_with(session["token"])
    provider = administrator.post(
        "/admin/providers",
        {
            "name": "Example Hosting",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
            "default_country": "DE",
            "notification_email": "billing@example.com",
        },
    )
    department = administrator.post("/admin/departments", {"name": {"en": "Service processing"}})

    heading("connects the vendor's BILLmanager (simulated) and imports its tariffs")
    module = administrator.post(
        "/admin/processing-modules",
        {
            "driver": "isp_licenses",
            "product_types": ["isp_license"],
            "name": {"en": "ISPsystem"},
            "settings": {
                "url": installation.vendor_url,
                "username": VENDOR_LOGIN,
                "password": VENDOR_PASSWORD,
            },
            "department_id": department["id"],
            "sort": 1,
        },
    )
    offered = administrator.get(
        f"/admin/processing-modules/{module['id']}/importable-tariff-plans"
    )["items"]
    plans = administrator.post(
        f"/admin/processing-modules/{module['id']}/import-tariff-plans",
        {
            "provider_id": provider["id"],
            "product_type": "isp_license",
            "external_ids": [tariff["external_id"] for tariff in offered],
        },
    )["items"]

    heading(f"prices them {MARGIN_PERCENT} % above their cost and enables them")
    costs = {tariff["external_id"]: tariff["periods"] for tariff in offered}
    for plan in plans:
        prices = [
            _price(period)
            for period in costs[plan["external_id"]]
            if period["period_months"] in PERIODS
        ]
        if prices:
            administrator.call("PATCH", f"/admin/tariff-plans/{plan['id']}", {"prices": prices})
    priced = [
        plan["id"]
        for plan in plans
        if any(period["period_months"] in PERIODS for period in costs[plan["external_id"]])
    ]
    administrator.post("/admin/tariff-plans/enable", {"ids": priced})

    heading("and lets clients pay by bank transfer")
    method = administrator.post(
        "/admin/payment-methods",
        {
            "name": {"en": "Bank transfer"},
            "driver": "bank_transfer",
            "provider_ids": [provider["id"]],
            "settings": {
                "recipient": "Example Hosting GmbH",
                "bank_name": "Example Bank",
                "bic": "COBADEFFXXX",
                "iban": "DE89370400440532013000",
            },
        },
    )
    return Shop(provider["id"], module["id"], priced, method["id"])


def _price(period: dict[str, Any]) -> dict[str, Any]:
    cost = period["cost"]
    price = {
        "amount_minor": -(-cost["amount_minor"] * (100 + MARGIN_PERCENT) // 100),
        "currency": cost["currency"],
    }
    show(f"    {period['period_months']} months: costs {money(cost)}, sold for {money(price)}")
    return {"period_months": period["period_months"], "price": price}
