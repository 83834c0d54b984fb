"""Deletion in two steps: stopped at once, gone after a time in which it can be taken back."""

from datetime import date, timedelta
from typing import Any, cast

import pytest
from tests.factories import (
    NOON,
    FakeModule,
    open_one,
    open_tasks,
    operation_of,
    run_newest,
    sell_under,
    service_of,
)

from billing_hookspecs import Capability, UpstreamRefusedError
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.clock import FixedClock

TODAY = date(2026, 1, 31)
DAILY: dict[str, Any] = {"policy": "daily", "price": {"amount_minor": 10, "currency": "RUB"}}


@pytest.fixture
def grace(administrator, shop, kernel):
    """The client may delete its services, and has this many days to think again."""

    def put(days: int) -> None:
        group = administrator.done(
            "POST", "/admin/client-groups", {"name": "Free", "allow_deletion": True}
        )
        path = f"/admin/clients/{shop.client.id}"
        administrator.done("PATCH", path, {"client_group_id": group["id"]})
        settings = {"deletion_grace_days": days}
        said = administrator.done("PATCH", "/admin/product-types/thing", settings)
        assert said["deletion_grace_days"] == days

    return put


@pytest.fixture
def night(kernel):
    """The run so many days later, with what it began."""

    def run(days: int) -> dict[str, int]:
        cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=days)
        begun = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False))
        return {name: count for name, count in carry_out(kernel, begun.id).counts.items() if count}

    return run


def test_a_deletion_waits_and_can_be_taken_back(kernel, shop, client, grace, night) -> None:
    """P23: data that is gone is gone, so a click is not enough for it."""
    grace(3)
    service_id = open_one(kernel, shop)
    path = f"/services/{service_id}"
    asked = client.done("DELETE", path)
    assert asked["deletes_on"] == "2026-02-03"
    assert client.delete(path).json()["code"] == "service.operation_in_progress"
    run_newest(kernel, service_id)
    stopped = client.done("DELETE", path)
    assert (stopped["status"], stopped["deletes_on"]) == ("suspended", "2026-02-03")
    assert stopped["allowed_actions"] == ["resume"]
    body = {"period_months": 1, "pay_with": {"balance": True}}
    refused = client.post(f"{path}/renew", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "service.being_deleted")
    assert night(2) == {}
    kept = client.done("POST", f"{path}/resume")
    assert kept["deletes_on"] is None
    run_newest(kernel, service_id)
    assert (service_of(kernel, service_id).status, night(5)) == ("active", {})


def test_a_deletion_that_nobody_takes_back_is_carried_out(
    kernel, shop, client, administrator, grace, night, module
) -> None:
    """By the first night of its day; a service that is charged daily, which has no end, too."""
    grace(3)
    sell_under(kernel, shop, charging=DAILY)
    service_id = open_one(kernel, shop)
    assert client.done("DELETE", f"/services/{service_id}")["expires_on"] is None
    run_newest(kernel, service_id)
    assert night(3) == {"asked_deletion": 1}
    run_newest(kernel, service_id)
    assert client.done("GET", f"/services/{service_id}")["status"] == "deleted"
    assert module.calls == ["open_service", "suspend_service", "close_service"]
    told = [event["name"] for event in administrator.done("GET", "/admin/events")["items"]]
    assert {"ServiceDeletionPlanned", "ServiceDeleted"} <= set(told)


def test_without_a_time_to_think_it_is_stopped_and_deleted_in_one_go(
    kernel, shop, client, grace, module
) -> None:
    """AT-62: after the upstream has confirmed that it stopped; who works by hand is sent once."""
    grace(0)
    service_id = open_one(kernel, shop)
    client.done("DELETE", f"/services/{service_id}")
    for _ in range(2):
        run_newest(kernel, service_id)
    assert service_of(kernel, service_id).status == "deleted"
    assert module.calls[1:] == ["suspend_service", "close_service"]
    by_hand = open_one(kernel, shop)
    module.capabilities = module.capabilities | {Capability.MANUAL}  # type: ignore[misc]
    client.done("DELETE", f"/services/{by_hand}")
    assert operation_of(kernel, by_hand).kind == "close"


def test_a_deletion_that_the_upstream_refuses_is_called_off(
    kernel, shop, administrator, module: FakeModule
) -> None:
    """At either step a person decides what comes next; no night begins it again."""
    for step, left in (("suspend", "active"), ("close", "suspended")):
        service_id = open_one(kernel, shop)
        administrator.done("DELETE", f"/admin/services/{service_id}")
        if step == "close":
            run_newest(kernel, service_id)
        module.answers.append(UpstreamRefusedError("locked"))
        assert run_newest(kernel, service_id).kind == step
        service = service_of(kernel, service_id)
        assert (service.status, service.deletes_on) == (left, None)
    assert [task.kind for task in open_tasks(kernel)] == ["refused_operation"] * 2


def test_what_the_provider_deletes_only_the_provider_keeps(
    kernel, shop, client, administrator, grace
) -> None:
    """And deletes at once, where waiting would do harm."""
    grace(3)
    service_id = open_one(kernel, shop)
    administrator.done("DELETE", f"/admin/services/{service_id}")
    run_newest(kernel, service_id)
    assert client.done("GET", f"/services/{service_id}")["allowed_actions"] == []
    assert client.post(f"/services/{service_id}/resume").status_code == 403
    administrator.done("POST", f"/admin/services/{service_id}/resume")
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).status == "active"
    administrator.done("DELETE", f"/admin/services/{service_id}?now=true")
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).status == "deleted"


def test_no_money_is_no_reason_to_lose_ones_data(
    kernel, shop, client, administrator, grace
) -> None:
    """A service that is charged daily is kept, and starts once its next day can be paid."""
    grace(3)
    sell_under(kernel, shop, charging=DAILY)
    service_id = open_one(kernel, shop)
    client.done("DELETE", f"/services/{service_id}")
    run_newest(kernel, service_id)
    gone = {"amount": {"amount_minor": -4990, "currency": "RUB"}, "reason": "spent"}
    administrator.done("POST", f"/admin/clients/{shop.client.id}/adjustments", gone)
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=1)
    kept = client.done("POST", f"/services/{service_id}/resume")
    assert (kept["status"], kept["deletes_on"], kept["operation"]) == ("suspended", None, None)


def test_what_was_stopped_for_want_of_money_is_kept_stopped(
    kernel, shop, client, grace, night
) -> None:
    """Else deleting and changing one's mind would be a way to run for nothing."""
    grace(30)
    service_id = open_one(kernel, shop)
    assert night(28) == {"suspended": 1}
    run_newest(kernel, service_id)
    client.done("DELETE", f"/services/{service_id}")
    kept = client.done("POST", f"/services/{service_id}/resume")
    assert (kept["status"], kept["deletes_on"], kept["operation"]) == ("suspended", None, None)
