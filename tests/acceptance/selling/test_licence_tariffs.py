"""Licences of a vendor: sold for imported tariffs only, and with an address."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.markets import Market, price

from billing_isp_licenses.simulator import PanelServer, SellingPanel

USERNAME, PASSWORD = "reseller@example.com", "reseller-pa55:word"
CODES = {"55227": "Lite", "55228": "Pro", "55229": "Host", "55230": "Business"}


@pytest.fixture
def seller() -> Iterator[PanelServer]:
    panel = SellingPanel(activation_polls=0)
    panel.open_account(USERNAME, PASSWORD)
    with PanelServer(panel) as running:
        yield running


@pytest.fixture
def vendor(market: Market, seller: PanelServer) -> int:
    """The id of a module that resells the simulated vendor's licences."""
    body = {
        "driver": "isp_licenses",
        "product_types": ["isp_license"],
        "name": {"en": "Vendor"},
        "settings": {"url": seller.url, "username": USERNAME, "password": PASSWORD},
    }
    made = market.administrator.done("POST", "/admin/processing-modules", body)
    return int(made["id"])


def imported(market: Market, vendor: int, codes: list[str]) -> list[Any]:
    body = {
        "external_ids": codes,
        "product_type": "isp_license",
        "provider_id": market.provider_id,
    }
    path = f"/admin/processing-modules/{vendor}/import-tariff-plans"
    items: list[Any] = market.administrator.done("POST", path, body)["items"]
    return items


def test_at_56_the_four_licences_are_known_by_their_internal_names(
    market: Market, vendor: int
) -> None:
    """They come from the vendor, never from our code."""
    plans = imported(market, vendor, list(CODES))
    assert {plan["tariff_code"] for plan in plans} == set(CODES)
    for plan in plans:
        assert CODES[plan["tariff_code"]].lower() in plan["name"]["en"].lower()


def test_at_58_licences_are_sold_for_imported_tariffs_only(market: Market, vendor: int) -> None:
    """An internal name that the vendor didn't list could sell something else, or nothing."""
    own = {"product_type": "isp_license", "processing_module_id": vendor}
    body = market.plan_of(**own, tariff_code="55227")
    problem = market.administrator.refused(
        "POST", "/admin/tariff-plans", body, 400, "input.invalid"
    )
    assert problem["errors"][0]["pointer"] == "/tariff_code"
    imported(market, vendor, ["55227"])
    second = market.plan(**own, tariff_code="55227", name={"en": "Lite with support"})
    for code in ("55228", "99999"):
        path = f"/admin/tariff-plans/{second['id']}"
        problem = market.administrator.refused(
            "PATCH", path, {"tariff_code": code}, 400, "input.invalid"
        )
        assert "imported: 55227" in problem["errors"][0]["detail"]
    unknown = {"external_ids": ["99999"], "product_type": "isp_license"}
    path = f"/admin/processing-modules/{vendor}/import-tariff-plans"
    market.administrator.refused(
        "POST", path, {**unknown, "provider_id": market.provider_id}, 400, "input.invalid"
    )
    # A driver without a price list takes whatever code it understands.
    assert market.plan(tariff_code="start")["tariff_code"] == "start"


def test_at_59_a_licence_is_ordered_with_a_name_and_an_address(market: Market, vendor: int) -> None:
    """The address is what it is activated for."""
    [plan] = imported(market, vendor, ["55227"])
    market.change(plan, prices=[price(1, 600)], enabled=True)
    form = market.client.done("GET", f"/tariff-plans/{plan['id']}")["order_form"]
    assert sorted(form["required"]) == ["ip", "name"]
    wrong: list[tuple[dict[str, str], str]] = [
        ({"name": "web"}, "/parameters/ip"),
        ({"ip": "192.0.2.7"}, "/parameters/name"),
        ({"name": "web", "ip": "192.0.2"}, "/parameters/ip"),
    ]
    for parameters, pointer in wrong:
        problem = market.refuse(plan, 400, "input.invalid", parameters=parameters)
        assert pointer in [error["pointer"] for error in problem["errors"]]
    placed = market.order(plan, parameters={"name": "web", "ip": "192.0.2.7"})
    assert placed["service"]["parameters"] == {"name": "web", "ip": "192.0.2.7"}
