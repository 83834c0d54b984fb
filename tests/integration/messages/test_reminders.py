"""Nightly runs remind clients before their services expire and before they are deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import select, update
from tests.factories import (
    Shop,
    buy,
    give,
    make_shop,
    money_of,
    open_one,
    sell_under,
)

from billing_hookspecs import Money
from billing_kernel.application.configuring import configure_service
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.prompting import due_for_low_balance
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.clock import FixedClock
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import (
    Event,
    Message,
    ProductTypeSettings,
    Provider,
    Reminder,
    Service,
    TariffPlan,
)

Work = Callable[..., None]
Written = Callable[[], list[Message]]


def night(kernel: Kernel, month: int, day: int, **how: Any) -> dict[str, int]:
    cast(FixedClock, kernel.clock).instant = datetime(2026, month, day, 12, tzinfo=UTC)
    run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False, **how))
    counts = carry_out(kernel, run.id).counts
    return {name: count for name, count in counts.items() if count}


def set_columns(kernel: Kernel, model: type[Any], **columns: Any) -> None:
    kernel.database.run(lambda session: session.execute(update(model).values(**columns)))


def test_a_service_is_reminded_of_until_it_is_deleted(
    kernel: Kernel, shop: Shop, work: Work, written: Written
) -> None:
    """Three times before it expires, when it is stopped, and before it is deleted."""
    open_one(kernel, shop)
    suggested = ProductTypeSettings(key="thing", auto_deletion_days=14, weekend_suspension=True)
    kernel.database.run(lambda session: session.add(suggested))
    assert [night(kernel, 2, day) for day in (20, 21, 21, 25, 27)] == [
        {},
        {"reminded": 1},
        {},
        {"reminded": 1},
        {"reminded": 1},
    ]
    work()
    assert night(kernel, 2, 28) == {"suspended": 1}
    work()
    assert [night(kernel, 3, day) for day in (11, 12, 14)] == [
        {"announced": 1},
        {},
        {"deleted": 1},
    ]
    work()
    told = [(message.event, message.subject.replace("\xa0", " ")) for message in written()]
    assert told == [
        ("ServiceOpened", "The service is ready for use: mine"),
        *[("ServiceExpiring", "mine expires on February 28, 2026")] * 3,
        ("ServiceSuspended", "Suspended: mine"),
        ("ServiceDeletionDue", "mine will be deleted on March 14, 2026"),
        ("ServiceDeleted", "Deleted: mine"),
    ]
    first = " ".join(written()[1].body.split())
    assert "which is in 7 days. Renewing it costs RUB 10.00." in first


def test_whoever_renews_by_themselves_is_reminded_only_without_the_money(
    kernel: Kernel, shop: Shop
) -> None:
    """Each stage looks at the balance as it is then."""
    open_one(kernel, shop)
    set_columns(kernel, Service, auto_renewal=True)
    assert money_of(kernel, shop) == (4000, 0)
    assert night(kernel, 2, 21) == {}
    for _ in range(4):
        open_one(kernel, shop)
    assert money_of(kernel, shop) == (0, 0)
    assert night(kernel, 2, 25) == {"reminded": 1}


def looked_at(kernel: Kernel, today: date) -> list[int]:
    """The services whose clients a night may have to tell of their balances."""
    with kernel.database.reading() as session:
        return list(session.scalars(select(Service.id).where(*due_for_low_balance(today))))


def test_whoever_is_charged_daily_is_told_before_the_money_ends(
    kernel: Kernel, work: Work, written: Written
) -> None:
    """All services of a client count together; once a stage, and anew when it runs low again."""
    shop = make_shop(kernel, balance_minor=2000)
    price = {"amount_minor": 100, "currency": "RUB"}
    terms = (PriceTerm(1, Money(3000, "RUB")),)
    sell_under(kernel, shop, charging={"policy": "daily", "price": price}, prices=terms)
    first, _ = open_one(kernel, shop), open_one(kernel, shop)
    told = {"charged": 2, "warned_of_balance": 1}
    # after the nights there is money for 8, 7, 7 and 3 more days
    assert (night(kernel, 2, 1), looked_at(kernel, date(2026, 2, 1))) == ({"charged": 2}, [])
    assert (night(kernel, 2, 2), looked_at(kernel, date(2026, 2, 2))) == (told, [first])
    assert [night(kernel, 2, day) for day in (2, 6)] == [{}, told]
    work()
    low = [message for message in written() if message.event == "BalanceRanLow"]
    subjects = [message.subject.replace("\xa0", " ") for message in low]
    assert subjects == ["Your balance is enough until February 10, 2026"] * 2
    body = low[0].body.replace("\xa0", " ")
    assert "Your balance of RUB 14.00 is low: your services cost RUB 2.00 a day." in body
    kernel.database.run(lambda session: give(session, shop.owner, Money(2000, "RUB"), 2))
    assert [night(kernel, 2, day) for day in (7, 13)] == [{"charged": 2}, told]
    set_columns(kernel, Provider, reminder_days=[])
    assert night(kernel, 2, 18) == {"charged": 2}


def test_who_paid_a_quick_order_is_asked_to_configure_it(
    kernel: Kernel, shop: Shop, work: Work, written: Written
) -> None:
    """Their money waits, and they may have forgotten; not for ever, and never twice."""
    set_columns(kernel, TariffPlan, quick_order=True)
    placed = buy(kernel, shop, parameters={})
    asked = {"asked_parameters": 1}
    nights = [(2, 2), (2, 3), (2, 3), (3, 1), (3, 2), (3, 20)]
    counts = [night(kernel, month, day) for month, day in nights]
    assert counts == [{}, asked, {}, asked, asked, {}]
    work()
    assert [message.subject for message in written()] == ["Thing waits for you"] * 3
    configure = partial(configure_service, kernel=kernel, client_id=shop.client.id)
    service_id, parameters = placed.services[0].id, {"name": "mine"}
    kernel.database.run(
        lambda session: configure(session, service_id=service_id, parameters=parameters)
    )
    assert night(kernel, 4, 20) == {}


def test_a_provider_says_when(kernel: Kernel, shop: Shop) -> None:
    """And may want none at all. A run that only looks counts who would be, and reminds nobody."""
    open_one(kernel, shop)
    set_columns(kernel, Provider, reminder_days=[3])
    assert night(kernel, 2, 21) == {}
    assert night(kernel, 2, 25, is_dry=True) == {"reminded": 1}
    assert night(kernel, 2, 25) == {"reminded": 1}
    set_columns(kernel, Provider, reminder_days=[])
    assert night(kernel, 2, 27) == {}


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_runs_at_once_remind_once(kernel: Kernel, shop: Shop) -> None:
    """Several machines may have a night of their own."""
    for _ in range(3):
        open_one(kernel, shop)
    cast(FixedClock, kernel.clock).instant = datetime(2026, 2, 21, 12, tzinfo=UTC)
    runs = [
        kernel.database.run(lambda session: start_run(session, kernel, is_queued=False)).id
        for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda run_id: carry_out(kernel, run_id), runs))
    assert sum(run.counts["reminded"] for run in done) == 3
    assert not any(run.counts.get("failed") for run in done)
    with kernel.database.reading() as session:
        assert len(session.scalars(select(Reminder)).all()) == 3
        told = session.scalars(select(Event).where(Event.name == "ServiceExpiring")).all()
    assert [event.facts["days_left"] for event in told] == [7, 7, 7]
