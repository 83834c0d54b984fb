"""What services that are charged daily cost, over HTTP, and clients that are parked."""

from datetime import timedelta
from typing import cast

import pytest
from tests.factories import NOON, open_one, sell_under

from billing_kernel.application.parking import park
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.clock import FixedClock
from billing_kernel.models import Client

SPREAD = {"policy": "daily", "by_order_period": True}


@pytest.fixture
def service_id(kernel, shop) -> int:
    """1000 over a month; opened on January 31st."""
    sell_under(kernel, shop, charging=SPREAD)
    return open_one(kernel, shop)


def night(kernel, **how):
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=2)
    run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False, **how))
    return carry_out(kernel, run.id)


def test_each_day_is_on_the_statement_and_explains_itself(
    kernel, shop, service_id, client, administrator, stranger
) -> None:
    """Without an invoice a client must still see which day cost what, and why."""
    looked = night(kernel, is_dry=True)
    assert [each["total"]["amount_minor"] for each in looked.would_charge] == [33, 33]
    assert looked.would_charge[0]["description"] == "Thing: mine, 2026-02-01"
    night(kernel)
    assert client.done("GET", f"/services/{service_id}")["charged_until"] == "2026-02-03"
    days = client.done("GET", f"/services/{service_id}/daily-charges")["items"]
    assert [day["period"]["start_on"] for day in days] == ["2026-02-02", "2026-02-01"]
    newest = client.done("GET", "/ledger-entries")["items"][0]
    assert (newest["kind"], newest["daily_charge_id"]) == ("charge", days[0]["id"])
    assert newest["amount"] == {"amount_minor": -33, "currency": "RUB"}
    path = f"/services/{service_id}/daily-charges/{days[0]['id']}/explanation"
    for reader, prefix in ((client, ""), (administrator, "/admin")):
        [line] = reader.done("GET", prefix + path)["items"]
        assert line["same"] is True
        assert line["stored"]["net"]["amount_minor"] == 33
        assert line["stored"]["explanation"][0]["inputs"]["day"] == 3
    assert stranger.get(path).status_code == 404
    billed = administrator.done("GET", f"/admin/services/{service_id}/billed-periods")["items"]
    assert [row["daily_charge_id"] for row in billed] == [None, days[1]["id"], days[0]["id"]]
    listed = administrator.done("GET", f"/admin/services/{service_id}/daily-charges")["items"]
    assert listed == days


def test_a_parked_client_is_shown_and_released(
    kernel, shop, service_id, client, administrator
) -> None:
    """People see who waits for them and why; once they have looked, nights go on."""
    path = f"/admin/clients/{shop.client.id}"

    def stop(session) -> None:
        park(session, kernel, session.get_one(Client, shop.client.id), "too much")

    kernel.database.run(stop)
    assert night(kernel).counts["charged"] == 0
    parked = administrator.done("GET", "/admin/clients?is_parked=true")["items"]
    assert [each["parked_reason"] for each in parked] == ["too much"]
    assert "parked_at" not in client.done("GET", "/me")
    released = administrator.done("POST", f"{path}/release", {"charges_per_run_max": 5000})
    assert (released["parked_at"], released["charges_per_run_max"]) == (None, 5000)
    again = administrator.post(f"{path}/release", {})
    assert (again.status_code, again.json()["code"]) == (409, "client.not_parked")
    assert client.post(f"{path}/release", {}).status_code == 403
    assert night(kernel).counts["charged"] == 1
    names = [each["name"] for each in administrator.done("GET", "/admin/events")["items"]]
    assert {"ClientParked", "ClientReleased"} <= set(names)
