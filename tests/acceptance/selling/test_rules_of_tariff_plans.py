"""Every rule of tariff plans and addons, broken once: the answer names the field."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.factories import make_administrator, make_client, make_kernel
from tests.markets import PROVIDER, HostingModule, Market, dollars, price
from tests.servers.applications import served

from billing_hookspecs import Secret
from billing_kernel.application.registering import open_session
from billing_kernel.models import Provider
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

EUROS = {"amount_minor": 1, "currency": "EUR"}
TOO_MUCH = {"amount_minor": 10**12 + 1, "currency": "USD"}


def icon(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """One installation for all rules: what is refused leaves nothing behind."""
    with request.getfixturevalue("sqlite_databases").migrated() as url:
        settings = Settings(database_url=Secret(url), secret_keys=(Secret(new_key()),))
        kernel = make_kernel(settings, HostingModule())
        with served(kernel) as http:
            yield {"kernel": kernel, "http": http}
        kernel.database.close()


@pytest.fixture
def kernel(shared: dict[str, Any]) -> Any:
    return shared["kernel"]


@pytest.fixture
def http(shared: dict[str, Any]) -> Any:
    return shared["http"]


@pytest.fixture
def rules(
    shared: dict[str, Any], enter: Callable[..., Any], http: TestClient[Any], kernel: Any
) -> Market:
    """The market of all rules, with one plan that has an addon and one with a choice."""
    if "market" in shared:
        market: Market = shared["market"]
        return market
    root = enter(kernel.database.run(make_administrator))
    provider = root.done("POST", "/admin/providers", PROVIDER)
    module = {"driver": "fake_hosting", "product_types": ["shared_hosting", "vps"],
              "name": {"en": "Panel"}, "settings": {}}  # fmt: skip
    module_id = root.done("POST", "/admin/processing-modules", module)["id"]

    def add_client(session: Any) -> Any:
        row = make_client(session, session.get_one(Provider, provider["id"]))
        opened = open_session(session, row)
        return type(root)(http, opened.token, row.id)

    client = kernel.database.run(add_client)
    made = Market(root, client, type(root)(http), provider["id"], module_id)
    shared["plan"] = made.plan(charging={"policy": "period"})
    shared["disk"] = made.addons(shared["plan"])["disk_space"]
    shared["vps"] = made.plan(product_type="vps")
    panels = root.done("POST", "/admin/enumerations", {"name": {"en": "Panels"}})
    value = {"name": {"en": "Lite"}, "internal_name": "55227"}
    shared["value"] = root.done("POST", f"/admin/enumerations/{panels['id']}/values", value)["id"]
    shared["enumeration"] = panels["id"]
    shared["market"] = made
    return made


RULES: list[tuple[dict[str, Any], str]] = [
    ({"provider_id": 77}, "/provider_id"),
    ({"product_type": "spaceship", "processing_module_id": None}, "/product_type"),
    ({"processing_module_id": 77}, "/processing_module_id"),
    ({"product_type": "dedicated_server"}, "/processing_module_id"),
    ({"name": {}}, "/name"),
    ({"name": {"en": " "}}, "/name"),
    ({"name": {"English": "x"}}, "/name"),
    ({"name": "Start"}, "/name"),
    ({"enabled": "yes"}, "/enabled"),
    ({"sort": 0}, "/sort"),
    ({"labels": [""]}, "/labels/0"),
    ({"labels": ["two\nlines"]}, "/labels/0"),
    ({"prices": []}, "/prices"),
    ({"prices": [price(2, 1)]}, "/prices/0/period_months"),
    ({"prices": [price(1, 1), price(1, 2)]}, "/prices/1/period_months"),
    ({"prices": [price(3, 1), price(1, -1)]}, "/prices/1/price/amount_minor"),
    ({"prices": [{"period_months": 1, "price": EUROS}]}, "/prices/0/price/currency"),
    ({"prices": [{"period_months": 1, "price": TOO_MUCH}]}, "/prices/0/price/amount_minor"),
    ({"prices": [{"period_months": 1}]}, "/prices/0/price"),
    ({"prices": [price(1, 1, renewal_price=EUROS)]}, "/prices/0/renewal_price/currency"),
    ({"prices": [price(1, 1, orderable=1)]}, "/prices/0/orderable"),
    ({"prices": [price(1, 1, discount=1)]}, "/prices/0/discount"),
    ({"setup_fee": EUROS}, "/setup_fee/currency"),
    ({"setup_fee": dollars(-1)}, "/setup_fee/amount_minor"),
    ({"setup_fee": 5}, "/setup_fee"),
    ({"charging": {}}, "/charging/policy"),
    ({"charging": {"policy": "astrology"}}, "/charging/policy"),
    ({"charging": {"policy": {"policy": "x"}}}, "/charging/policy"),
    ({"charging": {"policy": "period", "luck": 7}}, "/charging/luck"),
    ({"charging": {"policy": "calendar", "pro_rata_day": 29}}, "/charging/pro_rata_day"),
    ({"charging": {"policy": "calendar", "pro_rata_day": "15"}}, "/charging/pro_rata_day"),
    ({"charging": {"policy": "daily"}}, "/charging/price"),
    ({"charging": {"policy": "daily", "price": EUROS}}, "/charging/price/currency"),
    ({"charging": {"policy": "daily", "price": 10}}, "/charging/price"),
    ({"charging": {"policy": "daily", "price": TOO_MUCH}}, "/charging/price"),
    (
        {"charging": {"policy": "daily", "price": dollars(1), "by_order_period": True}},
        "/charging/price",
    ),
    ({"policies": {"luck": {"policy": "none"}}}, "/policies/luck"),
    (
        {"policies": {"late_renewal_fee": {"policy": "kneeling"}}},
        "/policies/late_renewal_fee/policy",
    ),
    (
        {"policies": {"late_renewal_fee": {"policy": "fixed"}}},
        "/policies/late_renewal_fee/amount",
    ),
    (
        {"policies": {"late_renewal_fee": {"policy": "fixed", "amount": EUROS}}},
        "/policies/late_renewal_fee/amount/currency",
    ),
    (
        {"policies": {"late_renewal_fee": {"policy": "percent", "percent": "half"}}},
        "/policies/late_renewal_fee/percent",
    ),
    (
        {"policies": {"late_renewal_fee": {"policy": "percent", "percent": 50}}},
        "/policies/late_renewal_fee/percent",
    ),
    ({"policies": {"tariff_change": {"policy": "none"}}}, "/policies/tariff_change/policy"),
    (
        {"policies": {"tariff_change": {"policy": "full_payment", "renew_from": "luck"}}},
        "/policies/tariff_change/renew_from",
    ),
    ({"policies": {"addon_order": {"policy": "refund"}}}, "/policies/addon_order/policy"),
    (
        {"policies": {"addon_cancellation": {"policy": "full_period"}}},
        "/policies/addon_cancellation/policy",
    ),
    (
        {"policies": {"weekend_suspension": {"policy": "sometimes"}}},
        "/policies/weekend_suspension/policy",
    ),
    ({"minimum_period": {"length": 0, "unit": "days"}}, "/minimum_period/length"),
    ({"minimum_period": {"length": 121, "unit": "months"}}, "/minimum_period/length"),
    ({"minimum_period": {"length": 1, "unit": "weeks"}}, "/minimum_period/unit"),
    ({"minimum_period": 3}, "/minimum_period"),
    ({"auto_deletion_days": -1}, "/auto_deletion_days"),
    ({"end_on": "31.12.2026"}, "/end_on"),
    ({"services_per_client_max": 0}, "/services_per_client_max"),
    ({"services_per_order_max": 0}, "/services_per_order_max"),
    ({"services_per_order_max": 101}, "/services_per_order_max"),
    ({"allowed_client_group_ids": [77]}, "/allowed_client_group_ids/0"),
    ({"forbidden_client_group_ids": [77]}, "/forbidden_client_group_ids/0"),
    ({"account_template": "x" * 256}, "/account_template"),
    ({"username_template": "seventeen_letters"}, "/username_template"),
    ({"username_template": "@TYPE@"}, "/username_template"),
    ({"domain_template": "@DOMAIN@.example.com"}, "/domain_template"),
    ({"domain_template": "no domain"}, "/domain_template"),
    ({"name_server_id": 1}, "/name_server_id"),
    ({"quick_order": 1}, "/quick_order"),
    ({"create_all_addons": None}, "/create_all_addons"),
    ({"activation_template_id": 77}, "/activation_template_id"),
    ({"agreement_template_id": 77}, "/agreement_template_id"),
    ({"description": {"en": 1}}, "/description"),
    ({"site_info": "x" * 20_001}, "/site_info"),
    ({"notes": None}, "/notes"),
    ({"icon": "https://example.com/icon.png"}, "/icon"),
    ({"icon": icon("image/png", b"GIF89a")}, "/icon"),
    ({"icon": icon("image/png", b"\x89PNG\r\n\x1a\n" + b"x" * 65536)}, "/icon"),
    ({"icon": icon("image/svg+xml", b"<svg><script>1</script></svg>")}, "/icon"),
    ({"icon": icon("image/svg+xml", b"<svg onload='1'/>")}, "/icon"),
    ({"icon": icon("text/html", b"<svg/>")}, "/icon"),
    ({"icon": "data:image/png;base64,A"}, "/icon"),
    ({"show_addon_icons": "no"}, "/show_addon_icons"),
    ({"colour": "green"}, "/colour"),
]


def pointers(problem: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(("said", "pointer"), RULES, ids=[f"{p} {s}"[:60] for s, p in RULES])
def test_a_rule_that_a_tariff_plan_breaks_is_named_by_its_field(
    rules: Market, said: dict[str, Any], pointer: str
) -> None:
    """Nothing of it is created, and nothing is named that was right."""
    body = rules.plan_of(**said)
    problem = rules.administrator.refused("POST", "/admin/tariff-plans", body, 400, "input.invalid")
    named = pointers(problem)
    assert named
    assert all(each.startswith(pointer) for each in named), named
    assert len(rules.administrator.done("GET", "/admin/tariff-plans")["items"]) == 2


def test_an_unknown_policy_is_told_the_known_ones(rules: Market) -> None:
    """The form's list is in the answer."""
    body = rules.plan_of(policies={"tariff_change": {"policy": "luck"}})
    problem = rules.administrator.refused("POST", "/admin/tariff-plans", body, 400, "input.invalid")
    standard = ("change_period", "refund_difference", "forbidden", "charge_only", "full_payment")
    assert all(name in problem["errors"][0]["detail"] for name in standard)


def test_everything_that_is_wrong_is_named_at_once(rules: Market) -> None:
    """Nobody corrects a form field by field."""
    body = rules.plan_of(
        name={},
        icon="x",
        setup_fee=EUROS,
        policies={"late_renewal_fee": {"policy": "x"}},
        allowed_client_group_ids=[77],
    )
    problem = rules.administrator.refused("POST", "/admin/tariff-plans", body, 400, "input.invalid")
    assert set(pointers(problem)) == {
        "/name",
        "/icon",
        "/setup_fee/currency",
        "/policies/late_renewal_fee/policy",
        "/allowed_client_group_ids/0",
    }


def test_a_change_breaks_the_same_rules(rules: Market, shared: dict[str, Any]) -> None:
    """Of everything that may be changed; what was there stays."""
    path = f"/admin/tariff-plans/{shared['plan']['id']}"
    fixed = ("provider_id", "product_type", "prices")
    for said, pointer in RULES:
        if not set(said) & set(fixed):
            problem = rules.administrator.refused("PATCH", path, said, 400, "input.invalid")
            assert all(each.startswith(pointer) for each in pointers(problem)), said
    assert rules.administrator.done("GET", path) == shared["plan"]


ADDON_RULES: list[tuple[dict[str, Any], str]] = [
    ({"name": {}}, "/name"),
    ({"value_type": "boolean"}, "/value_type"),
    ({"value_type": "colour"}, "/value_type"),
    ({"unit": "GiB"}, "/unit"),
    ({"min": 2000, "max": 1999}, "/max"),
    ({"min": -1}, "/min"),
    ({"step": 0}, "/step"),
    ({"included": 10241}, "/included"),
    ({"included": -1}, "/included"),
    ({"default": 1023}, "/default"),
    ({"default": 10241}, "/default"),
    ({"step": 1024, "default": 1025}, "/default"),
    ({"default": "1024"}, "/default"),
    ({"prices": [price(2, 1)]}, "/prices/0/period_months"),
    ({"prices": [price(1, 1), price(1, 1)]}, "/prices/1/period_months"),
    ({"prices": [{"period_months": 1, "price": EUROS}]}, "/prices/0/price/currency"),
    ({"prices": [price(1, -1)]}, "/prices/0/price/amount_minor"),
    ({"enumeration_id": 1}, "/enumeration_id"),
    ({"value_prices": [{"value_id": 1}]}, "/value_prices"),
    ({"enabled": "yes"}, "/enabled"),
    ({"sort": 0}, "/sort"),
    ({"resource_type": "traffic"}, "/resource_type"),
]


@pytest.mark.parametrize(
    ("said", "pointer"), ADDON_RULES, ids=[f"{p} {s}"[:60] for s, p in ADDON_RULES]
)
def test_a_rule_that_an_addon_breaks_is_named_by_its_field(
    rules: Market, shared: dict[str, Any], said: dict[str, Any], pointer: str
) -> None:
    """The addon stays as it was, and so does the version of its plan."""
    path = f"/admin/tariff-plans/{shared['plan']['id']}/addons/{shared['disk']['id']}"
    problem = rules.administrator.refused("PATCH", path, said, 400, "input.invalid")
    assert all(each.startswith(pointer) for each in pointers(problem)), problem
    assert rules.administrator.done("GET", path) == shared["disk"]


def test_rules_of_choices(rules: Market, shared: dict[str, Any]) -> None:
    """An enumeration offers its own values, each once and at prices of its own."""
    path = f"/admin/tariff-plans/{shared['vps']['id']}/addons"
    value = {"value_id": shared["value"], "prices": [price(1, 5)]}
    body = {
        "resource_type": "control_panel",
        "enumeration_id": shared["enumeration"],
        "value_prices": [value],
    }
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"resource_type": "panel"}, "/resource_type"),
        ({"enumeration_id": None}, "/enumeration_id"),
        ({"enumeration_id": 77, "value_prices": []}, "/enumeration_id"),
        ({"value_type": "integer"}, "/value_type"),
        ({"prices": [price(1, 1)]}, "/prices"),
        ({"value_prices": [{"value_id": 77}]}, "/value_prices/0/value_id"),
        ({"value_prices": [value, value]}, "/value_prices/1/value_id"),
        (
            {"value_prices": [{**value, "prices": [price(2, 1)]}]},
            "/value_prices/0/prices/0/period_months",
        ),
        (
            {"value_prices": [{**value, "prices": [{"period_months": 1, "price": EUROS}]}]},
            "/value_prices/0/prices/0/price/currency",
        ),
        ({"default": 77}, "/default"),
        ({"included": 77}, "/included"),
    ]
    for said, pointer in wrong:
        problem = rules.administrator.refused("POST", path, {**body, **said}, 400, "input.invalid")
        assert pointer in pointers(problem), said
    made = rules.administrator.done("POST", path, body)
    assert made["value_prices"][0]["internal_name"] == "55227"
