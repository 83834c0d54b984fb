"""Charge the days that have begun, at night or when money comes, and resume what is paid."""

from datetime import date
from functools import partial

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError, OperationKind
from billing_kernel.application.charging_days import charge_days
from billing_kernel.application.dating import today_of
from billing_kernel.application.expiring import resume_paid
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.parking import park_for_second_charge, unparked
from billing_kernel.application.renewing import RENEWABLE, present
from billing_kernel.application.starting import open_operation_of
from billing_kernel.database import DatabaseUnavailableError
from billing_kernel.models import Client, Service

log = structlog.get_logger(__name__)

STOPPING = (OperationKind.SUSPEND, OperationKind.RESUME, OperationKind.CLOSE)
"""While one of these is under way it isn't clear which days will be served."""


def due_for_charging(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services with days that may not be charged yet; suspended ones may owe some."""
    return (present(), Service.charged_until <= today, unparked())


def charge_due(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Charge a service's days up to today, as far as the balance goes; whether any was.

    One that the night suspended begins to run again if it can pay for today. Decided under
    the locks of the client and the service.
    """
    client = find(session, Client, find(session, Service, service_id).client_id, lock=True)
    service = find(session, Service, service_id, lock=True)
    if client.parked_at is not None or not _is_due(session, service, today):
        return False
    try:
        with session.begin_nested():
            charged = charge_days(session, kernel, service, today)
    except IntegrityError:
        session.refresh(service)
        park_for_second_charge(session, kernel, client, service)
        return False
    resume_paid(session, kernel, service)
    return charged > 0


def catch_up(kernel: Kernel, client_id: int) -> None:
    """Charge what a client owes for days now that money has come; harmless to repeat.

    A service that can't be priced is left to the night, which tells; the others go on.
    """
    with kernel.database.reading() as session:
        waiting = session.scalars(
            select(Service.id)
            .where(Service.client_id == client_id, present(), unparked())
            .where(Service.charged_until.is_not(None))
            .order_by(Service.charged_until, Service.id)
        ).all()
    for service_id in waiting:
        try:
            kernel.database.run(partial(_catch_up, kernel, service_id))
        except DatabaseUnavailableError:
            raise
        except BillingError as error:
            log.warning("charge.failed", service_id=service_id, failure=error.message)


def _catch_up(kernel: Kernel, service_id: int, session: Session) -> None:
    today = today_of(session, kernel, find(session, Service, service_id))
    charge_due(session, kernel, service_id, today)


def _is_due(session: Session, service: Service, today: date) -> bool:
    if service.status not in RENEWABLE or service.charged_until is None:
        return False
    operation = open_operation_of(session, service.id)
    is_stopping = operation is not None and operation.kind in STOPPING
    return service.charged_until <= today and not is_stopping
