"""Who may order what, for how long, and how much of it."""

from typing import Any

import pytest
from tests.markets import Market, price


def test_a_plan_is_offered_to_allowed_groups_and_to_no_forbidden_one(market: Market) -> None:
    """Where a group is allowed and forbidden, forbidding wins; offers show what can be ordered."""
    friends, debtors = market.group("Friends"), market.group("Debtors")
    plans = {
        "Everyone": market.plan(name={"en": "Everyone"}),
        "Friends": market.plan(name={"en": "Friends"}, allowed_client_group_ids=[friends]),
        "No debtors": market.plan(name={"en": "No debtors"}, forbidden_client_group_ids=[debtors]),
        "Both": market.plan(
            name={"en": "Both"},
            allowed_client_group_ids=[friends, debtors],
            forbidden_client_group_ids=[debtors],
        ),
    }
    expected = {
        None: ["Everyone", "No debtors"],
        friends: ["Both", "Everyone", "Friends", "No debtors"],
        debtors: ["Everyone"],
    }
    for group_id, names in expected.items():
        market.join(group_id)
        assert market.offered() == names
        for name, plan in plans.items():
            path = f"/tariff-plans/{plan['id']}"
            if name in names:
                market.order(plan)
                market.client.done("GET", path)
            else:
                market.refuse(plan, 403, "tariff.forbidden")
                market.client.refused("GET", path, None, 403, "tariff.forbidden")
    shown = market.guest.done("GET", "/tariff-plans")["items"]
    assert [plan["name"] for plan in shown] == ["Everyone", "No debtors"]
    hidden = f"/tariff-plans/{plans['Friends']['id']}"
    market.guest.refused("GET", hidden, None, 404, "tariff.not_for_sale")
    assert len(market.administrator.done("GET", "/tariff-plans")["items"]) == 4


def test_a_quote_refuses_what_an_order_would(market: Market) -> None:
    """A price for what can't be bought would be a promise."""
    plan = market.plan(forbidden_client_group_ids=[market.group("Debtors")])
    body = {"items": [{"tariff_plan_id": plan["id"], "period_months": 1}]}
    market.client.done("POST", "/quotes", body)
    market.join(plan["forbidden_client_group_ids"][0])
    market.client.refused("POST", "/quotes", body, 403, "tariff.forbidden")


@pytest.mark.parametrize(
    ("minimum", "refused", "sold"),
    [
        ({"length": 3, "unit": "months"}, [1], [3, 12]),
        ({"length": 31, "unit": "days"}, [1], [3, 12]),
        ({"length": 30, "unit": "days"}, [], [1, 3, 12]),
        ({"length": 365, "unit": "days"}, [1, 3], [12]),
        (None, [], [1, 3, 12]),
    ],
    ids=lambda value: f"AT-30-{value['length']}-{value['unit']}" if type(value) is dict else "",
)
def test_at_30_shorter_periods_are_refused(
    market: Market, minimum: Any, refused: list[int], sold: list[int]
) -> None:
    """On a January 31st: February has 28 days, and counts as 30 all the same."""
    prices = [price(months, 100 * months) for months in (1, 3, 12)]
    plan = market.plan(minimum_period=minimum, prices=prices)
    for months in refused:
        problem = market.refuse(plan, 422, "order.period_too_short", period_months=months)
        assert f"{minimum['length']} {minimum['unit']}" in problem["detail"]
    for months in sold:
        market.order(plan, period_months=months)
    shown = market.client.done("GET", f"/tariff-plans/{plan['id']}")
    assert [term["period_months"] for term in shown["prices"]] == sold
    assert market.offered(period_months=1) == (["Start"] if 1 in sold else [])


def test_at_31_a_client_has_only_so_many_services_of_a_plan(market: Market) -> None:
    """A cancelled one frees its place."""
    plan = market.plan(services_per_client_max=2, prices=[price(1, 0), price(3, 200_000)])
    market.order(plan)
    method = market.administrator.done(
        "POST",
        "/admin/payment-methods",
        {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [market.provider_id]},
    )
    later = {"period_months": 3, "pay_with": {"payment_method_id": method["id"]}}
    unpaid = market.order(plan, **later)
    market.refuse(plan, 422, "order.service_limit")
    market.client.done("DELETE", f"/orders/{unpaid['order']['id']}")
    market.order(plan)
    market.refuse(plan, 422, "order.service_limit")


def test_at_29_a_group_may_ignore_the_number_of_services(market: Market) -> None:
    """The other limits still hold for it."""
    plan = market.plan(services_per_client_max=1, services_per_order_max=2)
    market.order(plan)
    market.join(market.group("Small"))
    market.refuse(plan, 422, "order.service_limit")
    market.join(market.group("Resellers", ignore_service_limit=True))
    market.order(plan, quantity=2)
    market.order(plan)
    market.refuse(plan, 422, "order.quantity_too_large", quantity=3)


def test_at_32_only_so_many_services_are_ordered_at_once(market: Market) -> None:
    """One where nothing else is said."""
    plan = market.plan()
    market.refuse(plan, 422, "order.quantity_too_large", quantity=2)
    market.change(plan, services_per_order_max=3)
    placed = market.order(plan, quantity=3)
    assert len(placed["services"]) == 3
    assert placed["invoice"]["total"]["amount_minor"] == 900
    market.refuse(plan, 422, "order.quantity_too_large", quantity=4)


def test_a_group_in_use_is_kept_and_its_users_are_named(market: Market) -> None:
    """Deleting it would open, or close, what its plans say."""
    group = market.group("Friends")
    path = f"/admin/client-groups/{group}"
    plan = market.plan(forbidden_client_group_ids=[group])
    problem = market.administrator.refused("DELETE", path, None, 409, "in_use")
    assert f"tariff plans {plan['id']}" in problem["detail"]
    market.change(plan, forbidden_client_group_ids=[])
    market.join(group)
    problem = market.administrator.refused("DELETE", path, None, 409, "in_use")
    assert f"clients {market.client.id}" in problem["detail"]
    market.join(None)
    market.administrator.done("DELETE", path)
    market.administrator.refused("GET", path, None, 404, "not_found")


def test_groups_have_names_of_their_own(market: Market) -> None:
    """Two of one name would be taken for each other."""
    market.group("Friends")
    other = market.group("Others", allow_deletion=True)
    body = {"name": "Friends"}
    path = f"/admin/client-groups/{other}"
    for method, where in (("POST", "/admin/client-groups"), ("PATCH", path)):
        market.administrator.refused(method, where, body, 409, "client_group.exists")
    listed = market.administrator.done("GET", f"/admin/clients?client_group_id={other}")["items"]
    assert listed == []
    market.join(other)
    [member] = market.administrator.done("GET", f"/admin/clients?client_group_id={other}")["items"]
    assert member["id"] == market.client.id
    kept = market.administrator.done("PATCH", path, {"name": "Others", "allow_suspension": True})
    assert (kept["allow_suspension"], kept["allow_deletion"]) == (True, True)
    problem = market.administrator.refused(
        "PATCH",
        f"/admin/clients/{market.client.id}",
        {"client_group_id": 77},
        400,
        "input.invalid",
    )
    assert problem["errors"][0]["pointer"] == "/client_group_id"
