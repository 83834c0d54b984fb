"""The nightly run over services that fall due: renewed, stopped, started again, deleted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from tests.business_days import night, work
from tests.factories import (
    FakeModule,
    Shop,
    give,
    invoice_renewal,
    make_kernel,
    make_method,
    make_shop,
    money_of,
    open_one,
    open_tasks,
    operation_of,
    pay,
    sell_under,
    service_of,
)

from billing_hookspecs import Capability, Money, UpstreamRefusedError
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.parking import park_excessive
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.running import FutureRunError, carry_out, start_run
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.domain.lifetimes import deleted_on
from billing_kernel.domain.tariffs import TariffPolicies
from billing_kernel.models import (
    BilledPeriod,
    Client,
    Invoice,
    PaymentMethod,
    ProductTypeSettings,
    Run,
    Service,
    TariffPlan,
    Task,
)
from billing_kernel.settings import Settings

EXPIRY = date(2026, 2, 28)
"""A Saturday."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 31, 12, tzinfo=UTC))


@pytest.fixture
def module() -> FakeModule:
    return FakeModule()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule, clock: FixedClock) -> Iterator[Kernel]:
    made = make_kernel(settings, module, clock=clock)
    yield made
    with made.database.reading() as session:
        assert verify_ledger(session).problems == ()
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    """1000 a month; the client has 5000."""
    return make_shop(kernel, time_zone="UTC")


def renewing(kernel: Kernel, *service_ids: int) -> None:
    kernel.database.run(
        lambda session: session.execute(
            update(Service).where(Service.id.in_(service_ids)).values(auto_renewal=True)
        )
    )


def test_what_can_be_paid_is_renewed_on_its_last_day(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """AT-70: from the balance, on the expiry day, before anything is stopped; once."""
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    assert night(kernel, clock, EXPIRY - timedelta(days=1)) == {}
    assert night(kernel, clock, EXPIRY) == {"renewed": 1}
    assert service_of(kernel, service_id).expires_on == date(2026, 3, 31)
    assert money_of(kernel, shop) == (3000, 0)
    assert night(kernel, clock, EXPIRY) == {}


def test_money_for_some_renews_the_oldest_and_skips_what_does_not_fit(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Three are due and two thousand are there: the first two, and no invoice for the third."""
    ids = [open_one(kernel, shop) for _ in range(3)]
    renewing(kernel, *ids)
    assert money_of(kernel, shop) == (2000, 0)
    assert night(kernel, clock, EXPIRY) == {"renewed": 2, "suspended": 1}
    assert [service_of(kernel, each).status for each in ids] == ["active", "active", "suspended"]
    with kernel.database.reading() as session:
        assert {invoice.status for invoice in session.scalars(select(Invoice))} == {"paid"}


def test_a_stopped_service_starts_again_once_it_is_paid(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Topped up a week later, the next run renews it, and the renewal resumes it."""
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    kernel.database.run(lambda session: give(session, shop.owner, Money(-4000, "RUB"), 2))
    assert night(kernel, clock, EXPIRY) == {"suspended": 1}
    assert service_of(kernel, service_id).status == "suspended"
    kernel.database.run(lambda session: give(session, shop.owner, Money(1000, "RUB"), 3))
    assert night(kernel, clock, date(2026, 3, 7)) == {"renewed": 1}
    service = service_of(kernel, service_id)
    assert (service.status, service.expires_on) == ("active", date(2026, 4, 7))


def test_a_weekend_puts_suspension_off_where_the_tariff_says_so(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """AT-36: expired on a Saturday, kept over Sunday, stopped on Monday."""
    sell_under(kernel, shop, policies=TariffPolicies(weekend_suspension={"policy": "keep"}))
    service_id = open_one(kernel, shop)
    assert night(kernel, clock, EXPIRY) == {}
    assert night(kernel, clock, EXPIRY + timedelta(days=1)) == {}
    assert night(kernel, clock, EXPIRY + timedelta(days=2)) == {"suspended": 1}
    assert service_of(kernel, service_id).status == "suspended"


def test_nobody_is_stopped_while_their_payment_is_under_way(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """A transfer was announced: the bank may have it already."""
    service_id = open_one(kernel, shop)
    method = make_method(kernel, shop)
    pay(kernel, shop, invoice_renewal(kernel, shop, service_id).id, method.id)
    assert night(kernel, clock, EXPIRY) == {}
    assert service_of(kernel, service_id).status == "active"


def test_an_announced_transfer_that_does_not_come_protects_for_ten_days(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """To announce one costs nothing: it would be a way to be served for nothing."""
    clock.instant = datetime(2101, 1, 31, 12, tzinfo=UTC)
    service_id = open_one(kernel, shop)
    method = make_method(kernel, shop)
    clock.instant = datetime(2101, 2, 26, 12, tzinfo=UTC)
    pay(kernel, shop, invoice_renewal(kernel, shop, service_id).id, method.id)
    assert night(kernel, clock, date(2101, 3, 8)) == {}
    assert night(kernel, clock, date(2101, 3, 9)) == {"suspended": 1}


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_gateways_page_that_nobody_comes_back_from_stops_protecting_and_blocking(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Not every gateway says that a payer has left: then the balance pays, or nobody does."""
    clock.instant = datetime(2101, 1, 31, 12, tzinfo=UTC)
    left, renewed = open_one(kernel, shop), open_one(kernel, shop)
    renewing(kernel, renewed)
    method = make_method(kernel, shop)
    clock.instant = datetime(2101, 2, 28, 12, tzinfo=UTC)
    for service_id in (left, renewed):
        pay(kernel, shop, invoice_renewal(kernel, shop, service_id).id, method.id)
    # Of a gateway, and one that tells nothing.
    kernel.database.run(
        lambda session: session.execute(update(PaymentMethod).values(driver="away"))
    )
    assert night(kernel, clock, date(2101, 3, 10)) == {}
    assert night(kernel, clock, date(2101, 3, 11)) == {"renewed": 1, "suspended": 1}


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_announcing_transfers_again_and_again_gains_no_day(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Ten days after its end a service is stopped; what is announced then still saves its data."""
    sell_under(kernel, shop, auto_deletion_days=15)
    clock.instant = datetime(2101, 1, 31, 12, tzinfo=UTC)
    service_id = open_one(kernel, shop)
    method = make_method(kernel, shop)
    for day in (date(2101, 2, 26), date(2101, 3, 7), date(2101, 3, 12)):
        clock.instant = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        pay(kernel, shop, invoice_renewal(kernel, shop, service_id).id, method.id)
        night(kernel, clock, day)
        is_over = day == date(2101, 3, 12)
        assert service_of(kernel, service_id).status == ("suspended" if is_over else "active")
    assert "deleted" not in night(kernel, clock, date(2101, 3, 22))
    assert night(kernel, clock, date(2101, 3, 23)) == {"deleted": 1}


@pytest.mark.parametrize(
    ("of_tariff", "of_product_type", "deleted"),
    [
        pytest.param(5, 2, date(2026, 3, 5), id="AT-35-the-tariff-decides"),
        pytest.param(None, 2, date(2026, 3, 2), id="AT-35-else-the-product-type"),
        pytest.param(None, None, None, id="AT-35-else-nothing-is-deleted"),
    ],
)
def test_expired_services_are_deleted_by_tariff_product_type_or_never(
    kernel: Kernel,
    clock: FixedClock,
    shop: Shop,
    of_tariff: int | None,
    of_product_type: int | None,
    deleted: date | None,
) -> None:
    """Counted from the expiry date; by the first run of that day, and not a day before."""
    sell_under(kernel, shop, auto_deletion_days=of_tariff)

    def settle(session: Session) -> None:
        session.add(
            ProductTypeSettings(
                key="thing", auto_deletion_days=of_product_type, weekend_suspension=True
            )
        )

    kernel.database.run(settle)
    service_id = open_one(kernel, shop)
    assert deleted_on(EXPIRY, of_tariff, of_product_type) == deleted
    assert night(kernel, clock, EXPIRY) == {"suspended": 1}
    if deleted is None:
        assert night(kernel, clock, EXPIRY + timedelta(days=3650)) == {}
        return
    assert night(kernel, clock, deleted - timedelta(days=1)) == {"announced": 1}
    assert night(kernel, clock, deleted) == {"deleted": 1}
    assert service_of(kernel, service_id).status == "deleted"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_nothing_that_runs_is_deleted(kernel: Kernel, clock: FixedClock, shop: Shop) -> None:
    """Due on the Saturday that the weekend keeps it: stopped on Monday, deleted the night after."""
    policies = TariffPolicies(weekend_suspension={"policy": "keep"})
    sell_under(kernel, shop, policies=policies, auto_deletion_days=0)
    service_id = open_one(kernel, shop)
    nights = [night(kernel, clock, EXPIRY + timedelta(days=late)) for late in range(4)]
    assert nights == [{}, {}, {"suspended": 1}, {"deleted": 1}]
    assert service_of(kernel, service_id).status == "deleted"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_what_its_driver_cannot_stop_runs_until_it_is_deleted(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """No night counts that as a failure."""
    sell_under(kernel, shop, policies=TariffPolicies(), auto_deletion_days=2)
    service_id = open_one(kernel, shop)
    module: Any = kernel.extensions.processing_modules.find("fake")
    module.capabilities = frozenset({Capability.RENEW})
    nights = [night(kernel, clock, EXPIRY + timedelta(days=late)) for late in range(3)]
    assert nights == [{"announced": 1}, {}, {"deleted": 1}]
    assert service_of(kernel, service_id).status == "deleted"


def test_a_dry_run_says_what_it_would_charge_and_does_nothing(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Looked at before the first night of a new tariff."""
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    assert night(kernel, clock, EXPIRY, is_dry=True) == {"renewed": 1, "suspended": 1}
    with kernel.database.reading() as session:
        [run] = session.scalars(select(Run))
        [line] = run.would_charge
        assert (line["service_id"], line["total"]["amount_minor"]) == (service_id, 1000)
    assert service_of(kernel, service_id).expires_on == EXPIRY
    assert money_of(kernel, shop) == (4000, 0)


def test_several_runs_at_once_do_everything_once(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Four at the same moment: each service is renewed or stopped by one of them."""
    kernel.database.run(lambda session: give(session, shop.owner, Money(10_000, "RUB"), 2))
    ids = [open_one(kernel, shop) for _ in range(8)]
    renewing(kernel, *ids[:5])
    before = money_of(kernel, shop)[0]
    clock.instant = datetime(2026, 2, 28, 12, tzinfo=UTC)
    runs = [
        kernel.database.run(lambda session: start_run(session, kernel, is_queued=False)).id
        for _ in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda run_id: carry_out(kernel, run_id), runs))
    assert sum(run.counts["renewed"] for run in done) == 5
    assert sum(run.counts["suspended"] for run in done) == 3
    work(kernel)
    assert money_of(kernel, shop) == (before - 5000, 0)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_refused_renewal_is_not_asked_for_again_while_people_look_into_it(
    kernel: Kernel, module: FakeModule, clock: FixedClock, shop: Shop
) -> None:
    """Else every night would invoice it, and the service ran on unpaid; then it is tried again."""
    sell_under(kernel, shop, auto_deletion_days=2)
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    module.answers = [UpstreamRefusedError("no")]
    assert night(kernel, clock, EXPIRY) == {"renewed": 1}
    assert money_of(kernel, shop) == (4000, 0)
    module.answers = [UpstreamRefusedError("no")]
    assert night(kernel, clock, date(2026, 3, 1)) == {"suspended": 1}
    assert night(kernel, clock, date(2026, 3, 2)) == {}
    renewal, suspension = (task.id for task in open_tasks(kernel))
    complete(kernel, suspension)
    assert night(kernel, clock, date(2026, 3, 3)) == {"suspended": 1}
    assert night(kernel, clock, date(2026, 3, 4)) == {}
    complete(kernel, renewal)
    assert night(kernel, clock, date(2026, 3, 5)) == {"renewed": 1}
    service = service_of(kernel, service_id)
    assert (service.status, service.expires_on) == ("active", date(2026, 4, 5))


def complete(kernel: Kernel, task_id: int) -> None:
    is_it = Task.id == task_id
    kernel.database.run(
        lambda session: session.execute(update(Task).where(is_it).values(status="done"))
    )


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_second_run_does_not_count_what_the_first_one_began(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Paid and still under way, two renewals are two charges: four would park the client."""
    ids = [open_one(kernel, shop) for _ in range(2)]
    renewing(kernel, *ids)
    clock.instant = datetime(2026, 2, 28, 12, tzinfo=UTC)
    kernel.database.run(
        lambda session: session.execute(update(Client).values(charges_per_run_max=2))
    )
    run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False))
    assert carry_out(kernel, run.id).counts["renewed"] == 2
    assert not kernel.database.run(lambda session: park_excessive(session, kernel, ids[0], EXPIRY))


def test_one_that_fails_leaves_the_others_alone(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Its tariff names a policy that isn't installed any more; the rest of the night goes on."""
    broken = open_one(kernel, shop)
    fine = open_one(kernel, shop)
    renewing(kernel, broken, fine)
    policies = TariffPolicies(weekend_suspension={"policy": "of_a_lost_plugin"})
    sell_under(kernel, shop, policies=policies)

    def move(session: Session) -> None:
        lost = open_version(session, shop)
        session.get_one(Service, broken).tariff_version_id = lost
        session.get_one(Service, broken).auto_renewal = False

    kernel.database.run(move)
    assert night(kernel, clock, EXPIRY) == {"renewed": 1, "failed": 1}
    assert service_of(kernel, fine).expires_on == date(2026, 3, 31)


def open_version(session: Session, shop: Shop) -> int:
    return version_in_force(session, session.get_one(TariffPlan, shop.plan.id)).id


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_nobody_is_late_for_a_night_that_did_not_run(
    kernel: Kernel, clock: FixedClock, shop: Shop, alone: bool
) -> None:
    """The money was there, and we weren't: no fee, and no day that nobody pays for."""
    half = {"policy": "percent", "percent": "50"}
    sell_under(kernel, shop, policies=TariffPolicies(late_renewal_fee=half))
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    if alone:
        # One with an unpaid invoice isn't renewed in a page.
        invoice_renewal(kernel, shop, service_id)
    assert night(kernel, clock, EXPIRY - timedelta(days=1)) == {}
    assert night(kernel, clock, date(2026, 3, 3)) == {"renewed": 1}
    assert service_of(kernel, service_id).expires_on == date(2026, 3, 31)
    assert money_of(kernel, shop) == (3000, 0)


def test_a_run_is_not_for_the_future(kernel: Kernel, clock: FixedClock, shop: Shop) -> None:
    """A day that hasn't come has nothing due."""
    with pytest.raises(FutureRunError, match="2026-03-01 hasn't come yet"):
        night(kernel, clock, EXPIRY, as_of=date(2026, 3, 1))


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_day_that_began_in_the_east_is_not_charged_in_the_west(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """Asked for by its date, a run leaves those alone whose clocks still show the day before."""
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    make_shop(kernel, time_zone="Pacific/Auckland", email="kiwi@client.test")
    clock.instant = datetime(2026, 2, 27, 12, tzinfo=UTC)
    run = kernel.database.run(
        lambda session: start_run(session, kernel, is_queued=False, as_of=EXPIRY)
    )
    assert carry_out(kernel, run.id).counts["renewed"] == 0
    assert night(kernel, clock, EXPIRY, as_of=EXPIRY) == {"renewed": 1}


def test_two_years_of_a_monthly_service_have_no_gap(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """From January 31st: it expires on the last days of short months and on the 31st of long."""
    kernel.database.run(lambda session: give(session, shop.owner, Money(50_000, "RUB"), 2))
    service_id = open_one(kernel, shop)
    renewing(kernel, service_id)
    expiries = []
    for _ in range(24):
        due = service_of(kernel, service_id).expires_on
        assert due is not None
        expiries.append(due)
        assert night(kernel, clock, due) == {"renewed": 1}
    assert expiries[:4] == [EXPIRY, date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    assert expiries[12] == date(2027, 2, 28)
    with kernel.database.reading() as session:
        days = session.scalars(select(BilledPeriod).order_by(BilledPeriod.start_on)).all()
        assert all(one.end_on == other.start_on for one, other in pairwise(days))
        assert len(days) == 25
        assert operation_of(kernel, service_id).state == "done"
        assert days[0].start_on == date(2026, 1, 31)


def test_one_that_its_page_trips_over_is_the_only_one_that_fails(
    kernel: Kernel, clock: FixedClock, shop: Shop
) -> None:
    """The database refuses one row of a page: all others are billed all the same."""
    ids = [open_one(kernel, shop) for _ in range(3)]
    renewing(kernel, *ids)
    kernel.database.run(lambda session: refuse_renewal_of(session, ids[1]))
    assert night(kernel, clock, EXPIRY) == {"renewed": 2, "suspended": 1, "failed": 1}
    assert [service_of(kernel, each).expires_on == EXPIRY for each in ids] == [False, True, False]


def refuse_renewal_of(session: Session, service_id: int) -> None:
    """Let the schema refuse whatever is to be done upstream for a service."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(
            text(
                f"CREATE TRIGGER refuse_one BEFORE INSERT ON operations "
                f"WHEN NEW.kind = 'renew' AND NEW.service_id = {service_id} "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )
    else:
        check = f"CHECK (kind <> 'renew' OR service_id <> {service_id}) NOT VALID"
        session.execute(text(f"ALTER TABLE operations ADD CONSTRAINT refuse_one {check}"))


def test_a_dry_run_lists_some_lines_and_counts_them_all(
    kernel: Kernel, clock: FixedClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a million lines would help nobody, and fill the memory."""
    monkeypatch.setattr("billing_kernel.application.counting.LISTED_MAX", 2)
    renewing(kernel, *(open_one(kernel, shop) for _ in range(3)))
    night(kernel, clock, EXPIRY, is_dry=True)
    with kernel.database.reading() as session:
        [run] = session.scalars(select(Run))
        assert (len(run.would_charge), run.would_charge_count) == (2, 3)
