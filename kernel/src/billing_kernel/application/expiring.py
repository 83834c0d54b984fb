"""Suspend what wasn't paid for, resume what was, delete what nobody came back for."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.charging_days import (
    covers_next_day,
    covers_resuming,
    try_to_charge,
    unpaid_days,
)
from billing_kernel.application.closing import NIGHTLY, act_on_service, suspended_by
from billing_kernel.application.dating import today_of
from billing_kernel.application.delaying import keeping
from billing_kernel.application.deleting import runs_on
from billing_kernel.application.finding import find, terms_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.claiming import Due
from billing_kernel.application.parking import is_parked, unparked
from billing_kernel.application.recalling import Answers
from billing_kernel.application.renewing import RENEWABLE, present
from billing_kernel.application.starting import open_operation_of, start_operation
from billing_kernel.application.tasking import is_with_people
from billing_kernel.application.withdrawing import open_attempts_for
from billing_kernel.domain.lifetimes import deleted_on, is_suspended_on
from billing_kernel.domain.periods import LAST_DAY, days_between
from billing_kernel.domain.states import OPEN_ATTEMPTS, ServiceState
from billing_kernel.models import Invoice, Payment, Service

UNDELETED: Final = (OperationKind.RENEW, OperationKind.CLOSE)
"""What people look into while a service isn't deleted."""

PAYER_DAYS: Final = 10
"""How long a payment that waits for its payer counts: an announced transfer, an open page."""


def resume_paid(session: Session, kernel: Kernel, service: Service) -> None:
    """Begin to start a service again that was stopped for want of money and is paid now.

    Its row is locked by the caller.
    """
    if service.status != ServiceState.SUSPENDED or suspended_by(session, service) != NIGHTLY:
        return
    if open_operation_of(session, service.id) or service.deletes_on is not None:
        return
    if is_with_people(session, service.id, OperationKind.RESUME):
        return
    today = today_of(session, kernel, service)
    if service.charged_until is not None:
        if not covers_resuming(session, kernel, service, today):
            return
        try_to_charge(session, kernel, service, today)
    elif service.expires_on is None or service.expires_on <= today:
        return
    start_operation(session, kernel, service, OperationKind.RESUME, asked_by=NIGHTLY)


def due_for_suspension(today: date) -> tuple[ColumnElement[bool], ...]:
    """The running services that expire today, or have expired."""
    return (Service.status == ServiceState.ACTIVE, Service.expires_on <= today, unparked())


def due_for_stopping(today: date) -> tuple[ColumnElement[bool], ...]:
    """The running services whose days up to today aren't all charged."""
    is_running = Service.status == ServiceState.ACTIVE
    return (present(), is_running, Service.charged_until <= today, unparked())


def due_for_deletion(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services that have expired and still are there."""
    return (present(), Service.expires_on <= today, unparked())


def due_for_removal(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services whose days up to today aren't all charged, and that still are there."""
    return (present(), Service.charged_until <= today, unparked())


def suspend_expired(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Begin to suspend a service that has expired, or whose next day can't be charged.

    False where it must not be, by now, or can't: not every driver suspends.

    Decided under the service's lock: whoever paid meanwhile isn't stopped, nor is anybody
    whose payment is under way.
    """
    service = find(session, Service, service_id, lock=True)
    ends_on = service.expires_on or service.charged_until
    if ends_on is None or not runs_on(session, kernel, service):
        return False
    if _is_in_motion(session, kernel, service, today, ends_on):
        return False
    if is_parked(session, service.client_id):
        return False
    if is_with_people(session, service.id, OperationKind.SUSPEND):
        return False
    if not service.expires_on and covers_next_day(session, kernel, service, today):
        return False
    terms = terms_of(session, service.tariff_version_id)
    keeps = keeping(session, kernel, service.product_type, terms)
    if not is_suspended_on(ends_on, today, keeps):
        return False
    act_on_service(session, kernel, service.id, OperationKind.SUSPEND, asked_by=NIGHTLY)
    return True


def delete_expired(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Begin to delete a service whose time after expiry is over; False where it isn't.

    For one that is charged daily it counts from the first day that it couldn't pay. One that
    still runs, as it does over a weekend that keeps it, is stopped by its own step first.
    """
    service = find(session, Service, service_id, lock=True)
    ends_on = service.expires_on or service.charged_until
    if service.status not in RENEWABLE or ends_on is None:
        return False
    if runs_on(session, kernel, service):
        return False
    if _is_in_motion(session, kernel, service, today) or is_parked(session, service.client_id):
        return False
    # Nobody's data goes for a renewal that was paid for and that the upstream refused.
    if any(is_with_people(session, service.id, kind) for kind in UNDELETED):
        return False
    if not service.expires_on and not _is_out_of_money(session, kernel, service, today):
        return False
    if not _is_time_over(service, ends_on, today, Answers(session, kernel)):
        return False
    act_on_service(session, kernel, service.id, OperationKind.CLOSE, asked_by=NIGHTLY)
    return True


def is_time_over(service: Service, due: Due, answers: Answers) -> bool:
    """Whether an expired service may have to be deleted; most are kept for long, or for ever."""
    ends_on = service.expires_on or service.charged_until
    return ends_on is not None and _is_time_over(service, ends_on, due.today, answers)


def _is_time_over(service: Service, ends_on: date, today: date, answers: Answers) -> bool:
    day = deletion_day(service, ends_on, answers)
    return day is not None and day <= today


def deletion_day(service: Service, ends_on: date, answers: Answers) -> date | None:
    """When a service that nobody pays for from ``ends_on`` on is deleted; None: never."""
    days = answers.terms(service.tariff_version_id).auto_deletion_days
    return deleted_on(ends_on, days, answers.settings(service.product_type).auto_deletion_days)


def _is_out_of_money(session: Session, kernel: Kernel, service: Service, today: date) -> bool:
    """Whether a service that is charged daily wasn't paid: it owes days, or the night stopped it.

    Whoever suspended a service by choice owes nothing, and keeps it.
    """
    if covers_resuming(session, kernel, service, today):
        return False
    stopped = service.status == ServiceState.SUSPENDED and suspended_by(session, service) == NIGHTLY
    return stopped or any(unpaid_days(session, service, today))


def _is_in_motion(
    session: Session, kernel: Kernel, service: Service, today: date, ends_on: date = LAST_DAY
) -> bool:
    """Whether an operation or a payment for this service is under way.

    What a payer begins after ``ends_on`` counts as if it had been on that day: to begin one
    payment after the other must not keep a service running.
    """
    if open_operation_of(session, service.id) is not None:
        return True
    is_daily = service.expires_on is None
    paying = _top_ups(session, service) if is_daily else open_attempts_for(session, service)
    return any(is_expected(session, payment, today, ends_on) for payment in paying)


def is_expected(session: Session, payment: Payment, today: date, ends_on: date = LAST_DAY) -> bool:
    """Whether the money of an open payment may still come.

    A stored method's is until its gateway says; a payer who only began is for a while.
    """
    if payment.stored_method_id is not None:
        return True
    begun_on = payment.created_at.date()
    if payment.invoice_id is not None:
        begun_on = max(begun_on, session.get_one(Invoice, payment.invoice_id).issued_on)
    return days_between(min(begun_on, ends_on), today) <= PAYER_DAYS


def _top_ups(session: Session, service: Service) -> Sequence[Payment]:
    """The payments under way whose money will stay on the client's balance."""
    for_nothing_else = or_(Payment.invoice_id.is_(None), Invoice.kind == "advance_payment")
    return session.scalars(
        select(Payment)
        .outerjoin(Invoice, Invoice.id == Payment.invoice_id)
        .where(
            Payment.client_id == service.client_id,
            Payment.provider_id == service.provider_id,
            Payment.state.in_(OPEN_ATTEMPTS),
            for_nothing_else,
        )
    ).all()
