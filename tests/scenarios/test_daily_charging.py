"""Services that are charged day by day: into debt, over weekends, through suspensions, back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from tests.addons import DISK
from tests.business_days import night, work
from tests.factories import (
    FakeModule,
    Shop,
    give,
    make_kernel,
    make_method,
    make_shop,
    money_of,
    open_one,
    open_tasks,
    pay,
    place,
    sell_under,
    service_of,
    with_plan,
)

from billing_hookspecs import Money, OperationKind
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.altering import ChangeAddons, ChangeCommand, ask_for_change
from billing_kernel.application.catching_up import catch_up, charge_due
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.application.closing import CLIENT, act_on_service
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.parking import release
from billing_kernel.application.paying import cancel_payment
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.domain.ledger import InsufficientFundsError
from billing_kernel.domain.tariffs import PeriodNotSoldError, PriceTerm, TariffPolicies
from billing_kernel.models import (
    BilledPeriod,
    Client,
    DailyCharge,
    LedgerAccount,
    LedgerEntry,
    OutboxMessage,
    Service,
    TariffPlan,
)
from billing_kernel.settings import Settings

FIRST = date(2026, 1, 5)
"""A Monday."""

TEN_A_DAY = {"policy": "daily", "price": {"amount_minor": 10, "currency": "RUB"}}
KEPT = TariffPolicies(weekend_suspension={"policy": "keep"})


on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
"""For stories whose decisions are the same on either database."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 5, 12, tzinfo=UTC))


@pytest.fixture
def kernel(settings: Settings, clock: FixedClock) -> Iterator[Kernel]:
    made = make_kernel(replace(settings, charges_per_run_max=100), FakeModule(), clock=clock)
    yield made
    with made.database.reading() as session:
        assert verify_ledger(session).problems == ()
    made.database.close()


def opened(kernel: Kernel, money: int, **terms: Any) -> tuple[Shop, int]:
    """A service that was opened on the first day, and a client with so much money before."""
    shop = make_shop(kernel, time_zone="UTC", balance_minor=money)
    sell_under(kernel, shop, **{"charging": TEN_A_DAY, **terms})
    return shop, open_one(kernel, shop)


def nights(kernel: Kernel, clock: FixedClock, first: date, count: int) -> None:
    for number in range(count):
        night(kernel, clock, first + timedelta(days=number))


def ask(kernel: Kernel, service_id: int, kind: OperationKind, asked_by: str = CLIENT) -> None:
    kernel.database.run(
        lambda session: act_on_service(session, kernel, service_id, kind, asked_by=asked_by)
    )
    work(kernel)


def top_up(kernel: Kernel, shop: Shop, minor: int, number: int = 2) -> None:
    """Money comes, and workers do what follows."""
    kernel.database.run(lambda session: give(session, shop.owner, Money(minor, "RUB"), number))
    with kernel.database.reading() as session:
        newest = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1)
        message = session.scalars(newest).one()
    assert (message.actor, message.arguments) == ("catch_up", {"client_id": shop.client.id})
    catch_up(kernel, shop.client.id)
    work(kernel)


def lend(kernel: Kernel, shop: Shop, minor: int) -> None:
    kernel.database.run(
        lambda session: session.execute(
            update(LedgerAccount)
            .where(LedgerAccount.kind == "client_balance")
            .values(credit_limit_minor=minor)
        )
    )


def days_of(kernel: Kernel, service_id: int) -> dict[date, int]:
    """Every day that is billed, with its price; fails where one is billed twice."""
    found: dict[date, int] = {}
    with kernel.database.reading() as session:
        rows = session.scalars(
            select(BilledPeriod).where(
                BilledPeriod.service_id == service_id, ~BilledPeriod.reversed
            )
        ).all()
    for row in rows:
        for number in range((row.end_on - row.start_on).days):
            day = row.start_on + timedelta(days=number)
            assert row.line_no or day not in found
            found[day] = found.get(day, 0) + row.amount_minor
    return found


def test_a_month_is_charged_day_by_day(kernel: Kernel, clock: FixedClock) -> None:
    """AT-25: 31 days at 10 are 310; the first one was paid with the order."""
    shop, service_id = opened(kernel, 500)
    assert money_of(kernel, shop) == (490, 0)
    assert night(kernel, clock, FIRST) == {}
    nights(kernel, clock, FIRST + timedelta(days=1), 3)
    # Nobody ran the nights between.
    nights(kernel, clock, FIRST + timedelta(days=29), 2)
    assert days_of(kernel, service_id) == {FIRST + timedelta(days=n): 10 for n in range(31)}
    assert money_of(kernel, shop) == (190, 0)
    assert service_of(kernel, service_id).charged_until == date(2026, 2, 5)
    with kernel.database.reading() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "charge")).all()
        assert [entry.service_id for entry in entries] == [service_id] * 30
        assert entries[0].description == "Thing: mine, 2026-01-06"


@on_sqlite
def test_days_that_were_missed_are_made_up_for(kernel: Kernel, clock: FixedClock) -> None:
    """No night ran for a month: one charges all days, by nominal shares with a free last day."""
    shop, service_id = opened(kernel, 5000, charging={"policy": "daily", "by_order_period": True})
    assert money_of(kernel, shop) == (4967, 0)
    assert night(kernel, clock, date(2026, 2, 4)) == {"charged": 1}
    assert sum(days_of(kernel, service_id).values()) == 1000
    assert money_of(kernel, shop) == (4000, 0)
    with kernel.database.reading() as session:
        [*others, last] = session.scalars(select(DailyCharge).order_by(DailyCharge.start_on))
    assert (last.start_on, last.total_minor) == (date(2026, 2, 4), 0)
    assert {charge.charged_on for charge in others} == {date(2026, 2, 4)}
    assert night(kernel, clock, date(2026, 2, 4)) == {}


def test_into_debt_over_a_weekend_and_back(kernel: Kernel, clock: FixedClock) -> None:
    """Credit is used to the limit; a kept weekend is owed; money pays it before today."""
    shop, service_id = opened(kernel, 20, policies=KEPT)
    lend(kernel, shop, 30)
    nights(kernel, clock, FIRST + timedelta(days=1), 4)
    assert money_of(kernel, shop) == (-30, 0)
    assert night(kernel, clock, date(2026, 1, 10)) == {}
    assert night(kernel, clock, date(2026, 1, 11)) == {}
    assert service_of(kernel, service_id).status == "active"
    assert night(kernel, clock, date(2026, 1, 12)) == {"daily_suspended": 1}
    assert service_of(kernel, service_id).status == "suspended"
    clock.instant = datetime(2026, 1, 14, 9, tzinfo=UTC)
    top_up(kernel, shop, 15)
    assert service_of(kernel, service_id).status == "suspended"
    assert money_of(kernel, shop) == (-25, 0)
    top_up(kernel, shop, 15, 3)
    assert service_of(kernel, service_id).status == "active"
    assert money_of(kernel, shop) == (-30, 0)
    assert days_of(kernel, service_id) == {
        **{FIRST + timedelta(days=n): 10 for n in range(7)},
        date(2026, 1, 12): 0,
        date(2026, 1, 13): 0,
        date(2026, 1, 14): 10,
    }


@on_sqlite
def test_at_26_a_client_pauses_a_service(kernel: Kernel, clock: FixedClock) -> None:
    """The day of suspension is paid, the day of resuming is charged, those between are free."""
    shop, service_id = opened(kernel, 40)
    nights(kernel, clock, FIRST + timedelta(days=1), 1)
    clock.instant += timedelta(days=1)
    ask(kernel, service_id, OperationKind.SUSPEND)
    assert money_of(kernel, shop) == (10, 0)
    nights(kernel, clock, date(2026, 1, 8), 3)
    assert money_of(kernel, shop) == (10, 0)
    assert service_of(kernel, service_id).status == "suspended"
    ask(kernel, service_id, OperationKind.RESUME)
    assert money_of(kernel, shop) == (0, 0)
    assert list(days_of(kernel, service_id).values()) == [10, 10, 10, 0, 0, 10]
    ask(kernel, service_id, OperationKind.SUSPEND)
    clock.instant += timedelta(days=1)
    with pytest.raises(InsufficientFundsError, match="top it up first"):
        ask(kernel, service_id, OperationKind.RESUME)
    assert service_of(kernel, service_id).status == "suspended"


@on_sqlite
def test_at_26_a_pause_that_is_charged(kernel: Kernel, clock: FixedClock) -> None:
    """With charge_while_suspended days go on costing, as long as there is money, then are owed."""
    shop, service_id = opened(
        kernel, 30, charging={**TEN_A_DAY, "charge_while_suspended": True}, auto_deletion_days=20
    )
    ask(kernel, service_id, OperationKind.SUSPEND)
    nights(kernel, clock, FIRST + timedelta(days=1), 4)
    assert money_of(kernel, shop) == (0, 0)
    top_up(kernel, shop, 30)
    assert (service_of(kernel, service_id).status, money_of(kernel, shop)) == ("suspended", (10, 0))
    ask(kernel, service_id, OperationKind.RESUME)
    assert set(days_of(kernel, service_id).values()) == {10}
    assert service_of(kernel, service_id).charged_until == date(2026, 1, 10)


@on_sqlite
def test_nobody_is_stopped_while_their_top_up_is_under_way(
    kernel: Kernel, clock: FixedClock
) -> None:
    """A transfer to the balance was announced; one for another order pays no day."""
    shop, service_id = opened(kernel, 10)
    method = make_method(kernel, shop)
    pay(kernel, shop, place(kernel, shop).invoice.id, method.id)
    top_up_of_50 = kernel.database.run(
        lambda session: invoice_advance(session, kernel, shop.client.id, Money(50, "RUB"))
    )
    payment_id = pay(kernel, shop, top_up_of_50.id, method.id)
    assert night(kernel, clock, date(2026, 1, 6)) == {}
    kernel.database.run(lambda session: cancel_payment(session, kernel, payment_id))
    assert night(kernel, clock, date(2026, 1, 7)) == {"daily_suspended": 1}
    assert list(days_of(kernel, service_id).values()) == [10]


@on_sqlite
def test_money_starts_what_it_can_beside_one_that_has_no_price(
    kernel: Kernel, clock: FixedClock
) -> None:
    """Its tariff plan charges by a policy that is gone; the client's others don't wait for it."""
    shop, broken = opened(kernel, 20)
    fine = open_one(kernel, shop)
    assert night(kernel, clock, date(2026, 1, 6)) == {"daily_suspended": 2}
    sell_under(kernel, shop, charging={"policy": "of_a_lost_plugin"})

    def lose(session: Session) -> None:
        plan = session.get_one(TariffPlan, shop.plan.id)
        lost = version_in_force(session, plan).id
        session.get_one(Service, broken).tariff_version_id = lost

    kernel.database.run(lose)
    top_up(kernel, shop, 20)
    assert [service_of(kernel, each).status for each in (broken, fine)] == ["suspended", "active"]


@on_sqlite
def test_what_runs_out_of_money_is_deleted_in_the_end(kernel: Kernel, clock: FixedClock) -> None:
    """Counted from the first day that wasn't paid; a pause by choice isn't want of money."""
    shop, unpaid = opened(kernel, 20, auto_deletion_days=5)
    paused = open_one(kernel, shop)
    ask(kernel, paused, OperationKind.SUSPEND)
    assert night(kernel, clock, date(2026, 1, 6)) == {"daily_suspended": 1}
    assert night(kernel, clock, date(2026, 1, 10)) == {}
    assert night(kernel, clock, date(2026, 1, 11)) == {"daily_deleted": 1}
    assert service_of(kernel, unpaid).status == "deleted"
    assert service_of(kernel, paused).status == "suspended"


@on_sqlite
def test_an_administrator_may_resume_on_trust(kernel: Kernel, clock: FixedClock) -> None:
    """Without money the day stays owed, and the next night stops the service again."""
    shop, service_id = opened(kernel, 10)
    assert night(kernel, clock, date(2026, 1, 6)) == {"daily_suspended": 1}
    clock.instant = datetime(2026, 1, 8, 9, tzinfo=UTC)
    ask(kernel, service_id, OperationKind.RESUME, "administrator")
    assert service_of(kernel, service_id).status == "active"
    assert night(kernel, clock, date(2026, 1, 9)) == {"daily_suspended": 1}
    top_up(kernel, shop, 15)
    assert service_of(kernel, service_id).status == "suspended"
    assert list(days_of(kernel, service_id).values()) == [10, 0, 0, 10]


@on_sqlite
def test_a_change_counts_from_the_next_day(kernel: Kernel, clock: FixedClock) -> None:
    """It costs nothing now; days before it cost what they did, though charged only with it."""
    shop, service_id = opened(kernel, 5000, addons=(DISK,))
    clock.instant += timedelta(days=2)
    change_to(kernel, shop, service_id, ChangeAddons({"disk": 40}))
    assert list(days_of(kernel, service_id).values()) == [10, 10, 10]
    assert night(kernel, clock, date(2026, 1, 8)) == {"charged": 1}
    other = with_plan(kernel, shop, 3000)
    sell_under(kernel, other, charging={"policy": "daily", "by_order_period": True})
    change_to(kernel, shop, service_id, ChangeTariff(other.plan.id))
    assert night(kernel, clock, date(2026, 1, 9)) == {"charged": 1}
    assert list(days_of(kernel, service_id).values()) == [10, 10, 10, 10 + 600 // 30, 3000 // 30]
    longer = with_plan(kernel, shop, 3000)
    sell_under(kernel, longer, charging=TEN_A_DAY, prices=(PriceTerm(3, Money(1, "RUB")),))
    with pytest.raises(PeriodNotSoldError):
        change_to(kernel, shop, service_id, ChangeTariff(longer.plan.id))


@on_sqlite
def test_days_that_are_owed_do_not_become_cheaper(kernel: Kernel, clock: FixedClock) -> None:
    """A change to a cheap tariff plan would halve the debt, and one back would follow."""
    shop, service_id = opened(kernel, 10, charging={**TEN_A_DAY, "charge_while_suspended": True})
    cheap = with_plan(kernel, shop, 30)
    sell_under(kernel, cheap, charging={"policy": "daily", "by_order_period": True})
    clock.instant += timedelta(days=2)
    for command in (ChangeTariff(cheap.plan.id), ChangeAddons({})):
        with pytest.raises(InsufficientFundsError, match="owes its days from 2026-01-06 on"):
            change_to(kernel, shop, service_id, command)
    top_up(kernel, shop, 20)
    change_to(kernel, shop, service_id, ChangeTariff(cheap.plan.id))
    assert list(days_of(kernel, service_id).values()) == [10, 10, 10]


def change_to(kernel: Kernel, shop: Shop, service_id: int, command: ChangeCommand) -> None:
    """Change a service for its client; it costs nothing beside the days until now."""
    asked = kernel.database.run(
        lambda session: ask_for_change(session, kernel, service_id, command, shop.client.id)
    )
    assert asked.invoice is None
    work(kernel)


@on_sqlite
def test_later_periods_cost_what_a_renewal_does(kernel: Kernel, clock: FixedClock) -> None:
    """AT-23 by the day: the period that was ordered at its price, those after it at another."""
    prices = (PriceTerm(1, Money(3000, "RUB"), renewal_price=Money(2800, "RUB")),)
    _, service_id = opened(
        kernel, 9000, charging={"policy": "daily", "by_order_period": True}, prices=prices
    )
    night(kernel, clock, date(2026, 3, 4))
    days = days_of(kernel, service_id)
    ordered = [amount for day, amount in days.items() if day < date(2026, 2, 5)]
    renewed = [amount for day, amount in days.items() if day >= date(2026, 2, 5)]
    assert (sum(ordered), sum(renewed), len(renewed)) == (3000, 2800, 28)


def test_several_runs_at_once_charge_each_day_once(kernel: Kernel, clock: FixedClock) -> None:
    """Four at the same moment, three days late."""
    shop, service_id = opened(kernel, 500)
    others = [open_one(kernel, shop) for _ in range(2)]
    clock.instant = datetime(2026, 1, 8, 1, tzinfo=UTC)
    runs = [
        kernel.database.run(lambda session: start_run(session, kernel, is_queued=False)).id
        for _ in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda run_id: carry_out(kernel, run_id), runs))
    assert sum(run.counts["charged"] for run in done) == 3
    assert money_of(kernel, shop) == (500 - 3 * 4 * 10, 0)
    for each in (service_id, *others):
        assert len(days_of(kernel, each)) == 4


def test_too_many_charges_park_a_client_until_somebody_has_looked(
    kernel: Kernel, clock: FixedClock
) -> None:
    """A clock that is years ahead, or nights that never ran: others go on, a person decides."""
    shop, service_id = opened(kernel, 50_000)
    late = FIRST + timedelta(days=101)
    ending = open_one(kernel, shop)
    ask(kernel, ending, OperationKind.SUSPEND)
    kernel.database.run(
        lambda session: session.execute(
            update(Service).where(Service.id == ending).values(deletes_on=late)
        )
    )
    assert night(kernel, clock, late) == {"parked": 1}
    assert money_of(kernel, shop) == (49_980, 0)
    [task] = open_tasks(kernel)
    assert (task.kind, task.detail) == (
        "parked_client",
        "more than 100 charges on 2026-04-16: look whether that is right",
    )
    assert night(kernel, clock, late) == {}
    assert service_of(kernel, service_id).status == "active"
    kernel.database.run(lambda session: release(session, kernel, shop.client.id, 1, 101))
    assert open_tasks(kernel) == []
    assert night(kernel, clock, late) == {"charged": 1, "asked_deletion": 1}
    assert len(days_of(kernel, service_id)) == (late - FIRST).days + 1


def test_a_second_charge_for_a_day_parks_a_client(kernel: Kernel, clock: FixedClock) -> None:
    """Whatever made the days wrong: the night doesn't charge them again, nor anybody else's."""
    shop, service_id = opened(kernel, 500)
    fine = open_one(kernel, shop)
    nights(kernel, clock, FIRST + timedelta(days=1), 3)

    def forget(session: Session) -> None:
        session.get_one(Service, service_id).charged_until = FIRST + timedelta(days=2)

    def restore(session: Session) -> None:
        session.get_one(Service, service_id).charged_until = FIRST + timedelta(days=4)

    kernel.database.run(forget)
    before = money_of(kernel, shop)
    assert night(kernel, clock, FIRST + timedelta(days=4)) == {"parked": 1}
    assert not kernel.database.run(
        lambda session: charge_due(session, kernel, fine, FIRST + timedelta(days=4))
    )
    kernel.database.run(lambda session: release(session, kernel, shop.client.id, 1))
    # Past the look before the run, the database itself refuses.
    today = FIRST + timedelta(days=4)
    assert not kernel.database.run(lambda session: charge_due(session, kernel, service_id, today))
    assert money_of(kernel, shop) == before
    with kernel.database.reading() as session:
        reason = session.get_one(Client, shop.client.id).parked_reason
    assert reason == f"service {service_id} was charged already for days from 2026-01-07 on"
    kernel.database.run(restore)
