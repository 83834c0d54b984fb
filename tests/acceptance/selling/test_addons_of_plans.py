"""Addons and enumerations: what of a service can be more than its tariff plan includes."""

from typing import Any

import pytest
from tests.factories import FakeModule, run_newest
from tests.markets import Market, dollars, price

from billing_kernel.application.kernel import Kernel


def addon_path(plan: Any, addon: Any = None) -> str:
    path = f"/admin/tariff-plans/{plan['id']}/addons"
    return f"{path}/{addon['id']}" if addon else path


@pytest.fixture
def panels(market: Market) -> dict[str, int]:
    """The ids of an enumeration and of its values."""
    made = market.administrator.done(
        "POST", "/admin/enumerations", {"name": {"en": "Server Control Panel"}}
    )
    path = f"/admin/enumerations/{made['id']}/values"
    values = {"enumeration": made["id"]}
    for sort, (name, code) in enumerate((("Pro", "55228"), ("Lite", "55227")), start=1):
        body = {"name": {"en": name}, "internal_name": code, "sort": 3 - sort}
        values[name] = market.administrator.done("POST", path, body)["id"]
    return values


@pytest.fixture
def vps(market: Market, panels: dict[str, int]) -> tuple[Any, Any]:
    """A server's tariff plan with a choice of panels, and that addon."""
    plan = market.plan(product_type="vps", create_all_addons=False)
    body = {
        "resource_type": "control_panel",
        "name": {"en": "Control panel"},
        "value_type": "enumeration",
        "enumeration_id": panels["enumeration"],
        "value_prices": [
            {"value_id": panels["Pro"], "prices": [price(1, 900)]},
            {"value_id": panels["Lite"], "prices": [price(1, 500)]},
        ],
    }
    return plan, market.administrator.done("POST", addon_path(plan), body)


def test_at_47_a_plan_is_created_with_the_addons_of_its_product_type(market: Market) -> None:
    """Shared hosting: 5120 GiB of traffic, 1024 MiB of disk space, 10 web domains."""
    addons = market.addons(market.plan())
    assert {name: addon["default"] for name, addon in addons.items()} == {
        "traffic": 5120,
        "disk_space": 1024,
        "web_domain_limit": 10,
    }
    assert [addons[name]["unit"] for name in ("traffic", "disk_space")] == ["GiB", "MiB"]
    assert market.addons(market.plan(create_all_addons=False)) == {}


def test_at_48_created_addons_are_enabled(market: Market) -> None:
    """Clients are offered them at once; a disabled one can't be ordered."""
    plan = market.plan()
    assert all(addon["enabled"] for addon in market.addons(plan).values())
    disk = market.addons(plan)["disk_space"]
    priced = {"prices": [price(1, 1)]}
    market.administrator.done("PATCH", addon_path(plan, disk), priced)
    market.order(plan, addons={"disk_space": 1100})
    market.administrator.done("PATCH", addon_path(plan, disk), {"enabled": False})
    shown = market.client.done("GET", f"/tariff-plans/{plan['id']}")["addons"]
    assert "disk_space" not in [addon["resource_type"] for addon in shown]
    problem = market.refuse(plan, 400, "input.invalid", addons={"disk_space": 1100})
    assert problem["errors"][0]["pointer"] == "/addons/disk_space"


@pytest.mark.parametrize(
    ("resource", "least", "most", "step"),
    [
        pytest.param("disk_space", 1024, 10240, 1, id="AT-49-disk-space"),
        pytest.param("web_domain_limit", 10, 100, 5, id="AT-49-web-domains"),
    ],
)
def test_at_49_orders_stay_within_an_addons_limits(
    market: Market, resource: str, least: int, most: int, step: int
) -> None:
    """The bounds themselves can be ordered; beyond them, and between steps, nothing can."""
    plan = market.plan()
    addon = market.addons(plan)[resource]
    assert (addon["min"], addon["max"]) == (least, most)
    changed = {"prices": [price(1, 1)], "step": step}
    market.administrator.done("PATCH", addon_path(plan, addon), changed)
    for amount in (least, least + step, most):
        placed = market.order(plan, addons={resource: amount})
        assert placed["invoice"]["total"]["amount_minor"] == 300 + amount - addon["included"]
        assert placed["service"]["addons"][resource] == amount
    wrong: list[Any] = [least - 1, most + 1, "1100", True, None]
    for amount in [*wrong, least + 1] if step > 1 else wrong:
        problem = market.refuse(plan, 400, "input.invalid", addons={resource: amount})
        assert problem["errors"][0]["pointer"] == f"/addons/{resource}"


def test_at_50_an_enumeration_has_a_price_for_each_value(
    market: Market,
    panels: dict[str, int],
    vps: tuple[Any, Any],
    kernel: Kernel,
    module: FakeModule,
) -> None:
    """Orders name a value by its id; the driver is told its internal name."""
    plan, addon = vps
    assert [value["internal_name"] for value in addon["value_prices"]] == ["55227", "55228"]
    [shown] = market.client.done("GET", f"/tariff-plans/{plan['id']}")["addons"]
    assert [(value["id"], value["name"]) for value in shown["values"]] == [
        (panels["Lite"], "Lite"),
        (panels["Pro"], "Pro"),
    ]
    for name, amount in (("Lite", 800), ("Pro", 1200)):
        placed = market.order(plan, addons={"control_panel": panels[name]})
        assert placed["invoice"]["total"]["amount_minor"] == amount
    run_newest(kernel, placed["service"]["id"])
    _, request = module.asked[-1]
    assert request.service.resources == {"control_panel": "55228"}
    plain = market.order(plan)
    assert plain["invoice"]["total"]["amount_minor"] == 300
    problem = market.refuse(plan, 400, "input.invalid", addons={"control_panel": 77})
    assert problem["errors"][0]["pointer"] == "/addons/control_panel"


def test_a_renamed_value_is_a_new_version_and_sold_services_keep_the_old_name(
    market: Market,
    panels: dict[str, int],
    vps: tuple[Any, Any],
    kernel: Kernel,
    module: FakeModule,
) -> None:
    """A vendor may give a licence another code; what was sold was sold under the former."""
    plan, _ = vps
    before = market.order(plan, addons={"control_panel": panels["Lite"]})["service"]
    path = f"/admin/enumerations/{panels['enumeration']}/values/{panels['Lite']}"
    market.administrator.done("PATCH", path, {"internal_name": "66000", "name": {"en": "Light"}})
    after = market.order(plan, addons={"control_panel": panels["Lite"]})["service"]
    assert market.addons(plan)["control_panel"]["value_prices"][0]["name"] == {"en": "Light"}
    told = []
    for service in (before, after):
        run_newest(kernel, service["id"])
        told.append(module.asked[-1][1].service.resources["control_panel"])
    assert told == ["55227", "66000"]
    shown = market.administrator.done("GET", f"/admin/tariff-plans/{plan['id']}")
    assert shown["version"] == 3


def test_what_an_addon_offers_is_kept_and_the_plan_is_named(
    market: Market, panels: dict[str, int], vps: tuple[Any, Any]
) -> None:
    """Deleting a value that is for sale would leave orders without a meaning."""
    plan, addon = vps
    enumeration = f"/admin/enumerations/{panels['enumeration']}"
    lite = f"{enumeration}/values/{panels['Lite']}"
    for path in (lite, enumeration):
        problem = market.administrator.refused("DELETE", path, None, 409, "in_use")
        assert f"tariff plans {plan['id']}" in problem["detail"]
    only_pro = [{"value_id": panels["Pro"], "prices": [price(1, 900)]}]
    market.administrator.done("PATCH", addon_path(plan, addon), {"value_prices": only_pro})
    market.administrator.done("DELETE", lite)
    market.administrator.done("DELETE", addon_path(plan, addon))
    market.administrator.done("DELETE", enumeration)
    market.administrator.refused("GET", enumeration, None, 404, "not_found")
    market.administrator.refused("GET", lite, None, 404, "not_found")


def test_values_have_internal_names_of_their_own(market: Market, panels: dict[str, int]) -> None:
    """A driver couldn't tell two of one name apart."""
    path = f"/admin/enumerations/{panels['enumeration']}/values"
    taken = {"name": {"en": "Another"}, "internal_name": "55227"}
    market.administrator.refused("POST", path, taken, 409, "enumeration.value_exists")
    pro = f"{path}/{panels['Pro']}"
    market.administrator.refused(
        "PATCH", pro, {"internal_name": "55227"}, 409, "enumeration.value_exists"
    )
    same = market.administrator.done("PATCH", pro, {"internal_name": "55228", "sort": 9})
    assert (same["internal_name"], same["sort"]) == ("55228", 9)
    listed = market.administrator.done("GET", path)["items"]
    assert [value["internal_name"] for value in listed] == ["55227", "55228"]


def test_every_change_of_an_addon_is_a_version_of_its_plan(market: Market) -> None:
    """What was sold keeps what it was sold with, and an addon that returns is the same one."""
    plan = market.plan(create_all_addons=False)
    body = {"resource_type": "disk_space", "included": 2048, "prices": [price(1, 1)]}
    made = market.administrator.done("POST", addon_path(plan), body)
    assert (made["included"], made["default"], made["name"]["en"]) == (2048, 2048, "Disk space")
    market.administrator.refused("POST", addon_path(plan), body, 409, "addon.exists")
    sold = market.order(plan, addons={"disk_space": 4096})
    assert sold["invoice"]["total"]["amount_minor"] == 300 + 2048
    path = addon_path(plan, made)
    market.administrator.done("PATCH", path, {"prices": [price(1, 2)]})
    assert market.administrator.done("GET", path)["prices"][0]["price"] == dollars(2)
    market.administrator.done("DELETE", path)
    market.administrator.refused("GET", path, None, 404, "not_found")
    shown = market.administrator.done("GET", f"/admin/tariff-plans/{plan['id']}")
    assert shown["version"] == 4
    kept = market.client.done("GET", f"/services/{sold['service']['id']}")
    assert kept["addons"] == {"disk_space": 4096}
    again = market.administrator.done("POST", addon_path(plan), body)
    assert again["id"] == made["id"]


def test_addons_come_in_their_order(market: Market) -> None:
    """Administrators put first what they want to sell."""
    plan = market.plan()
    traffic = market.addons(plan)["traffic"]
    market.administrator.done("PATCH", addon_path(plan, traffic), {"sort": 1})
    shown = market.client.done("GET", f"/tariff-plans/{plan['id']}")["addons"]
    assert [addon["resource_type"] for addon in shown] == [
        "traffic",
        "disk_space",
        "web_domain_limit",
    ]
