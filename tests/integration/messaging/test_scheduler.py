"""One process leads: it sweeps, and begins what is due at its hour."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import cast

import pytest
from sqlalchemy import select, update
from tests.factories import FakeModule, make_kernel, make_shop, open_one

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.leading import lead, resign
from billing_kernel.application.scheduling import begin_due_jobs, check_books
from billing_kernel.clock import FixedClock
from billing_kernel.messaging.scheduler import Scheduler
from billing_kernel.messaging.worker import Worker
from billing_kernel.models import Leader, LedgerAccount, Run, Service, Task, wall_clock
from billing_kernel.settings import Settings

EVENING = datetime(2026, 3, 1, 20, tzinfo=UTC)


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    night_in_tokyo = replace(settings, nightly_at=time(3, 30))
    built = make_kernel(night_in_tokyo, FakeModule(), clock=FixedClock(EVENING))
    yield built
    built.database.close()


def runs(kernel: Kernel) -> int:
    with kernel.database.reading() as session:
        return len(session.scalars(select(Run)).all())


def let_pass(kernel: Kernel, **passed: float) -> None:
    cast(FixedClock, kernel.clock).instant += timedelta(**passed)


def test_one_leads_until_it_resigns_or_its_lease_ends(kernel: Kernel) -> None:
    """Two sweepers do no harm, but twenty would be a load for nothing."""
    database = kernel.database
    assert lead(database, "job", "first", 60)
    assert not lead(database, "job", "second", 60)
    assert lead(database, "other job", "second", 60)
    assert lead(database, "job", "first", 60)
    resign(database, "job", "second")
    assert not lead(database, "job", "second", 60)
    resign(database, "job", "first")
    assert lead(database, "job", "second", 60)
    database.run(
        lambda session: session.execute(
            update(Leader).where(Leader.owner == "second").values(until=wall_clock())
        )
    )
    assert lead(database, "job", "third", 60)
    assert not lead(database, "job", "second", 60)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_leader_whose_clock_was_ahead_does_not_lead_for_ever(kernel: Kernel) -> None:
    """Its process is long gone, and its lease would last until the clock is there again."""
    database, years = kernel.database, timedelta(days=400)
    assert lead(database, "job", "first", 60)
    ahead = update(Leader).values(until=wall_clock() + years)
    database.run(lambda session: session.execute(ahead))
    assert lead(database, "job", "second", 60)
    assert not lead(database, "job", "first", 60)


def test_of_many_that_want_to_lead_one_does(kernel: Kernel) -> None:
    """Also when all of them ask in the same moment."""
    with ThreadPoolExecutor(8) as pool:
        leading = pool.map(lambda name: lead(kernel.database, "job", str(name), 60), range(8))
    assert sum(leading) == 1


def test_who_does_not_lead_sweeps_nothing(kernel: Kernel) -> None:
    """The next one takes over when the first one says that it ends."""
    swept: list[str] = []
    first = Scheduler(kernel, lambda _kernel: swept.append("first") or 0)
    second = Scheduler(kernel, lambda _kernel: swept.append("second") or 0)
    for scheduler in (first, second, first):
        scheduler.look()
    assert swept == ["first", "first"]
    first.resign()
    second.look()
    assert swept == ["first", "first", "second"]


def test_the_night_begins_at_its_hour_of_each_provider_once(kernel: Kernel) -> None:
    """At half past three of the provider's day, however often and by whom it is looked."""
    make_shop(kernel, time_zone="Asia/Tokyo")
    assert (begin_due_jobs(kernel), runs(kernel)) == ([], 0)
    let_pass(kernel, hours=22, minutes=29)
    assert (begin_due_jobs(kernel), runs(kernel)) == ([], 0)
    let_pass(kernel, minutes=1)
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda _: begin_due_jobs(kernel), range(4)))
    assert sorted(name for names in begun for name in names) == [
        "books",
        "nightly",
        "reconciliation",
    ]
    assert (begin_due_jobs(kernel), runs(kernel)) == ([], 1)


def test_missed_nights_are_made_up_for_by_one(kernel: Kernel) -> None:
    """After a week of downtime one run does what seven would have."""
    make_shop(kernel)
    begin_due_jobs(kernel)
    let_pass(kernel, days=7)
    begin_due_jobs(kernel)
    assert (begin_due_jobs(kernel), runs(kernel)) == ([], 1)


def test_a_worker_does_the_night_by_itself(kernel: Kernel, eventually) -> None:
    """Nobody has to call anything: a served installation renews what is due."""
    shop = make_shop(kernel, time_zone="UTC")
    service_id = open_one(kernel, shop)
    kernel.database.run(
        lambda session: session.execute(
            update(Service).where(Service.id == service_id).values(auto_renewal=True)
        )
    )
    begin_due_jobs(kernel)
    let_pass(kernel, days=31)
    worker = Worker(kernel)
    worker.start()

    def is_renewed() -> bool:
        with kernel.database.reading() as session:
            expires_on = session.get_one(Service, service_id).expires_on
        return expires_on is not None and expires_on > kernel.clock.now().date()

    try:
        eventually(is_renewed)
    finally:
        worker.stop()


def test_books_that_do_not_hold_are_a_task(kernel: Kernel) -> None:
    """Found by the next night, by somebody who can look; and gone once they hold again."""
    make_shop(kernel)

    def gain_from_nowhere(amount_minor: int) -> None:
        gain = update(LedgerAccount).values(
            balance_minor=LedgerAccount.balance_minor + amount_minor
        )
        kernel.database.run(lambda session: session.execute(gain))

    def tasks() -> list[str]:
        check_books(kernel)
        with kernel.database.reading() as session:
            return [task.status for task in session.scalars(select(Task))]

    assert tasks() == []
    gain_from_nowhere(1)
    assert (tasks(), tasks()) == (["open"], ["open"])
    gain_from_nowhere(-1)
    assert tasks() == ["done"]
