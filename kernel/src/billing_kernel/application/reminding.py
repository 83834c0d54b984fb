"""Remind clients of services that expire, and of expired ones that are deleted soon.

Each stage is decided on once; the messages follow from the events.
"""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from billing_kernel.application.composing import renewal_price
from billing_kernel.application.defaulting import settings_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.parking import unparked
from billing_kernel.application.posting import may_spend
from billing_kernel.application.publishing import record_event
from billing_kernel.application.renewing import RENEWABLE
from billing_kernel.application.starting import open_operation_of
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.lifetimes import deleted_on
from billing_kernel.domain.periods import days_after, days_between
from billing_kernel.domain.reminders import (
    DEFAULT_STAGES,
    DELETION,
    STAGES,
    announces_deletion,
    is_reminded_at,
    stage_on,
    windows_on,
)
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.models import Client, Provider, Reminder, Service, TariffVersion

Conditions = tuple[ColumnElement[bool], ...]


def due_for_reminder(today: date) -> Conditions:
    """The services that are at a stage today which wasn't decided on yet."""
    at_a_stage = or_(
        *(
            and_(
                Service.expires_on.between(window.first_on, window.last_on),
                Service.period_months >= window.months_least,
                ~_is_decided(str(window.stage)),
            )
            for window in windows_on(today)
        )
    )
    return (
        Service.status.in_(RENEWABLE),
        Service.expires_on > today,
        Service.expires_on <= days_after(today, max(STAGES)),
        Service.deletes_on.is_(None),
        at_a_stage,
        unparked(),
    )


def due_for_announcement(today: date) -> Conditions:
    """The expired services whose deletion nobody was told of."""
    return (
        Service.status.in_(RENEWABLE),
        Service.expires_on <= today,
        Service.deletes_on.is_(None),
        ~_is_decided(DELETION),
        unparked(),
    )


def remind(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Remind a service's client of its expiry; False where the stage needs no reminder.

    None is needed where the renewal will pay for itself: from the balance, as it is now, or by a
    stored method. Either way the stage is decided on.
    """
    service = _locked(session, service_id)
    if service is None or service.expires_on is None or service.expires_on <= today:
        return False
    stage = stage_on(service.expires_on, today, service.period_months)
    done = {int(it) for it in _decided(session, service) if it != DELETION}
    if stage is None or stage in done:
        return False
    wanted = session.get_one(Provider, service.provider_id).reminder_days
    is_due = is_reminded_at(
        stage, service.period_months, DEFAULT_STAGES if wanted is None else wanted, done
    )
    is_given = is_due and not _pays_for_itself(session, kernel, service)
    _decide(session, service, str(stage), is_given=is_given)
    if is_given:
        facts = {
            "service_id": service.id,
            "expires_on": service.expires_on.isoformat(),
            "days_left": days_between(today, service.expires_on),
        }
        record_event(session, kernel, "ServiceExpiring", facts, service.client_id)
    return is_given


def announce_deletion(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Tell a client that an expired service is deleted soon; False where it isn't."""
    service = _locked(session, service_id)
    if service is None or service.expires_on is None or service.expires_on > today:
        return False
    if DELETION in _decided(session, service) or open_operation_of(session, service.id):
        return False
    terms = read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)
    days = settings_of(session, kernel, service.product_type).auto_deletion_days
    day = deleted_on(service.expires_on, terms.auto_deletion_days, days)
    if day is None or not announces_deletion(day, today):
        return False
    _decide(session, service, DELETION, is_given=True)
    facts = {
        "service_id": service.id,
        "expires_on": service.expires_on.isoformat(),
        "deleted_on": day.isoformat(),
    }
    record_event(session, kernel, "ServiceDeletionDue", facts, service.client_id)
    return True


def _locked(session: Session, service_id: int) -> Service | None:
    """The service under its client's lock and its own; None where it isn't to be touched."""
    client = find(session, Client, find(session, Service, service_id).client_id, lock=True)
    service = find(session, Service, service_id, lock=True)
    is_there = service.status in RENEWABLE and service.deletes_on is None
    return service if is_there and client.parked_at is None else None


def _pays_for_itself(session: Session, kernel: Kernel, service: Service) -> bool:
    if not service.auto_renewal:
        return False
    if service.renewal_method_id is not None:
        return True
    price = renewal_price(session, kernel, service)
    if price is None:
        return False
    owner = Owner(service.provider_id, service.client_id)
    return may_spend(session, owner.balance(price.currency), price.amount_minor)


def _is_decided(stage: str) -> ColumnElement[bool]:
    return exists().where(
        Reminder.service_id == Service.id,
        Reminder.expires_on == Service.expires_on,
        Reminder.stage == stage,
    )


def _decided(session: Session, service: Service) -> set[str]:
    """The stages that were decided on for the present expiry date."""
    statement = select(Reminder.stage).where(
        Reminder.service_id == service.id, Reminder.expires_on == service.expires_on
    )
    return set(session.scalars(statement))


def _decide(session: Session, service: Service, stage: str, *, is_given: bool) -> None:
    row = Reminder(
        service_id=service.id, expires_on=service.expires_on, stage=stage, is_given=is_given
    )
    session.add(row)
    session.flush()
