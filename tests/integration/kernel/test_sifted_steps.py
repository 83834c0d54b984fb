"""Steps of a night that look at many services together."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from tests.factories import FakeModule, Shop, make_kernel, make_shop
from tests.nights import EXPIRES_ON, Crowd, seed

from billing_kernel.application.counting import Tally
from billing_kernel.application.defaulting import change_settings
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import STEPS, Step
from billing_kernel.application.paging.claiming import PAGE, Place, spots_after
from billing_kernel.application.reminding import remind, remind_next
from billing_kernel.application.stepping import Stepper
from billing_kernel.clock import FixedClock
from billing_kernel.models import (
    Client,
    Event,
    LedgerAccount,
    OutboxMessage,
    Reminder,
    Service,
)
from billing_kernel.settings import Settings

A_WEEK_BEFORE = date(2026, 2, 21)


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    made = make_kernel(
        settings, FakeModule(), clock=FixedClock(datetime(2026, 2, 21, 12, tzinfo=UTC))
    )
    yield made
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    made = make_shop(kernel, time_zone="UTC")
    seed(kernel, made, Crowd(5))
    return made


def ids_of(kernel: Kernel) -> list[int]:
    with kernel.database.reading() as session:
        return list(session.scalars(select(Service.id).order_by(Service.id)))


def done_one_by_one(kernel: Kernel, shop: Shop, name: str, today: date) -> list[int]:
    """The services that a step leaves to be done in a transaction each."""
    seen: list[int] = []

    def note(_session: object, _kernel: object, service_id: int, _today: date) -> bool:
        seen.append(service_id)
        return False

    step = replace(next(each for each in STEPS if each.name == name), do=note)
    stepper = Stepper(kernel, Tally(), step, step.due_at(shop.provider.id, today), is_dry=False)
    for _ in stepper.stretches():
        pass
    return seen


def keep_for(kernel: Kernel, days: int | None) -> None:
    kernel.database.run(
        lambda session: change_settings(session, kernel, "thing", {"auto_deletion_days": days})
    )


@pytest.mark.parametrize("name", ["deleted", "announced"])
def test_services_that_are_kept_cost_no_transaction_each(
    kernel: Kernel, shop: Shop, name: str
) -> None:
    """They are kept for years, and looked at each night."""
    today = date(2026, 3, 12)
    keep_for(kernel, None)
    assert done_one_by_one(kernel, shop, name, today) == []
    keep_for(kernel, 12 if name == "deleted" else 14)
    assert done_one_by_one(kernel, shop, name, today) == ids_of(kernel)


class TakenBack(Exception):
    """So that the same can be done in another way."""


def written_by(kernel: Kernel, shop: Shop, *, page: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def work(session: Session) -> None:
        if page:
            step = next(each for each in STEPS if each.name == "reminded")
            due = step.due_at(shop.provider.id, A_WEEK_BEFORE)
            remind_next(session, kernel, due, Place())
        else:
            for service_id in session.scalars(select(Service.id)).all():
                remind(session, kernel, service_id, A_WEEK_BEFORE)
        session.flush()
        for name, rows in (
            ("reminders", select(Reminder.service_id, Reminder.stage, Reminder.is_given)),
            ("events", select(Event.name, Event.facts, Event.client_id)),
            ("work", select(OutboxMessage.actor, OutboxMessage.queue)),
        ):
            found[name] = sorted(map(str, session.execute(rows)))
        raise TakenBack

    with pytest.raises(TakenBack):
        kernel.database.run(work)
    return found


def test_a_page_of_reminders_writes_what_each_of_them_would(kernel: Kernel, shop: Shop) -> None:
    """One can pay, one can't, one is parked, one renews by hand, one was told already."""
    paying, poor, parked, by_hand, told = ids_of(kernel)

    def vary(session: Session) -> None:
        clients = {row.id: row.client_id for row in session.scalars(select(Service))}
        for service_id in (poor, told):
            accounts = update(LedgerAccount).where(LedgerAccount.client_id == clients[service_id])
            session.execute(accounts.values(balance_minor=999))
        session.get_one(Client, clients[parked]).parked_at = kernel.clock.now()
        session.get_one(Service, by_hand).auto_renewal = False
        session.add(Reminder(service_id=told, expires_on=EXPIRES_ON, stage="7", is_given=True))

    kernel.database.run(vary)
    found = written_by(kernel, shop, page=True)
    assert found == written_by(kernel, shop, page=False)
    assert found["reminders"] == [
        f"({paying}, '7', False)",
        f"({poor}, '7', True)",
        f"({by_hand}, '7', True)",
        f"({told}, '7', True)",
    ]
    assert [text for text in found["events"] if "ServiceExpiring" in text] == found["events"]
    assert len(found["events"]) == len([text for text in found["work"] if "notify" in text]) == 2


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step.name))
@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_sqlite_reads_no_table_from_end_to_end(kernel: Kernel, shop: Shop, step: Step) -> None:
    """A page that did would cost more with each service and each day that were ever sold."""
    due = step.due_at(shop.provider.id, EXPIRES_ON)
    asked = spots_after(due, Place()).limit(PAGE)
    statement = asked.compile(kernel.database.engine, compile_kwargs={"literal_binds": True})
    with kernel.database.reading() as session:
        rows = session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
        plan = [row[3] for row in rows]
    assert not [
        line
        for line in plan
        if line.startswith("SCAN") and "INDEX" not in line and "anon" not in line
    ], plan
    if step.name not in ("parked", "asked_deletion", "asked_parameters"):
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
