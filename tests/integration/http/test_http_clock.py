"""The test clock: time passes when it is told to, with everything that falls due."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from tests.factories import FakeModule, Shop, make_kernel, make_shop, open_one, service_of

from billing_hookspecs import Money
from billing_kernel.application import timekeeping
from billing_kernel.application.adjusting import AdjustBalance, adjust_balance
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.messaging.worker import Worker
from billing_kernel.models import Administrator, BilledPeriod, Run, Service
from billing_kernel.settings import Settings

CLOCK = "/admin/clock"

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


@pytest.fixture
def movable() -> bool:
    return True


@pytest.fixture
def kernel(settings: Settings, movable: bool) -> Iterator[Kernel]:
    """Stands at noon of January 31st, 2026."""
    made = make_kernel(replace(settings, test_clock=movable), FakeModule())
    yield made
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel, root: Administrator) -> Shop:
    """A month costs 10.00; the client has 50.00."""
    made = make_shop(kernel, balance_minor=0, time_zone="Europe/Moscow")
    gift = AdjustBalance(made.client.id, root.id, Money(5000, "RUB"), "gift")
    kernel.database.run(lambda session: adjust_balance(session, gift))
    return made


@pytest.fixture
def worker(kernel: Kernel) -> Iterator[Worker]:
    working = Worker(kernel)
    working.start()
    yield working
    working.stop()


def test_moving_the_clock_does_what_falls_due_in_order(kernel, shop, administrator, worker) -> None:
    """Half a year in one request: renewed while the money lasts, then stopped; no day missing."""
    service_id = open_one(kernel, shop)
    kernel.database.run(
        lambda session: session.execute(
            update(Service).where(Service.id == service_id).values(auto_renewal=True)
        )
    )
    assert administrator.done("GET", CLOCK) == {"now": "2026-01-31T12:00:00Z"}
    moved, again = (
        administrator.done("PUT", CLOCK, {"now": "2026-07-15T12:00:00+03:00"}) for _ in range(2)
    )
    assert "2026-07-15T09:00:00" <= moved["now"] < again["now"] < "2026-07-16"
    assert administrator.done("GET", f"/admin/runs/{moved['run_id']}")["status"] == "done"
    assert again["run_id"] is None
    assert kernel.clock.now() > datetime.fromisoformat(again["now"])
    service = service_of(kernel, service_id)
    assert (service.status, service.expires_on) == ("suspended", date(2026, 6, 30))
    with kernel.database.reading() as session:
        billed = session.execute(
            select(BilledPeriod.start_on, BilledPeriod.end_on).order_by(BilledPeriod.start_on)
        ).all()
        nights = session.scalars(select(Run.state)).all()
        assert verify_ledger(session).problems == ()
    assert len(billed) == 5
    assert all(before.end_on == after.start_on for before, after in pairwise(billed))
    assert set(nights) == {"done"}


def test_it_never_goes_back(kernel, shop, administrator, worker) -> None:
    """What has happened can't be taken back by a clock."""
    administrator.done("PUT", CLOCK, {"now": "2026-02-01T00:00:00Z"})
    refused = administrator.send("PUT", CLOCK, {"now": "2026-01-31T23:59:59Z"})
    assert (refused.status_code, refused.json()["code"]) == (409, "clock.backwards")
    refused = administrator.send("PUT", CLOCK, {"now": "2036-01-31T23:59:59Z"})
    assert (refused.status_code, refused.json()["code"]) == (422, "clock.too_far")
    refused = administrator.send("PUT", CLOCK, {"now": "2026-03-01T00:00:00"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/now")
    assert "2026-02-01T00:00:00" < administrator.done("GET", CLOCK)["now"] < "2026-02-02"


def test_without_a_worker_it_says_so(kernel, shop, administrator, monkeypatch) -> None:
    """A frontend's developer should not wait for what nobody does."""
    monkeypatch.setattr(timekeeping, "STALLED", timedelta(milliseconds=100))
    kernel.database.run(lambda session: enqueue(session, "check_books", {}))
    refused = administrator.send("PUT", CLOCK, {"now": "2026-02-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["code"]) == (409, "clock.nobody_works")
    assert administrator.done("GET", CLOCK) == {"now": "2026-01-31T12:00:00Z"}


@pytest.mark.parametrize("movable", [False])
def test_real_installations_have_no_such_clock(kernel, administrator) -> None:
    """404, as for every address that isn't there, unless the setting is on."""
    for method, body in (("GET", None), ("PUT", {"now": "2026-03-01T00:00:00Z"})):
        assert administrator.send(method, CLOCK, body).status_code == 404
