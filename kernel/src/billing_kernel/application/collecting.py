"""Renew by themselves the services whose clients want that: from the balance, or else by card."""

from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.expiring import is_expected, suspend_expired
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.making_up import in_time_on, missed_from
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.posting import may_spend
from billing_kernel.application.renewing import (
    RENEWABLE,
    RenewService,
    lock_unpaid_renewals,
    present,
    quote_renewal,
    renew_service,
)
from billing_kernel.application.spending import pay_from_balance
from billing_kernel.application.starting import open_operation_of
from billing_kernel.application.tasking import is_with_people
from billing_kernel.application.withdrawing import is_by_hand, open_attempts_for
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.periods import business_date
from billing_kernel.models import Client, Collection, Invoice, Payment, Provider, Service

NIGHTS_MAX = 3
"""On how many nights a stored method is tried for one renewal; another one begins anew."""


def due_for_renewal(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services that want to be renewed and expire today, or have expired."""
    return (
        present(),
        Service.auto_renewal.is_(True),
        Service.expires_on <= today,
        Service.deletes_on.is_(None),
    )


def due_for_collection(today: date) -> tuple[ColumnElement[bool], ...]:
    """Those of them that may be charged to a stored method."""
    return (*due_for_renewal(today), Service.renewal_method_id.is_not(None))


def renew_due(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Renew a service that expires today or has expired, if the balance allows it now.

    Nothing is issued where it doesn't, nor while a gateway is taking the money for it. Decided
    under the locks of the client and the service.
    """
    service = _lock_due(session, service_id, today)
    if service is None:
        return False
    if any(
        not is_by_hand(session, kernel, payment) and is_expected(session, payment, today)
        for payment in open_attempts_for(session, service)
    ):
        return False
    try:
        with session.begin_nested():
            wanted = _renewal(session, kernel, service)
            priced = quote_renewal(
                session, kernel, service, service.period_months, as_of=wanted.as_of
            )
            total = priced.total(priced.lines[0].total.currency)
            owner = Owner(service.provider_id, service.client_id)
            if not may_spend(session, owner.balance(total.currency), total.amount_minor):
                return False
            invoice = renew_service(session, kernel, wanted, service.client_id)
            locked = find(session, Invoice, invoice.id, lock=True)
            pay_from_balance(session, kernel, locked)
    except (ConflictError, RuleError):
        return False
    return True


def collect_due(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Begin to charge a renewal to the service's stored method; once a night, on three at most.

    The invoice can be paid in other ways after a charge that failed. Not while anybody is
    paying for the service already.
    """
    service = _lock_due(session, service_id, today)
    if service is None or not _may_collect(session, service, today):
        return False
    if open_attempts_for(session, service):
        return False
    client_id, pay_with = service.client_id, PayWith(stored_method_id=service.renewal_method_id)
    try:
        with session.begin_nested():
            wanted = _renewal(session, kernel, service)
            invoice = renew_service(session, kernel, wanted, client_id)
            payment = pay_invoice(session, kernel, invoice.id, client_id, pay_with)
            if payment is not None:
                session.flush()
                session.add(
                    Collection(
                        service_id=service.id,
                        payment_id=payment.id,
                        expires_on=service.expires_on,
                        collected_on=today,
                    )
                )
    except (ConflictError, RuleError):
        return False
    return True


def stop_uncollected(kernel: Kernel, service_id: int) -> None:
    """A charge of the night failed: stop the service as the night would have done without it.

    For workers, harmless to repeat.
    """

    def work(session: Session) -> None:
        provider = session.get_one(Provider, find(session, Service, service_id).provider_id)
        today = business_date(kernel.clock.now(), provider.time_zone)
        suspend_expired(session, kernel, service_id, today)

    kernel.database.run(work)


def _lock_due(session: Session, service_id: int, today: date) -> Service | None:
    """The service as it is under its client's lock, where it is due and nothing is under way.

    A client that automatic work leaves alone has nothing due.

    Whoever pays for it holds the invoice's lock: the caller sees their attempt, or they none.
    """
    service = find(session, Service, service_id)
    client = find(session, Client, service.client_id, lock=True)
    lock_unpaid_renewals(session, service)
    session.refresh(service)
    is_due = (
        service.auto_renewal
        and client.parked_at is None
        and service.status in RENEWABLE
        and service.deletes_on is None
        and service.expires_on is not None
        and service.expires_on <= today
        and open_operation_of(session, service.id) is None
        and not is_with_people(session, service.id, OperationKind.RENEW)
    )
    return service if is_due else None


def _renewal(session: Session, kernel: Kernel, service: Service) -> RenewService:
    provider = session.get_one(Provider, service.provider_id)
    today = business_date(kernel.clock.now(), provider.time_zone)
    as_of = in_time_on(service, missed_from(session, provider, today), today)
    return RenewService(service.id, service.period_months, service.expires_on, as_of=as_of)


def _may_collect(session: Session, service: Service, today: date) -> bool:
    if service.renewal_method_id is None:
        return False
    by_this_method = Payment.stored_method_id == service.renewal_method_id
    tried, last_on = session.execute(
        select(func.count().filter(by_this_method), func.max(Collection.collected_on))
        .select_from(Collection)
        .join(Payment)
        .where(Collection.service_id == service.id, Collection.expires_on == service.expires_on)
    ).one()
    return tried < NIGHTS_MAX and (last_on is None or last_on < today)
