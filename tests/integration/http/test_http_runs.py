"""Nightly runs over HTTP and from the command line."""

import json
from datetime import timedelta
from typing import cast

from sqlalchemy import update
from tests.factories import NOON, open_one, operation_of, service_of

from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.running import run_nightly
from billing_kernel.clock import FixedClock
from billing_kernel.messaging.scheduler import Scheduler
from billing_kernel.models import Service


def let_expire(kernel, service_id: int) -> None:
    kernel.database.run(
        lambda session: session.execute(
            update(Service).where(Service.id == service_id).values(auto_renewal=True)
        )
    )
    cast(FixedClock, kernel.clock).instant = NOON + timedelta(days=28)


def test_a_run_is_started_watched_and_harmless_to_repeat(kernel, shop, administrator) -> None:
    """The progress is there for a frontend to draw; the second run finds nothing due."""
    service_id = open_one(kernel, shop)
    let_expire(kernel, service_id)
    run = administrator.send("POST", "/admin/runs", {"kind": "nightly"})
    assert run.status_code == 202
    assert (run.json()["status"], run.json()["done"]) == ("queued", 0)
    for _ in range(2):
        run_nightly(kernel, run.json()["id"])
    shown = administrator.done("GET", f"/admin/runs/{run.json()['id']}")
    assert (shown["status"], shown["done"], shown["counts"]["renewed"]) == ("done", 1, 1)
    assert "would_charge" not in shown
    run_operation(kernel, operation_of(kernel, service_id).id)
    assert str(service_of(kernel, service_id).expires_on) == "2026-03-31"
    again = administrator.done("POST", "/admin/runs", {"kind": "nightly"})
    run_nightly(kernel, again["id"])
    again = administrator.done("GET", f"/admin/runs/{again['id']}")
    assert (again["total"], again["counts"]["renewed"]) == (0, 0)
    assert [each["id"] for each in administrator.done("GET", "/admin/runs")["items"]] == [
        again["id"],
        shown["id"],
    ]


def test_the_schedule_says_when_nights_begin_and_who_sees_to_it(
    kernel, shop, administrator
) -> None:
    """Without a leader nothing begins: an operator has to see that."""
    path = "/admin/schedule"
    assert administrator.done("GET", path) == {
        "leader": None,
        "last_begun_at": {"nightly": None, "books": None, "reconciliation": None},
        "next_at": "2026-01-31T21:10:00Z",
    }
    Scheduler(kernel, lambda _kernel: 0).look()
    shown = administrator.done("GET", path)
    assert shown["last_begun_at"]["nightly"] == "2026-01-31T12:00:00Z"
    assert shown["leader"]["process"]


def test_a_dry_run_lists_what_would_be_charged(kernel, shop, administrator) -> None:
    """Nothing is charged by looking."""
    service_id = open_one(kernel, shop)
    let_expire(kernel, service_id)
    run = administrator.done("POST", "/admin/runs", {"kind": "nightly", "dry_run": True})
    run_nightly(kernel, run["id"])
    [line] = administrator.done("GET", f"/admin/runs/{run['id']}")["would_charge"]
    assert (line["service_id"], line["total"]["amount_minor"]) == (service_id, 1000)
    assert json.dumps(line)
    assert str(service_of(kernel, service_id).expires_on) == "2026-02-28"


def test_a_run_for_tomorrow_is_refused(shop, administrator, client) -> None:
    """So is one for a day before all others; and clients have nothing to do with runs."""
    body = {"kind": "nightly", "as_of": "2026-02-01"}
    refused = administrator.post("/admin/runs", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "run.in_future")
    refused = administrator.post("/admin/runs", {"kind": "nightly", "as_of": "0001-01-01"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/as_of")
    assert client.post("/admin/runs", {"kind": "nightly"}).status_code == 403
