"""What a service becomes once the upstream has made its change, and the days it counts for."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.application.publishing import enqueue
from billing_kernel.bulk import as_indexed
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.states import (
    CHANGE_TRANSITIONS,
    ChangeEvent,
    ChangeState,
    advance,
)
from billing_kernel.models import BilledPeriod, Operation, Service, ServiceChange
from billing_kernel.models.services import IN_FORCE

CHANGE_NUMBERS = range(128, 256)
"""Line numbers of changes; one is free again once its days are over."""


class TooManyChangesError(RuleError):
    """The service was changed too often within one period."""

    code = "tariff_change.too_many"


def apply_change(session: Session, operation: Operation, service: Service) -> None:
    """The upstream confirmed: the service is what was asked for. Its row is locked."""
    change = _end(session, operation, ChangeEvent.DONE)
    _shorten(session, service, change)
    _bill(session, service, change)
    service.tariff_plan_id = change.tariff_plan_id
    service.tariff_version_id = change.tariff_version_id
    service.addons, service.paid = change.addons, change.paid
    service.period_months = change.period_months
    if change.restarts_on is not None:
        service.anchor_on = change.restarts_on
    elif change.expires_on != service.expires_on:
        service.anchor_on = change.expires_on
    service.expires_on = change.expires_on
    if change.returns_minor:
        enqueue(session, "return_change", {"change_id": change.id})


def refuse_change(session: Session, operation: Operation) -> None:
    """The upstream finally refused: the service stays as it was."""
    _end(session, operation, ChangeEvent.REFUSED)


def _end(session: Session, operation: Operation, event: ChangeEvent) -> ServiceChange:
    change = session.get_one(ServiceChange, operation.request["change_id"], with_for_update=True)
    change.state = advance(CHANGE_TRANSITIONS, ChangeState(change.state), event)
    return change


def _shorten(session: Session, service: Service, change: ServiceChange) -> None:
    """Days that were charged for beyond a nearer expiry are charged no more.

    What they cost stays with the days before; those wholly beyond it are reversed.
    """
    if change.expires_on is None or service.expires_on is None:
        return
    beyond = session.scalars(
        select(BilledPeriod).where(
            BilledPeriod.service_id == service.id,
            as_indexed(IN_FORCE),
            BilledPeriod.end_on > change.expires_on,
        )
    ).all()
    for row in beyond:
        row.reversed = True
    session.flush()
    for row in beyond:
        if row.start_on < change.expires_on:
            session.add(_copied(row, change.expires_on))
    session.flush()


def _copied(row: BilledPeriod, end_on: date) -> BilledPeriod:
    return BilledPeriod(
        service_id=row.service_id,
        line_no=row.line_no,
        kind=row.kind,
        resource_type=row.resource_type,
        start_on=row.start_on,
        end_on=end_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        invoice_id=row.invoice_id,
    )


def _bill(session: Session, service: Service, change: ServiceChange) -> None:
    """The days of a change have a line of their own: the period paid before goes on."""
    if change.expires_on is None or change.expires_on <= change.start_on:
        return
    session.add(
        BilledPeriod(
            service_id=service.id,
            line_no=free_number(session, service, change.start_on),
            kind="change",
            start_on=change.start_on,
            end_on=change.expires_on,
            amount_minor=change.net_minor,
            currency=change.currency,
            invoice_id=change.invoice_id,
        )
    )
    session.flush()


def free_number(session: Session, service: Service, start_on: date) -> int:
    """A line number for the days from ``start_on`` on; raises TooManyChangesError."""
    taken = session.scalars(
        select(BilledPeriod.line_no).where(
            BilledPeriod.service_id == service.id,
            BilledPeriod.line_no >= CHANGE_NUMBERS.start,
            BilledPeriod.end_on > start_on,
            as_indexed(IN_FORCE),
        )
    )
    free = sorted(set(CHANGE_NUMBERS) - set(taken))
    if not free:
        raise TooManyChangesError(f"service {service.id} was changed too often in one period")
    return free[0]
