"""Leave clients alone whom automatic work would charge too much, until a person has looked."""

from datetime import date
from itertools import islice

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from billing_kernel.application.charging_days import unpaid_days
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.application.renewing import RENEWABLE
from billing_kernel.application.tasking import close_payment_tasks, open_task
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.periods import days_between
from billing_kernel.domain.states import TaskState
from billing_kernel.models import BilledPeriod, Client, DailyCharge, Invoice, Service


class NotParkedError(ConflictError):
    """Automatic work doesn't leave this client alone."""

    code = "client.not_parked"


def unparked() -> ColumnElement[bool]:
    """The services that automatic work may touch: those of clients that aren't parked."""
    return Service.client_id.not_in(select(Client.id).where(Client.parked_at.is_not(None)))


def is_parked(session: Session, client_id: int) -> bool:
    """Whether automatic work leaves a client alone."""
    return session.get_one(Client, client_id).parked_at is not None


def is_left_alone(
    session: Session, kernel: Kernel, client: Client, service: Service, today: date
) -> bool:
    """Whether automatic work must not touch a client; parks one that it would charge too much.

    That is more charges than allowed on a business date, renewals and days together, or a
    second one for days of this service. The client's row is locked by the caller, and nothing
    of the charges is written yet.
    """
    if client.parked_at is not None:
        return True
    most = client.charges_per_run_max or kernel.settings.charges_per_run_max
    if _is_charged_beyond(session, service):
        park(session, kernel, client, _second_charge(service))
    elif _charges_at_most(session, client, today) > most and (
        _charges(session, client, today, most) > most
    ):
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
    close_payment_tasks(session, _subject(client.id), TaskState.DONE)
    return client


def _charges_at_most(session: Session, client: Client, today: date) -> int:
    """A bound of ``_charges`` that costs no look at each service."""
    due, first = session.execute(
        select(func.count(Service.id), func.min(Service.charged_until)).where(
            *_charged_daily(client, today)
        )
    ).one()
    days = days_between(first, today) + 1 if first else 0
    return _made(session, client, today) + _renewals(session, client, today) + due * days


def _charges(session: Session, client: Client, today: date, most: int) -> int:
    """What was charged on a business date, and what still would be; counted to ``most`` + 1."""
    count = _made(session, client, today) + _renewals(session, client, today)
    for service in session.scalars(select(Service).where(*_charged_daily(client, today))):
        if count > most:
            break
        count += len(list(islice(unpaid_days(session, service, today), most + 1)))
    return count


def _charged_daily(client: Client, today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Service.client_id == client.id,
        Service.status.in_(RENEWABLE),
        Service.charged_until <= today,
    )


def _made(session: Session, client: Client, today: date) -> int:
    days = select(func.count(DailyCharge.id)).where(
        DailyCharge.client_id == client.id, DailyCharge.charged_on == today
    )
    renewals = select(func.count(Invoice.id)).where(
        Invoice.client_id == client.id, Invoice.kind == "renewal", Invoice.issued_on == today
    )
    return (session.scalar(days) or 0) + (session.scalar(renewals) or 0)


def _renewals(session: Session, client: Client, today: date) -> int:
    due = select(func.count(Service.id)).where(
        Service.client_id == client.id,
        Service.auto_renewal.is_(True),
        Service.status.in_(RENEWABLE),
        Service.expires_on <= today,
    )
    return session.scalar(due) or 0


def _is_charged_beyond(session: Session, service: Service) -> bool:
    """Whether days were charged that the service doesn't count as paid for."""
    beyond = exists().where(
        BilledPeriod.service_id == service.id,
        BilledPeriod.line_no == 0,
        ~BilledPeriod.reversed,
        or_(BilledPeriod.daily_charge_id.is_not(None), BilledPeriod.invoice_id.is_not(None)),
        BilledPeriod.end_on > (service.expires_on or service.charged_until),
    )
    return bool(session.scalar(select(beyond)))


def _second_charge(service: Service) -> str:
    paid_until = service.expires_on or service.charged_until
    return f"service {service.id} was charged already for days from {paid_until} on"


def _subject(client_id: int) -> str:
    return f"client:{client_id}"
