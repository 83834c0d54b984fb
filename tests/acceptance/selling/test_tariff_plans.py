"""What administrators say of tariff plans, and what clients are sold for it."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from tests.factories import FakeModule, run_newest
from tests.markets import Market, dollars, price

from billing_kernel.application.kernel import Kernel
from billing_kernel.clock import FixedClock

POLICIES = {
    "late_renewal_fee": {"policy": "none"},
    "tariff_change": {"policy": "refund_difference"},
    "addon_order": {"policy": "until_expiration"},
    "addon_cancellation": {"policy": "refund"},
    "weekend_suspension": {"policy": "product_type"},
}
ICON = "data:image/png;base64,iVBORw0KGgo="


def total_minor(placed: dict[str, Any]) -> int:
    amount: int = placed["invoice"]["total"]["amount_minor"]
    return amount


def test_everything_that_is_said_of_a_tariff_plan_is_kept(market: Market) -> None:
    """The object of the documentation goes in and comes out; what is left out has its default."""
    group = market.group("Friends")
    message = market.administrator.done(
        "POST",
        "/admin/message-templates",
        {"name": "Active", "subject": {"en": "Ready"}, "body": {"en": "It is {{ service.name }}"}},
    )
    said = {
        "sort": 1,
        "labels": ["ssd"],
        "icon": ICON,
        "show_addon_icons": True,
        "prices": [price(1, 300, renewal_price=None, orderable=True)],
        "setup_fee": dollars(50),
        "charging": {"policy": "period"},
        "policies": POLICIES,
        "minimum_period": {"length": 30, "unit": "days"},
        "auto_deletion_days": 7,
        "end_on": "2027-01-01",
        "services_per_client_max": 5,
        "services_per_order_max": 2,
        "allowed_client_group_ids": [group],
        "forbidden_client_group_ids": [],
        "account_template": "start",
        "username_template": "user@ID@",
        "domain_template": "@USERNAME@.example.com",
        "name_server_id": None,
        "quick_order": True,
        "create_all_addons": False,
        "activation_template_id": message["id"],
        "agreement_template_id": None,
        "description": {"en": "**Fast**"},
        "site_info": "for the site",
        "notes": "for us",
    }
    made = market.plan(**said)
    assert {name: made[name] for name in said} == said
    assert market.administrator.done("GET", f"/admin/tariff-plans/{made['id']}") == made
    plain = market.plan()
    assert plain["policies"] == POLICIES
    assert (plain["username_template"], plain["create_all_addons"]) == ("user@ID@", True)


def test_a_change_leaves_alone_what_it_does_not_name(market: Market) -> None:
    """Policies too are changed one by one; only what prices depend on makes a version."""
    made = market.plan(policies={"addon_order": {"policy": "full_period"}})
    fine = {"policy": "percent", "percent": "50"}
    changed = market.change(made, policies={"late_renewal_fee": fine})
    assert changed["policies"] == {
        **POLICIES,
        "addon_order": {"policy": "full_period"},
        "late_renewal_fee": fine,
    }
    assert (made["version"], changed["version"]) == (1, 2)
    renamed = market.change(made, name={"en": "Begin"}, notes="renamed")
    assert renamed == {**changed, "name": {"en": "Begin"}, "notes": "renamed"}


def test_at_14_an_agreement_must_be_accepted(market: Market) -> None:
    """The order keeps which text it was; without a yes there is no order."""
    text = {"en": "You pay, we serve.", "ru": "Вы платите, мы служим."}
    template = market.administrator.done(
        "POST", "/admin/document-templates", {"name": "Terms", "body": text}
    )
    plan = market.plan(agreement_template_id=template["id"])
    shown = market.client.done("GET", f"/tariff-plans/{plan['id']}")
    assert shown["agreement"] == text["en"]
    market.refuse(plan, 422, "order.agreement_required")
    assert market.client.done("GET", "/orders")["items"] == []
    agreement = market.order(plan, agreement_accepted=True)["order"]["agreement"]
    assert agreement["template_id"] == template["id"]
    assert agreement["sha256"]["en"] == sha256(text["en"].encode()).hexdigest()
    assert agreement["accepted_at"].startswith("2026-01-31T12:00:00")
    path = f"/admin/document-templates/{template['id']}"
    problem = market.administrator.refused("DELETE", path, None, 409, "in_use")
    assert f"tariff plans {plan['id']}" in problem["detail"]


def test_at_15_only_enabled_plans_are_sold(market: Market) -> None:
    """Several are switched at once."""
    plans = [market.plan(name={"en": name}, enabled=False) for name in ("One", "Two")]
    ids = {"ids": [plan["id"] for plan in plans]}
    assert market.offered() == []
    market.refuse(plans[0], 404, "tariff.not_for_sale")
    market.administrator.done("POST", "/admin/tariff-plans/enable", ids)
    assert market.offered() == ["One", "Two"]
    market.order(plans[0])
    market.administrator.done("POST", "/admin/tariff-plans/disable", ids)
    assert market.offered() == []
    market.refuse(plans[0], 404, "tariff.not_for_sale")


def test_at_16_an_ended_plan_is_neither_ordered_nor_renewed(
    market: Market, kernel: Kernel, module: FakeModule
) -> None:
    """The end date itself is its last day."""
    plan = market.plan(end_on="2026-01-31")
    service = market.order(plan)["service"]
    run_newest(kernel, service["id"])
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    assert isinstance(kernel.clock, FixedClock)
    kernel.clock.instant += timedelta(days=1)
    market.refuse(plan, 404, "tariff.not_for_sale")
    market.client.refused("POST", f"/services/{service['id']}/renew", renewal, 422, "tariff.ended")
    market.change(plan, end_on=None)
    market.client.done("POST", f"/services/{service['id']}/renew", renewal)


def test_at_17_equal_sort_numbers_are_sorted_alphabetically(market: Market) -> None:
    """Lowest first; names in the provider's language, ignoring case."""
    for name, sort in (("b plan", 2), ("A plan", 2), ("Z plan", 1), ("C plan", 2)):
        market.plan(name={"en": name}, sort=sort)
    assert market.offered() == ["Z plan", "A plan", "b plan", "C plan"]


def test_at_20_a_plan_needs_a_price_for_at_least_one_period(market: Market) -> None:
    """Without any it can be prepared, but not sold."""
    problem = market.administrator.refused(
        "POST", "/admin/tariff-plans", market.plan_of(prices=[]), 400, "input.invalid"
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/prices"]
    plan = market.plan(prices=[], enabled=False)
    path = f"/admin/tariff-plans/{plan['id']}"
    market.administrator.refused("PATCH", path, {"enabled": True}, 409, "tariff.unpriced")
    market.change(plan, prices=[price(1, 0)], enabled=True)
    assert total_minor(market.order(plan)) == 0


def test_at_20_the_periods_are_those_of_the_product_type(market: Market) -> None:
    """One month, three months, one year, three years."""
    prices = [price(months, 300 * months) for months in (1, 3, 12, 36)]
    assert [it["period_months"] for it in market.plan(prices=prices)["prices"]] == [1, 3, 12, 36]
    problem = market.administrator.refused(
        "POST", "/admin/tariff-plans", market.plan_of(prices=[price(5, 1)]), 400, "input.invalid"
    )
    assert problem["errors"][0]["pointer"] == "/prices/0/period_months"


def test_at_21_a_closed_period_takes_no_orders(
    market: Market, kernel: Kernel, module: FakeModule
) -> None:
    """Services that have it may still be renewed."""
    plan = market.plan(prices=[price(1, 300), price(12, 3000)])
    service = market.order(plan)["service"]
    run_newest(kernel, service["id"])
    market.change(plan, prices=[price(1, 300, orderable=False), price(12, 3000)])
    [shown] = market.client.done("GET", "/tariff-plans")["items"]
    assert [it["period_months"] for it in shown["prices"]] == [12]
    assert market.offered(period_months=1) == []
    market.refuse(plan, 422, "tariff.period_not_sold")
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    market.client.done("POST", f"/services/{service['id']}/renew", renewal)


def test_at_22_a_setup_fee_is_charged_at_the_order_only(
    market: Market, kernel: Kernel, module: FakeModule
) -> None:
    """Renewals cost the period."""
    placed = market.order(market.plan(setup_fee=dollars(150)))
    assert total_minor(placed) == 450
    assert [line["kind"] for line in placed["invoice"]["lines"]] == ["period", "setup_fee"]
    run_newest(kernel, placed["service"]["id"])
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    path = f"/services/{placed['service']['id']}/renew"
    assert total_minor(market.client.done("POST", path, renewal)) == 300


def test_at_23_renewals_have_special_prices(
    market: Market, kernel: Kernel, module: FakeModule
) -> None:
    """One for each period; where there is none, the price itself."""
    plan = market.plan(prices=[price(1, 300, renewal_price=dollars(250)), price(3, 800)])
    placed = market.order(plan)
    assert total_minor(placed) == 300
    run_newest(kernel, placed["service"]["id"])
    path = f"/services/{placed['service']['id']}/renew"
    renewed = market.client.done("POST", path, {"period_months": 1, "pay_with": {"balance": True}})
    assert total_minor(renewed) == 250
    run_newest(kernel, placed["service"]["id"])
    longer = market.client.done("POST", path, {"period_months": 3, "pay_with": {"balance": True}})
    assert total_minor(longer) == 800


def test_at_27_calendar_charging_excludes_daily_charging(market: Market) -> None:
    """They are values of one field: choosing one ends the other, and parameters don't mix."""
    plan = market.plan(charging={"policy": "calendar"})
    assert plan["charging"] == {"policy": "calendar", "pro_rata_day": 15}
    daily = market.change(plan, charging={"policy": "daily", "price": dollars(10)})
    assert daily["charging"]["policy"] == "daily"
    assert "pro_rata_day" not in daily["charging"]
    both = {"policy": "daily", "price": dollars(10), "pro_rata_day": 15}
    problem = market.administrator.refused(
        "PATCH", f"/admin/tariff-plans/{plan['id']}", {"charging": both}, 400, "input.invalid"
    )
    assert problem["errors"][0]["pointer"] == "/charging/pro_rata_day"


def test_clients_see_what_they_need_and_nothing_of_the_inside(market: Market) -> None:
    """Notes, information for the site and costs are for employees."""
    plan = market.plan(
        name={"en": "Start", "ru": "Старт"},
        description={"en": "**Fast**", "ru": "**Быстро**"},
        icon=ICON,
        quick_order=True,
        minimum_period={"length": 1, "unit": "months"},
        setup_fee=dollars(5),
        notes="secret notes",
        site_info="secret information",
    )
    path = f"/api/v1/tariff-plans/{plan['id']}"
    answer = market.guest.http.get(path, headers={"Accept-Language": "ru"})
    shown = answer.json()
    assert (shown["name"], shown["description"]) == ("Старт", "**Быстро**")
    assert (shown["icon"], shown["quick_order"], shown["agreement"]) == (ICON, True, None)
    assert shown["minimum_period"] == {"length": 1, "unit": "months"}
    assert shown["setup_fee"] == dollars(5)
    disk = next(it for it in shown["addons"] if it["resource_type"] == "disk_space")
    assert (disk["name"], disk["unit"], disk["max"]) == ("Дисковое пространство", "MiB", 10240)
    assert "secret" not in answer.text
    assert not {"notes", "site_info", "upstream_costs", "policies"} & set(shown)


@pytest.mark.parametrize("part", ["prices", "setup_fee", "charging", "late fee", "addon"])
def test_amounts_in_a_former_currency_wait_until_each_is_set_anew(
    market: Market, part: str
) -> None:
    """Whatever of a plan still asks for dollars keeps all of it from being sold in euros."""
    plan = market.plan(
        prices=[price(1, 300)],
        setup_fee=dollars(5),
        charging={"policy": "daily", "price": dollars(10)},
        policies={"late_renewal_fee": {"policy": "fixed", "amount": dollars(7)}},
    )
    disk = market.addons(plan)["disk_space"]
    addon_path = f"/admin/tariff-plans/{plan['id']}/addons/{disk['id']}"
    priced = {"prices": [price(1, 1)]}
    market.administrator.done("PATCH", addon_path, priced)
    market.administrator.done(
        "PATCH", f"/admin/providers/{market.provider_id}", {"currency": "EUR"}
    )

    def euros(amount_minor: int) -> dict[str, Any]:
        return {"amount_minor": amount_minor, "currency": "EUR"}

    path = f"/admin/tariff-plans/{plan['id']}"
    in_euros = {"period_months": 1, "price": euros(1)}
    bodies = {
        "prices": (path, {"prices": [in_euros], "setup_fee": euros(5)}),
        "charging": (path, {"charging": {"policy": "daily", "price": euros(10)}}),
        "late fee": (
            path,
            {"policies": {"late_renewal_fee": {"policy": "fixed", "amount": euros(7)}}},
        ),
        "addon": (addon_path, {"prices": [in_euros]}),
    }
    # The setup fee belongs to the prices: half of them can't be in one currency.
    if part == "setup_fee":
        problem = market.administrator.refused(
            "PATCH", path, {"prices": [in_euros]}, 400, "input.invalid"
        )
        assert problem["errors"][0]["pointer"] == "/setup_fee/currency"
        return
    last = bodies.pop(part)
    for where, body in bodies.values():
        market.administrator.done("PATCH", where, body)
    enable = {"ids": [plan["id"]]}
    market.administrator.refused(
        "POST", "/admin/tariff-plans/enable", enable, 409, "tariff.unpriced"
    )
    assert market.offered() == []
    market.administrator.done("PATCH", *last)
    market.administrator.done("POST", "/admin/tariff-plans/enable", enable)
    assert market.offered() == ["Start"]
