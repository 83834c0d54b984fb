"""Charge services day by day, straight from the balance."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError, Money, Period
from billing_kernel.application.billing import bill_charge, bill_nothing, free_periods
from billing_kernel.application.dating import today_of
from billing_kernel.application.finding import terms_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import may_spend, post
from billing_kernel.application.pricing_days import DayPrices
from billing_kernel.application.publishing import enqueue
from billing_kernel.domain.daily import after_free, due_days
from billing_kernel.domain.ledger import InsufficientFundsError, Owner, draft_charge
from billing_kernel.domain.periods import day_after
from billing_kernel.domain.pricing import PricedItem
from billing_kernel.domain.states import ServiceState
from billing_kernel.models import DailyCharge, Service

log = structlog.get_logger(__name__)


def unpaid_days(session: Session, service: Service, today: date) -> Iterator[date]:
    """The days up to and including today that a service owes, oldest first.

    None where it isn't charged daily, or is suspended and owes nothing.
    """
    if service.charged_until is None or service.charged_until > today:
        return iter(())
    return _due_days(session, service, today, free_periods(session, service))


def charge_days(session: Session, kernel: Kernel, service: Service, today: date) -> int:
    """Charge the days that are due, today's with them, as far as the balance goes; how many.

    Each by the terms and addons that the service has now. The service's row is locked by the
    caller. Raises PeriodNotSoldError, AddonNotSoldError, UnknownDriverError, PluginFaultError.
    """
    if service.charged_until is None or service.charged_until > today:
        return 0
    free, prices = free_periods(session, service), DayPrices.of(session, kernel, service)
    charged = 0
    for day in list(_due_days(session, service, today, free)):
        if not _charge(session, service, day, prices.price(day), today):
            break
        service.charged_until = after_free(day_after(day), free)
        charged += 1
    session.flush()
    return charged


def try_to_charge(session: Session, kernel: Kernel, service: Service, today: date) -> None:
    """Charge what can be, on the occasion of something that must not fail for it.

    What can't be charged stays due; the nightly run says why.
    """
    try:
        with session.begin_nested():
            charge_days(session, kernel, service, today)
    except (BillingError, IntegrityError) as error:
        session.refresh(service)
        log.warning("charge.failed", service_id=service.id, failure=str(error))


def covers_next_day(session: Session, kernel: Kernel, service: Service, today: date) -> bool:
    """Whether the balance covers the first day that a service owes."""
    days = islice(unpaid_days(session, service, today), 1)
    return _covers(session, kernel, service, list(days))


def covers_resuming(session: Session, kernel: Kernel, service: Service, today: date) -> bool:
    """Whether the balance covers everything that a service owes, and today."""
    return _covers(session, kernel, service, _days_of_resuming(session, service, today))


def refuse_uncovered(session: Session, kernel: Kernel, service: Service, today: date) -> None:
    """Raise InsufficientFundsError where resuming costs more than there is."""
    days = _days_of_resuming(session, service, today)
    if not _covers(session, kernel, service, days):
        raise InsufficientFundsError(
            f"the balance doesn't cover the {len(days)} days that resuming service {service.id} "
            f"takes, from {days[0]} on: top it up first"
        )


def refuse_owing(session: Session, kernel: Kernel, service: Service) -> None:
    """Charge what a service owes; raise InsufficientFundsError where the balance doesn't cover it.

    Before its price changes: each day costs what it did when it was served.
    """
    today = today_of(session, kernel, service)
    try_to_charge(session, kernel, service, today)
    owed = next(unpaid_days(session, service, today), None)
    if owed is not None:
        raise InsufficientFundsError(
            f"service {service.id} owes its days from {owed} on: top the balance up first"
        )


def ask_to_catch_up(session: Session, client_id: int) -> None:
    """Have a worker charge what is owed, where a balance gained something; resume what it pays."""
    daily = select(Service.id).where(
        Service.client_id == client_id,
        Service.charged_until.is_not(None),
        Service.status.in_((ServiceState.ACTIVE, ServiceState.SUSPENDED)),
    )
    if session.scalar(daily.limit(1)) is not None:
        enqueue(session, "catch_up", {"client_id": client_id})


def begin_days(session: Session, kernel: Kernel, service: Service) -> None:
    """A suspended service runs again: the days between are free, today is charged if it can be.

    What it owed before stays owed. The service's row is locked by the caller.
    """
    if service.charged_until is None:
        return
    today = today_of(session, kernel, service)
    free_from = max(service.charged_until, service.served_until or service.charged_until)
    if free_from < today and not _charges_while_suspended(session, service):
        currency = terms_of(session, service.tariff_version_id).currency
        bill_nothing(session, service, Period(free_from, today), currency)
        service.charged_until = after_free(service.charged_until, free_periods(session, service))
    service.served_until = None
    session.flush()
    try_to_charge(session, kernel, service, today)


def _days_of_resuming(session: Session, service: Service, today: date) -> list[date]:
    days = list(unpaid_days(session, service, today))
    is_paid = service.charged_until is None or service.charged_until > today
    return days if is_paid or today in days else [*days, today]


def _covers(session: Session, kernel: Kernel, service: Service, days: list[date]) -> bool:
    prices, owner = DayPrices.of(session, kernel, service), _owner(service)
    needed = sum((prices.total(day) for day in days), Money.zero(prices.terms.currency))
    return may_spend(session, owner.balance(needed.currency), needed.amount_minor)


def _charge(session: Session, service: Service, day: date, priced: PricedItem, today: date) -> bool:
    """Charge one day; False where the balance doesn't cover it."""
    owner, total = _owner(service), priced.total(priced.lines[0].total.currency)
    if total and not may_spend(session, owner.balance(total.currency), total.amount_minor):
        return False
    net = sum((line.net for line in priced.lines), Money.zero(total.currency))
    charge = DailyCharge(
        service_id=service.id,
        client_id=service.client_id,
        provider_id=service.provider_id,
        start_on=day,
        end_on=day_after(day),
        charged_on=today,
        currency=total.currency,
        net_minor=net.amount_minor,
        tax_rate=priced.lines[0].tax_rate,
        tax_minor=(total - net).amount_minor,
        total_minor=total.amount_minor,
        lines=msgspec.to_builtins(priced.lines),
    )
    session.add(charge)
    session.flush()
    if total:
        text = f"{priced.lines[0].description}, {day}"
        post(session, draft_charge(owner, charge.id, net, total - net, text, service.id))
    bill_charge(session, service, charge, priced.lines)
    return True


def _due_days(
    session: Session, service: Service, today: date, free: Sequence[Period]
) -> Iterator[date]:
    return due_days(
        service.charged_until or today,
        today,
        free,
        service.served_until,
        charge_while_suspended=_charges_while_suspended(session, service),
    )


def _owner(service: Service) -> Owner:
    return Owner(service.provider_id, service.client_id)


def _charges_while_suspended(session: Session, service: Service) -> bool:
    """Whether a suspension costs something; none does that is the beginning of a deletion."""
    if service.deletes_on is not None:
        return False
    terms = terms_of(session, service.tariff_version_id)
    return bool(terms.charging.get("charge_while_suspended"))
