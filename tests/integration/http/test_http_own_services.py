"""What clients may do to their services: by their group, by the tariff plan, never more."""

from datetime import timedelta
from typing import Any, cast

import pytest
from tests.factories import NOON, open_one, run_newest, sell_under, service_of

from billing_hookspecs import Money
from billing_kernel.clock import FixedClock
from billing_kernel.domain.tariffs import MinimumPeriod, PriceTerm

DAILY: dict[str, Any] = {
    "policy": "daily",
    "price": {"amount_minor": 100, "currency": "RUB"},
    "clients_may_suspend": True,
}


@pytest.fixture
def group(administrator, shop):
    """Puts the shop's client into a group with these rights."""

    def put(**rights: bool) -> None:
        made = administrator.done("POST", "/admin/client-groups", {"name": "Some", **rights})
        path = f"/admin/clients/{shop.client.id}"
        administrator.done("PATCH", path, {"client_group_id": made["id"]})

    return put


def test_nothing_is_allowed_that_nobody_allowed(kernel, shop, client) -> None:
    """By default only what costs or changes nothing of others': renew and change."""
    service_id = open_one(kernel, shop)
    path = f"/services/{service_id}"
    assert client.done("GET", path)["allowed_actions"] == [
        "renew",
        "change_tariff",
        "change_addons",
    ]
    for answer in (client.post(f"{path}/suspend"), client.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    for route, body in (("panel-link", None), ("change-password", {"password": "long enough?"})):
        answer = client.post(f"{path}/{route}", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "service.not_supported")


def test_a_group_may_suspend_and_resume(kernel, shop, client, group) -> None:
    """AT-29: suspension and activation come together."""
    group(allow_suspension=True)
    service_id = open_one(kernel, shop)
    path = f"/services/{service_id}"
    assert "suspend" in client.done("GET", path)["allowed_actions"]
    client.done("POST", f"{path}/suspend")
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).status == "suspended"
    assert "resume" in client.done("GET", path)["allowed_actions"]
    client.done("POST", f"{path}/resume")
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).status == "active"


def test_what_the_provider_stopped_its_client_cannot_start(
    kernel, shop, client, administrator, group
) -> None:
    """Else whoever doesn't pay would just press resume."""
    group(allow_suspension=True)
    service_id = open_one(kernel, shop)
    administrator.done("POST", f"/admin/services/{service_id}/suspend")
    run_newest(kernel, service_id)
    refused = client.post(f"/services/{service_id}/resume")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "resume" not in client.done("GET", f"/services/{service_id}")["allowed_actions"]


def test_a_daily_tariff_may_let_its_clients_suspend(kernel, shop, client) -> None:
    """F-106, without any group."""
    sell_under(kernel, shop, charging=DAILY, prices=(PriceTerm(1, Money(3000, "RUB")),))
    service_id = open_one(kernel, shop)
    assert "suspend" in client.done("GET", f"/services/{service_id}")["allowed_actions"]
    client.done("POST", f"/services/{service_id}/suspend")


def test_at_24_a_daily_service_cannot_be_renewed(kernel, shop, client) -> None:
    """AT-24: it has no end; its first day was paid with the order, and nothing asks for more."""
    sell_under(kernel, shop, charging=DAILY, prices=(PriceTerm(1, Money(3000, "RUB")),))
    service_id = open_one(kernel, shop)
    service = client.done("GET", f"/services/{service_id}")
    assert (service["status"], service["expires_on"]) == ("active", None)
    assert "renew" not in service["allowed_actions"]
    body = {"period_months": 1, "pay_with": {"balance": True}}
    refused = client.post(f"/services/{service_id}/renew", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "service.charged_daily")
    [invoice] = client.done("GET", "/invoices")["items"]
    assert invoice["total"]["amount_minor"] == 100


def test_a_client_cannot_leave_before_the_minimum_period(kernel, shop, client, group) -> None:
    """AT-30: deleting before it ends is refused with the day that it is possible from."""
    group(allow_deletion=True)
    prices = (PriceTerm(3, Money(1000, "RUB")),)
    sell_under(kernel, shop, prices=prices, minimum_period=MinimumPeriod(2, "months"))
    service_id = open_one(kernel, shop, period_months=3)
    refused = client.delete(f"/services/{service_id}")
    assert (refused.status_code, refused.json()["code"]) == (422, "service.minimum_period")
    assert "2026-03-31" in refused.json()["detail"]
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=59)
    client.done("DELETE", f"/services/{service_id}")
    assert [run_newest(kernel, service_id).kind for _ in range(2)] == ["close", "close"]
    assert service_of(kernel, service_id).status == "deleted"


def test_services_of_others_stay_untouched(kernel, shop, stranger) -> None:
    """Another's service doesn't exist for a stranger."""
    service_id = open_one(kernel, shop)
    assert stranger.post(f"/services/{service_id}/suspend").status_code == 404
    assert stranger.delete(f"/services/{service_id}").status_code == 404
