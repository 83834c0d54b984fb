"""Leave clients alone whom automatic work would charge too much, until a person has looked."""

from datetime import date
from functools import cache
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from billing_kernel.application.billing import FREE
from billing_kernel.application.charging_days import unpaid_days
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.application.renewing import present
from billing_kernel.application.starting import nothing_under_way
from billing_kernel.application.tasking import close_tasks, open_task
from billing_kernel.bulk import as_indexed, has_none
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.periods import days_after
from billing_kernel.domain.states import TaskState
from billing_kernel.models import BilledPeriod, Client, DailyCharge, Invoice, Service
from billing_kernel.models.services import IN_FORCE

LOOKED_AT_FROM: Final = 100
"""A client with no more charges than these isn't looked at; no bound can be set below it."""


class NotParkedError(ConflictError):
    """Automatic work doesn't leave this client alone."""

    code = "client.not_parked"


@cache
def unparked() -> ColumnElement[bool]:
    """The services that automatic work may touch: those of clients that aren't parked."""
    return Service.client_id.not_in(select(Client.id).where(Client.parked_at.is_not(None)))


def is_parked(session: Session, client_id: int) -> bool:
    """Whether automatic work leaves a client alone."""
    return session.get_one(Client, client_id).parked_at is not None


def due_for_parking(today: date) -> tuple[ColumnElement[bool], ...]:
    """One service of each client who may have too many charges, and those charged twice."""
    renewed, charged = _due(today)
    days_at_most = case(
        (Service.charged_until == today, 1),
        (Service.charged_until > days_after(today, -7), 7),
        (Service.charged_until > days_after(today, -30), 30),
        else_=LOOKED_AT_FROM + 1,
    )
    # Each reads an index of its own; asked for together they would read every service there is.
    due = union_all(
        select(Service.id, Service.client_id, literal(1).label("charges")).where(renewed),
        select(Service.id, Service.client_id, days_at_most.label("charges")).where(charged),
    ).subquery()
    many = (
        select(func.min(due.c.id))
        .group_by(due.c.client_id)
        .having(func.sum(due.c.charges) > LOOKED_AT_FROM)
    )
    twice = [select(Service.id).where(each, _is_charged_beyond()) for each in (renewed, charged)]
    return (Service.id.in_(union_all(many, *twice)), unparked())


def park_excessive(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Park a client whom a run would charge too much, before it does; whether it did.

    That is more charges than allowed on a business date, renewals and days together, or a
    second one for days of this service.
    """
    client = find(session, Client, find(session, Service, service_id).client_id, lock=True)
    service = session.get_one(Service, service_id)
    most = client.charges_per_run_max or kernel.settings.charges_per_run_max
    twice = select(Service.id).where(Service.id == service_id, _is_charged_beyond())
    if client.parked_at is not None:
        return False
    if session.scalar(twice) is not None:
        park(session, kernel, client, _second_charge(service))
    elif _charges(session, client, today, most) > most:
        reason = f"more than {most} charges on {today}: look whether that is right"
        park(session, kernel, client, reason)
    return client.parked_at is not None


def park_for_second_charge(
    session: Session, kernel: Kernel, client: Client, service: Service
) -> None:
    """The database refused to charge days twice: something is wrong with this client's days."""
    park(session, kernel, client, _second_charge(service))


def park(session: Session, kernel: Kernel, client: Client, reason: str) -> None:
    """Leave a client alone, and tell people. Its row is locked by the caller."""
    client.parked_at, client.parked_reason = kernel.clock.now(), reason[:500]
    facts = {"client_id": client.id, "reason": client.parked_reason}
    record_event(session, kernel, "ClientParked", facts, client.id)
    title = f"Look at client {client.id}: automatic work leaves it alone"
    open_task(session, kernel, "parked_client", _subject(client.id), title, reason)


def release(
    session: Session,
    kernel: Kernel,
    client_id: int,
    administrator_id: int,
    charges_per_run_max: int | None = None,
) -> Client:
    """Let automatic work go on with a client, from the next run on.

    ``charges_per_run_max`` is how many charges of a business date are all right for this
    client from now on; None leaves it as it is. Raises MissingError, NotParkedError.
    """
    client = find(session, Client, client_id, lock=True)
    if client.parked_at is None:
        raise NotParkedError(f"client {client.id} isn't parked")
    client.parked_at, client.parked_reason = None, ""
    if charges_per_run_max is not None:
        client.charges_per_run_max = charges_per_run_max
    facts = {"client_id": client.id, "administrator_id": administrator_id}
    record_event(session, kernel, "ClientReleased", facts, client.id)
    close_tasks(session, _subject(client.id), TaskState.DONE)
    return client


def _due(today: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What a run renews, and what it charges by the day."""
    is_there = present()
    return (
        and_(Service.auto_renewal.is_(True), is_there, Service.expires_on <= today),
        and_(is_there, Service.charged_until <= today),
    )


def _charges(session: Session, client: Client, today: date, most: int) -> int:
    """What was charged on a business date, and what still would be; counted to ``most`` + 1.

    A renewal that was paid and is under way is among the first, and not due again.
    """
    renewed, charged = _due(today)
    renewals = select(func.count(Service.id)).where(
        Service.client_id == client.id, renewed, nothing_under_way()
    )
    count = _made(session, client, today) + (session.scalar(renewals) or 0)
    daily = select(Service).where(Service.client_id == client.id, charged)
    for service in session.scalars(daily):
        if count > most:
            break
        count += len(list(islice(unpaid_days(session, service, today), most + 1)))
    return count


def _made(session: Session, client: Client, today: date) -> int:
    days = select(func.count(DailyCharge.id)).where(
        DailyCharge.client_id == client.id, DailyCharge.charged_on == today
    )
    renewals = select(func.count(Invoice.id)).where(
        Invoice.client_id == client.id, Invoice.kind == "renewal", Invoice.issued_on == today
    )
    return (session.scalar(days) or 0) + (session.scalar(renewals) or 0)


def _is_charged_beyond() -> ColumnElement[bool]:
    """Whether days of a service were charged that it doesn't count as paid for."""
    beyond = select(BilledPeriod.id).where(
        BilledPeriod.service_id == Service.id,
        BilledPeriod.line_no == 0,
        as_indexed(IN_FORCE),
        BilledPeriod.kind != FREE,
        BilledPeriod.end_on > func.coalesce(Service.expires_on, Service.charged_until),
    )
    return ~has_none(beyond)


def _second_charge(service: Service) -> str:
    paid_until = service.expires_on or service.charged_until
    return f"service {service.id} was charged already for days from {paid_until} on"


def _subject(client_id: int) -> str:
    return f"client:{client_id}"
