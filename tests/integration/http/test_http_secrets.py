"""A secret that was entered once is never seen again: not in answers, rows or logs."""

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from billing_isp_licenses.simulator import PanelServer, SellingPanel
from billing_kernel.application.provisioning import run_operation
from billing_kernel.http.schema_page import described

CANARY = "kanarienvogel-7f3a"
LOGIN = "canary-login-password"


@pytest.fixture
def seller() -> Iterator[PanelServer]:
    panel = SellingPanel(activation_polls=0)
    panel.open_account("reseller@example.com", CANARY)
    with PanelServer(panel) as running:
        yield running


def test_no_answer_row_or_log_line_has_a_secret(
    app, http, kernel, administrator, guest, shop, seller, caplog, capfd
):
    """One forgotten field would publish the account that buys for every client."""
    caplog.set_level(logging.DEBUG)
    answers: list[str] = []
    module = administrator.done(
        "POST",
        "/admin/processing-modules",
        {
            "driver": "isp_licenses",
            "product_types": ["isp_license"],
            "name": {"en": "Vendor"},
            "settings": {
                "url": seller.url,
                "username": "reseller@example.com",
                "password": CANARY,
            },
        },
        key="canary",
    )
    path = f"/admin/processing-modules/{module['id']}"
    wrong = {"settings": {"password": CANARY + "-wrong"}}
    answers.append(administrator.patch(path, wrong).text)
    imported = administrator.done(
        "POST",
        f"{path}/import-tariff-plans",
        {
            "external_ids": ["55227"],
            "product_type": "isp_license",
            "provider_id": shop.provider.id,
        },
    )
    price = {"period_months": 1, "price": {"amount_minor": 0, "currency": "RUB"}}
    plan_id = imported["items"][0]["id"]
    administrator.done(
        "PATCH", f"/admin/tariff-plans/{plan_id}", {"prices": [price], "enabled": True}
    )
    registration = {
        "name": "Ann",
        "email": "ann@client.test",
        "password": LOGIN,
        "password_confirmation": LOGIN,
        "country": "DE",
    }
    made = guest.done("POST", "/clients", registration, key="canary")
    ann = type(guest)(guest.http, made["token"])
    item = {
        "tariff_plan_id": plan_id,
        "period_months": 1,
        "parameters": {"name": "web", "ip": "192.0.2.7"},
        "pay_with": {"balance": True},
    }
    bought = ann.done("POST", "/orders", item)
    run_operation(kernel, bought["service"]["operation"]["id"])
    for method, route in _readable(app):
        person = administrator if "/admin/" in route else ann
        for row_id in ("1", "2", str(module["id"])):
            address = _filled(route, row_id)
            headers = {"Authorization": f"Bearer {person.token}"}
            answers.append(http.request(method, address, headers=headers).text)
    printed = capfd.readouterr()
    logs = caplog.text + printed.out + printed.err
    for secret in (CANARY, LOGIN, made["token"], administrator.token):
        assert not [answer for answer in answers if secret in answer]
        assert secret not in logs
        assert secret not in _every_row(kernel)


def _readable(app) -> list[tuple[str, str]]:
    return [("GET", path) for path, methods in described(app)["paths"].items() if "get" in methods]


def _filled(route: str, row_id: str) -> str:
    before, _, after = route.partition("{")
    return before + row_id + after.partition("}")[2] if after else before


def _every_row(kernel) -> str:
    from billing_kernel.models import Base

    with kernel.database.reading() as session:
        return "\n".join(
            str(session.execute(text(f"SELECT * FROM {table.name}")).all())
            for table in Base.metadata.sorted_tables
        )
