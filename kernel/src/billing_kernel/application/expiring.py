"""Suspend what wasn't paid for, resume what was, delete what nobody came back for."""

from datetime import date

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.closing import act_on_service, suspended_by
from billing_kernel.application.defaulting import settings_of
from billing_kernel.application.delaying import keeping
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.starting import open_operation_of, start_operation
from billing_kernel.domain.lifetimes import deleted_on, is_suspended_on
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.states import OPEN_ATTEMPTS, InvoiceState, ServiceState
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import Invoice, InvoiceLine, Payment, Provider, Service, TariffVersion

NIGHTLY = "nightly"
"""Who suspended a service that wasn't paid for, as it is written with the operation."""


def resume_paid(session: Session, kernel: Kernel, service: Service) -> None:
    """Begin to start a service again that was stopped for want of money and is paid now.

    Its row is locked by the caller.
    """
    provider = session.get_one(Provider, service.provider_id)
    today = business_date(kernel.clock.now(), provider.time_zone)
    is_paid = service.expires_on is not None and service.expires_on > today
    if service.status != ServiceState.SUSPENDED or not is_paid:
        return
    if suspended_by(session, service) == NIGHTLY and not open_operation_of(session, service.id):
        start_operation(session, kernel, service, OperationKind.RESUME, asked_by=NIGHTLY)


def due_for_suspension(today: date) -> tuple[ColumnElement[bool], ...]:
    """The running services that expire today, or have expired."""
    return (Service.status == ServiceState.ACTIVE, Service.expires_on <= today)


def due_for_deletion(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services that have expired and still are there."""
    return (
        Service.status.in_((ServiceState.ACTIVE, ServiceState.SUSPENDED)),
        Service.expires_on <= today,
    )


def suspend_expired(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Begin to suspend a service that has expired; False where it must not be, by now.

    Decided under the service's lock: whoever paid meanwhile isn't stopped, nor is anybody
    whose payment is under way.
    """
    service = find(session, Service, service_id, lock=True)
    if service.status != ServiceState.ACTIVE or service.expires_on is None:
        return False
    if open_operation_of(session, service.id) or _is_being_paid(session, service):
        return False
    terms = _terms(session, service)
    keeps = keeping(session, kernel, service.product_type, terms)
    if not is_suspended_on(service.expires_on, today, keeps):
        return False
    act_on_service(session, kernel, service.id, OperationKind.SUSPEND, asked_by=NIGHTLY)
    return True


def delete_expired(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Begin to delete a service whose time after expiry is over; False where it isn't."""
    service = find(session, Service, service_id, lock=True)
    if service.status not in (ServiceState.ACTIVE, ServiceState.SUSPENDED):
        return False
    if service.expires_on is None or open_operation_of(session, service.id):
        return False
    if _is_being_paid(session, service):
        return False
    days = settings_of(session, kernel, service.product_type).auto_deletion_days
    day = deleted_on(service.expires_on, _terms(session, service).auto_deletion_days, days)
    if day is None or today < day:
        return False
    act_on_service(session, kernel, service.id, OperationKind.CLOSE, asked_by=NIGHTLY)
    return True


def _terms(session: Session, service: Service) -> TariffTerms:
    return read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)


def _is_being_paid(session: Session, service: Service) -> bool:
    """Whether a payment is under way for an invoice that asks for this service."""
    asking = select(InvoiceLine.invoice_id).where(InvoiceLine.service_id == service.id)
    return bool(
        session.scalar(
            select(
                exists().where(
                    Payment.state.in_(OPEN_ATTEMPTS),
                    Payment.invoice_id == Invoice.id,
                    Invoice.id.in_(asking),
                    Invoice.status == InvoiceState.NEW,
                )
            )
        )
    )
