"""Pay now, configure later: quick orders wait for their parameters."""

from typing import Any

from tests.factories import run_newest
from tests.markets import HostingModule, Market

from billing_kernel.application.kernel import Kernel


def money(market: Market) -> tuple[int, int]:
    """Minor units on the client's balance, and held."""
    (row,) = market.client.done("GET", "/balances")["items"]
    return row["balance"]["amount_minor"], row["held"]["amount_minor"]


def configure(market: Market, service: Any, **parameters: Any) -> Any:
    path = f"/services/{service['id']}"
    return market.client.done("PATCH", path, {"parameters": parameters})


def test_a_quick_order_is_opened_once_it_is_configured(
    market: Market, kernel: Kernel, module: HostingModule
) -> None:
    """The client pays at once, and says later what the service is for."""
    slow, quick = market.plan(), market.plan(product_type="thing", quick_order=True)
    placed = market.order(quick)
    service = placed["service"]
    assert (placed["invoice"]["status"], money(market)) == ("paid", (99_700, 300))
    assert (service["status"], service["operation"]) == ("opening", None)
    assert service["allowed_actions"] == ["configure", "delete"]
    path = f"/services/{service['id']}"
    wrong = market.client.refused("PATCH", path, {"parameters": {"x": 1}}, 400, "input.invalid")
    pointers = {error["pointer"] for error in wrong["errors"]}
    assert pointers == {"/parameters/x", "/parameters/name"}
    configured = configure(market, service, name="mine")
    assert (configured["name"], configured["parameters"]["name"]) == ("mine", "mine")
    assert configured["operation"]["kind"] == "open"
    market.client.refused(
        "PATCH", path, {"parameters": {"name": "yours"}}, 409, "service.configured"
    )
    run_newest(kernel, service["id"])
    opened = market.client.done("GET", path)
    assert (opened["status"], money(market)) == ("active", (99_700, 0))
    seen = module.asked[-1][1].service
    assert (seen.parameters["name"], seen.username) == ("mine", f"user{service['id']}")
    at_once = market.order(slow)["service"]
    market.client.refused(
        "PATCH", f"/services/{at_once['id']}", {"parameters": {}}, 409, "service.configured"
    )
    assert market.administrator.done("GET", "/admin/ledger/verify")["problems"] == []


def test_a_quick_order_that_lacks_nothing_is_opened_at_once(market: Market) -> None:
    """Whoever knows what they want shouldn't have to say it twice."""
    plan = market.plan(quick_order=True)
    placed = market.order(plan, parameters={"domain": "shop.example.org"})
    assert placed["service"]["operation"]["kind"] == "open"
    later = market.order(plan)["service"]
    assert later["allowed_actions"] == ["configure", "delete"]
    assert configure(market, later)["operation"]["kind"] == "open"
    wrong = {"domain": "not a domain"}
    refused = market.refuse(plan, 400, "input.invalid", parameters=wrong)
    assert refused["errors"][0]["pointer"] == "/parameters/domain"


def test_a_quick_order_that_is_given_up_costs_nothing(market: Market, kernel: Kernel) -> None:
    """Nothing was opened, so nothing was earned; also for several in one order."""
    plan = market.plan(product_type="thing", quick_order=True, services_per_order_max=2)
    first, second = market.order(plan, quantity=2)["services"]
    assert money(market) == (99_400, 600)
    gone = market.client.done("DELETE", f"/services/{first['id']}")
    assert (gone["status"], gone["allowed_actions"], money(market)) == (
        "deleted",
        [],
        (99_700, 300),
    )
    path = f"/services/{first['id']}"
    market.client.refused("PATCH", path, {"parameters": {"name": "x"}}, 409, "service.configured")
    configure(market, second, name="second")
    run_newest(kernel, second["id"])
    assert money(market) == (99_700, 0)
    assert market.administrator.done("GET", "/admin/ledger/verify")["problems"] == []


def test_a_quick_order_in_the_cart_waits_as_well(market: Market) -> None:
    """The cart asks for no more than the order does; an administrator may tell the rest.

    Only its client says which card a service is renewed by.
    """
    plan = market.plan(product_type="thing", quick_order=True)
    item = {"kind": "order", "tariff_plan_id": plan["id"], "period_months": 1}
    market.client.done("POST", "/cart/items", item)
    market.client.done("POST", "/cart/checkout", {"pay_with": {"balance": True}})
    (service,) = market.client.done("GET", "/services")["items"]
    assert (service["status"], service["operation"]) == ("opening", None)
    path, said = f"/admin/services/{service['id']}", {"parameters": {"name": "told by phone"}}
    configured = market.administrator.done("PATCH", path, said)
    assert (configured["operation"]["kind"], configured["name"]) == ("open", "told by phone")
    renamed = {"name": "theirs", "auto_renewal": True}
    assert market.administrator.done("PATCH", path, renamed)["auto_renewal"] is True
    assert market.client.done("GET", f"/services/{service['id']}")["name"] == "theirs"
    card = {"auto_renewal_source": {"stored_payment_method_id": 1}}
    market.administrator.refused("PATCH", path, card, 400, "input.invalid")


def test_a_quick_order_may_be_configured_before_it_is_paid(market: Market) -> None:
    """Then it has nothing to wait for."""
    cash = {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [market.provider_id]}
    method = market.administrator.done("POST", "/admin/payment-methods", cash)
    plan = market.plan(product_type="thing", quick_order=True)
    placed = market.order(plan, pay_with={"payment_method_id": method["id"]})
    service = placed["service"]
    assert (service["status"], service["allowed_actions"]) == ("ordered", ["configure"])
    configured = configure(market, service, name="mine")
    assert (configured["status"], configured["operation"]) == ("ordered", None)
    paid = f"/admin/payments/{placed['payment']['id']}/confirm"
    market.administrator.done("POST", paid, {})
    shown = market.client.done("GET", f"/services/{service['id']}")
    assert (shown["status"], shown["operation"]["kind"]) == ("opening", "open")
