"""Renewals: the right days, paid once each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from tests.factories import (
    FakeModule,
    Shop,
    invoice_of,
    invoice_renewal,
    let_come_due,
    make_kernel,
    make_shop,
    money_of,
    open_one,
    open_tasks,
    pay,
    place,
    renew,
    run_newest,
    service_of,
)

from billing_hookspecs import (
    Money,
    OutcomeUnknownError,
    RenewService,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_kernel.application.cataloguing import change_plan, fields_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import InvoiceNotPayableError
from billing_kernel.application.renewing import (
    ExpiryMovedError,
    NotRenewableError,
    TariffEndedError,
    renew_service,
)
from billing_kernel.application.renewing import RenewService as Renewal
from billing_kernel.application.starting import OperationInProgressError
from billing_kernel.clock import FixedClock
from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.tariffs import PeriodNotSoldError, PriceTerm
from billing_kernel.models import BilledPeriod, TariffPlan
from billing_kernel.settings import Settings


def set_date(kernel: Kernel, iso: str) -> None:
    """Noon of a day."""
    assert isinstance(kernel.clock, FixedClock)
    kernel.clock.instant = datetime.fromisoformat(f"{iso}T12:00:00").replace(tzinfo=UTC)


def billed(kernel: Kernel, service_id: int) -> list[str]:
    """The periods that a service was charged for."""
    with kernel.database.reading() as session:
        rows = session.query(BilledPeriod).filter_by(service_id=service_id)
        return [f"{row.start_on} {row.end_on} {row.amount_minor}" for row in rows]


def test_a_renewal_in_time_continues_from_the_anchor_day(kernel: Kernel, shop: Shop) -> None:
    """A service of the 31st runs to the end of February and then to the 31st again."""
    service_id = open_one(kernel, shop)
    renew(kernel, shop, service_id)
    assert money_of(kernel, shop) == (3000, 1000)
    assert service_of(kernel, service_id).expires_on == date(2026, 2, 28)
    assert run_newest(kernel, service_id).state == "done"
    assert service_of(kernel, service_id).expires_on == date(2026, 3, 31)
    assert billed(kernel, service_id) == [
        "2026-01-31 2026-02-28 1000",
        "2026-02-28 2026-03-31 1000",
    ]
    assert money_of(kernel, shop) == (3000, 0)


def test_the_driver_is_told_which_day_the_renewal_should_reach(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """An upstream that counts time itself can then be compared with."""
    service_id = open_one(kernel, shop)
    renew(kernel, shop, service_id)
    run_newest(kernel, service_id)
    method, request = module.asked[-1]
    assert method == "renew_service"
    assert isinstance(request, RenewService)
    assert (request.period_months, request.expires_on) == (1, date(2026, 3, 31))
    assert request.service.paid_until == date(2026, 2, 28)
    assert request.service.upstream_id == "up-1"


@pytest.mark.parametrize(
    ("day", "start", "end", "anchor"),
    [
        ("2026-02-27", "2026-02-28", "2026-03-31", "2026-01-31"),
        ("2026-02-28", "2026-02-28", "2026-03-31", "2026-01-31"),
        ("2026-03-01", "2026-03-01", "2026-04-01", "2026-03-01"),
        ("2026-03-31", "2026-03-31", "2026-04-30", "2026-03-31"),
    ],
)
def test_a_late_renewal_begins_anew_from_today(
    kernel: Kernel, shop: Shop, day: str, start: str, end: str, anchor: str
) -> None:
    """Nobody pays for days that weren't served; the day of expiry itself is still in time."""
    service_id = open_one(kernel, shop)
    set_date(kernel, day)
    renew(kernel, shop, service_id)
    run_newest(kernel, service_id)
    service = service_of(kernel, service_id)
    assert (str(service.expires_on), str(service.anchor_on)) == (end, anchor)
    assert billed(kernel, service_id)[-1] == f"{start} {end} 1000"


def test_the_providers_midnight_decides_what_is_late(
    settings: Settings, module: FakeModule
) -> None:
    """In Moscow it is March already while it is still February in UTC."""
    clock = FixedClock(datetime(2026, 2, 28, 20, 59, 59, tzinfo=UTC))
    kernel = make_kernel(settings, module, clock=clock)
    shop = make_shop(kernel)
    clock.instant = datetime(2026, 1, 31, 12, tzinfo=UTC)
    service_id = open_one(kernel, shop)
    clock.instant = datetime(2026, 2, 28, 20, 59, 59, tzinfo=UTC)
    assert str(invoice_renewal(kernel, shop, service_id).lines[0].start_on) == "2026-02-28"
    clock.instant += timedelta(seconds=1)
    assert str(invoice_renewal(kernel, shop, service_id).lines[0].start_on) == "2026-03-01"
    kernel.database.close()


def test_a_year_of_renewals_never_drifts(kernel: Kernel) -> None:
    """Each period begins where the one before ended; every day of the year is paid once."""
    shop = make_shop(kernel, balance_minor=20000)
    service_id = open_one(kernel, shop)
    for _ in range(12):
        renew(kernel, shop, service_id)
        run_newest(kernel, service_id)
    ends = [line.split()[1] for line in billed(kernel, service_id)]
    starts = [line.split()[0] for line in billed(kernel, service_id)]
    assert starts[1:] == ends[:-1]
    assert (ends[0], ends[5], ends[-1]) == ("2026-02-28", "2026-07-31", "2027-02-28")
    assert money_of(kernel, shop) == (7000, 0)


def test_a_second_renewal_waits_for_the_first(kernel: Kernel, shop: Shop) -> None:
    """Two clicks on Renew must not buy two months by mistake."""
    service_id = open_one(kernel, shop)
    renew(kernel, shop, service_id)
    with pytest.raises(OperationInProgressError):
        invoice_renewal(kernel, shop, service_id)
    run_newest(kernel, service_id)
    renew(kernel, shop, service_id)
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).expires_on == date(2026, 4, 30)


def test_a_new_renewal_invoice_withdraws_the_unpaid_one(kernel: Kernel, shop: Shop) -> None:
    """Both could be paid otherwise, for the same days."""
    service_id = open_one(kernel, shop)
    first, second = (invoice_renewal(kernel, shop, service_id) for _ in range(2))
    assert invoice_of(kernel, first.id).status == "cancelled"
    with pytest.raises(InvoiceNotPayableError):
        pay(kernel, shop, first.id)
    pay(kernel, shop, second.id)
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).expires_on == date(2026, 3, 31)


def test_a_client_renews_what_it_saw(kernel: Kernel, shop: Shop) -> None:
    """Somebody else renewed meanwhile: the page that is still open must not do it again."""
    service_id = open_one(kernel, shop)
    stale = Renewal(service_id, 1, expected_expires_on=date(2026, 1, 31))
    with pytest.raises(ExpiryMovedError):
        kernel.database.run(lambda session: renew_service(session, kernel, stale, shop.client.id))
    fresh = Renewal(service_id, 1, expected_expires_on=date(2026, 2, 28))
    kernel.database.run(lambda session: renew_service(session, kernel, fresh, shop.client.id))


def test_a_refused_renewal_gives_its_money_back_and_keeps_the_service(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """The service runs on to the end of what was paid; nothing is billed."""
    service_id = open_one(kernel, shop)
    module.answers.append(UpstreamRefusedError("too_late"))
    renew(kernel, shop, service_id)
    assert run_newest(kernel, service_id).state == "refused"
    service = service_of(kernel, service_id)
    assert (service.status, service.expires_on) == ("active", date(2026, 2, 28))
    assert money_of(kernel, shop) == (4000, 0)
    assert len(billed(kernel, service_id)) == 1
    (task,) = open_tasks(kernel)
    assert task.title == f"Renew of {service.name} was refused"


def test_a_renewal_whose_answer_was_lost_extends_once(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """The look-up finds it; neither the upstream nor the client pays twice."""
    service_id = open_one(kernel, shop)
    module.answers.append(OutcomeUnknownError("lost"))
    renew(kernel, shop, service_id)
    assert run_newest(kernel, service_id).state == "unknown"
    let_come_due(kernel, service_id)
    assert run_newest(kernel, service_id).state == "done"
    assert module.calls[-2:] == ["renew_service", "find_operation"]
    assert len(billed(kernel, service_id)) == 2
    assert money_of(kernel, shop) == (3000, 0)


def test_an_empty_account_upstream_keeps_the_clients_money_held(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """The client did pay; the provider has to top its account up."""
    service_id = open_one(kernel, shop)
    module.answers += [UpstreamFundsError("top up")] * 2
    renew(kernel, shop, service_id)
    for _ in range(2):
        assert run_newest(kernel, service_id).state == "waiting"
        assert money_of(kernel, shop) == (3000, 1000)
        let_come_due(kernel, service_id)
    assert run_newest(kernel, service_id).state == "done"
    assert money_of(kernel, shop) == (3000, 0)


def test_only_what_runs_for_a_time_can_be_renewed(kernel: Kernel, shop: Shop) -> None:
    """Neither what isn't open yet, nor somebody else's, nor for a period without a price."""
    ordered = place(kernel, shop).services[0].id
    with pytest.raises(NotRenewableError):
        invoice_renewal(kernel, shop, ordered)
    service_id = open_one(kernel, shop)
    with pytest.raises(PeriodNotSoldError):
        invoice_renewal(kernel, shop, service_id, months=7)
    stranger = make_shop(kernel, email="stranger@client.test")
    with pytest.raises(MissingError):
        invoice_renewal(kernel, stranger, service_id)


def test_an_ended_tariff_is_renewed_no_more(kernel: Kernel, shop: Shop) -> None:
    """Its last day is still good."""
    service_id = open_one(kernel, shop)

    last_day = update(TariffPlan).values(end_on=date(2026, 2, 10))
    kernel.database.run(lambda session: session.execute(last_day))
    set_date(kernel, "2026-02-10")
    invoice_renewal(kernel, shop, service_id)
    set_date(kernel, "2026-02-11")
    with pytest.raises(TariffEndedError):
        invoice_renewal(kernel, shop, service_id)


def test_a_sold_service_is_renewed_by_the_terms_it_was_sold_under(
    kernel: Kernel, shop: Shop
) -> None:
    """A later price is for later orders."""
    service_id = open_one(kernel, shop)

    def raise_price(session: Session) -> None:
        fields = fields_of(session, session.get_one(TariffPlan, shop.plan.id))
        dearer = replace(fields, prices=(PriceTerm(1, Money(9999, "RUB")),))
        change_plan(session, kernel, shop.plan.id, dearer)

    kernel.database.run(raise_price)
    assert invoice_renewal(kernel, shop, service_id).total_minor == 1000
    assert place(kernel, shop).invoice.total_minor == 9999
