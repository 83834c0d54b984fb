"""Renew by themselves the services whose clients want that, from the balance."""

from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import may_spend
from billing_kernel.application.renewing import (
    RENEWABLE,
    RenewService,
    quote_renewal,
    renew_service,
)
from billing_kernel.application.spending import pay_from_balance
from billing_kernel.application.starting import open_operation_of
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import Owner
from billing_kernel.models import Client, Invoice, Service


def due_for_renewal(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services that want to be renewed and expire today, or have expired."""
    return (
        Service.auto_renewal.is_(True),
        Service.status.in_(RENEWABLE),
        Service.expires_on <= today,
    )


def renew_due(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Renew a service that expires today or has expired, if the balance allows it now.

    Nothing is issued where it doesn't. Decided under the locks of the client and the service.
    """
    client_id = find(session, Service, service_id).client_id
    find(session, Client, client_id, lock=True)
    service = session.get_one(Service, service_id)
    if not _is_due(session, service, today):
        return False
    try:
        with session.begin_nested():
            priced = quote_renewal(session, kernel, service, service.period_months)
            total = priced.total(priced.lines[0].total.currency)
            owner = Owner(service.provider_id, client_id)
            if not may_spend(session, owner.balance(total.currency), total.amount_minor):
                return False
            command = RenewService(service.id, service.period_months)
            invoice = renew_service(session, kernel, command, client_id)
            locked = find(session, Invoice, invoice.id, lock=True)
            pay_from_balance(session, kernel, locked)
    except (ConflictError, RuleError):
        return False
    return True


def _is_due(session: Session, service: Service, today: date) -> bool:
    return (
        service.auto_renewal
        and service.status in RENEWABLE
        and service.expires_on is not None
        and service.expires_on <= today
        and open_operation_of(session, service.id) is None
    )
