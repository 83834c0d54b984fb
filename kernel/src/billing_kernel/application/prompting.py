"""Prompt clients: a paid service waits to be configured, a balance won't last for long.

Both once for each stage, as reminders of expiry are; nobody is prompted for providers that
remind of nothing.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, case, exists, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from billing_hookspecs import Money
from billing_kernel.application.configuring import is_unconfigured, paid_at
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.parking import unparked
from billing_kernel.application.posting import spendable
from billing_kernel.application.publishing import record_event
from billing_kernel.application.renewing import present
from billing_kernel.domain.ledger import AccountKind, Owner
from billing_kernel.domain.periods import business_date, days_between
from billing_kernel.domain.reminders import (
    BALANCE_DAYS_MOST,
    DEFAULT_STAGES,
    balance_stage,
    days_covered,
    waiting_stage,
)
from billing_kernel.domain.states import ServiceState
from billing_kernel.models import (
    Client,
    DailyCharge,
    LedgerAccount,
    Provider,
    Reminder,
    Service,
)

Conditions = tuple[ColumnElement[bool], ...]

WAITING, BALANCE = "waiting:", "balance:"
"""What the stages of both begin with."""


def due_for_parameters(today: date) -> Conditions:
    """The paid services that wait for their parameters."""
    return (
        Service.status == ServiceState.OPENING,
        Service.awaits_parameters.is_(True),
        unparked(),
    )


def ask_for_parameters(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Remind a client to configure what it paid for; False where it isn't time to."""
    service = _locked(session, service_id)
    paid = paid_at(session, service) if is_unconfigured(service) else None
    provider = session.get_one(Provider, service.provider_id)
    if paid is None or not _stages_of(provider):
        return False
    since = business_date(paid, provider.time_zone)
    stage = waiting_stage(days_between(since, today))
    if stage is None or not _is_new(session, service, since, f"{WAITING}{stage}"):
        return False
    facts = {
        "service_id": service.id,
        "waits_since": since.isoformat(),
        "days_waited": days_between(since, today),
    }
    record_event(session, kernel, "ServiceAwaitsParameters", facts, service.client_id)
    return True


def due_for_low_balance(today: date) -> Conditions:
    """Of each client whose balance may be low, the first service that is charged daily.

    What a day costs is what today cost.
    """
    other = _another()
    is_first = ~exists().where(
        other.client_id == Service.client_id,
        other.id < Service.id,
        other.status == ServiceState.ACTIVE,
        other.charged_until > today,
    )
    per_day = (
        select(func.coalesce(func.sum(DailyCharge.total_minor), 0))
        .where(
            *_costs_of(LedgerAccount.client_id, today),
            DailyCharge.currency == LedgerAccount.currency,
        )
        .scalar_subquery()
    )
    is_low = exists().where(
        LedgerAccount.kind == AccountKind.BALANCE,
        LedgerAccount.client_id == Service.client_id,
        LedgerAccount.balance_minor + LedgerAccount.credit_limit_minor
        < (BALANCE_DAYS_MOST + 1) * per_day,
    )
    return (
        present(),
        Service.status == ServiceState.ACTIVE,
        Service.charged_until > today,
        # In this order: what a client pays a day is added up once, not for each service.
        case((is_first, is_low), else_=false()),
        unparked(),
    )


@cache
def _another() -> Any:
    return aliased(Service)


def warn_of_low_balance(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Tell a client that its balance covers few more days; False where that isn't to be told.

    A stage was told of as long as a day that the money was to end on then hasn't come.
    """
    service = _locked(session, service_id)
    per_day = _per_day(session, service.client_id, today)
    if service.status != ServiceState.ACTIVE or service.charged_until is None or not per_day:
        return False
    balance = Owner(service.provider_id, service.client_id).balance(per_day.currency)
    money = spendable(session, balance)
    days = days_covered(money.amount_minor, per_day.amount_minor)
    wanted = _stages_of(session.get_one(Provider, service.provider_id))
    stage = None if days is None else balance_stage(days, wanted)
    if days is None or stage is None or _was_told(session, service, stage, today):
        return False
    ends_on = today + timedelta(days=days + 1)
    if not _is_new(session, service, ends_on, f"{BALANCE}{stage}"):
        return False
    facts = {
        "service_id": service.id,
        "days_left": days,
        "ends_on": ends_on.isoformat(),
        "spendable_minor": money.amount_minor,
        "per_day_minor": per_day.amount_minor,
        "currency": per_day.currency,
    }
    record_event(session, kernel, "BalanceRanLow", facts, service.client_id)
    return True


def _locked(session: Session, service_id: int) -> Service:
    find(session, Client, find(session, Service, service_id).client_id, lock=True)
    return find(session, Service, service_id, lock=True)


def _stages_of(provider: Provider) -> list[int]:
    return list(DEFAULT_STAGES if provider.reminder_days is None else provider.reminder_days)


def _costs_of(client_id: InstrumentedAttribute[int | None] | int, today: date) -> Conditions:
    """What a client was charged today for today."""
    return (
        DailyCharge.client_id == client_id,
        DailyCharge.charged_on == today,
        DailyCharge.start_on == today,
    )


def _per_day(session: Session, client_id: int, today: date) -> Money | None:
    """What today cost, in the currency that most was charged in."""
    total = func.sum(DailyCharge.total_minor)
    row = session.execute(
        select(DailyCharge.currency, total)
        .where(*_costs_of(client_id, today))
        .group_by(DailyCharge.currency)
        .order_by(total.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Money(int(row[1]), row[0])


def _was_told(session: Session, service: Service, stage: int, today: date) -> bool:
    named = [f"{BALANCE}{each}" for each in range(1, stage + 1)]
    told = exists().where(
        Reminder.service_id == service.id, Reminder.stage.in_(named), Reminder.expires_on >= today
    )
    return bool(session.scalar(select(told)))


def _is_new(session: Session, service: Service, day: date, stage: str) -> bool:
    """Write a stage down; False where it was before. The service's row is locked."""
    named = {"service_id": service.id, "expires_on": day, "stage": stage}
    if session.scalar(select(Reminder.id).filter_by(**named)) is not None:
        return False
    session.add(Reminder(**named, is_given=True))
    session.flush()
    return True
