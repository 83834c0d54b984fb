"""Subscriptions: which stored method a service's renewals may be charged to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.application.bundling import is_bundled
from billing_kernel.application.consulting import charging_policy
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.models import (
    Client,
    Invoice,
    Payment,
    Service,
    StoredMethod,
    Subscription,
    TariffVersion,
)

BY_CLIENT = "client"
REPLACED = "replaced"
SWITCHED_OFF = "auto_renewal_off"
METHOD_REMOVED = "stored_method_removed"
SERVICE_DELETED = "service_deleted"

LASTING = Subscription.ended_at.is_(None)


class NotSubscribableError(RuleError):
    """There is nothing that would be renewed: it has no end, or follows another service."""

    code = "subscription.not_possible"


def is_subscribable(session: Session, kernel: Kernel, service: Service) -> bool:
    """Whether a service is renewed for periods at all; what is charged daily is not."""
    if service.status == ServiceState.DELETED or not service.period_months:
        return False
    terms = read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)
    is_daily = charging_policy(kernel, terms.charging).charges_daily
    return not is_daily and not is_bundled(session, service)


def subscribe(
    session: Session, kernel: Kernel, service: Service, stored: StoredMethod
) -> Subscription:
    """Let a service's renewals be charged to a stored method from now on.

    Another method that they were charged to is let go; renewing by itself is switched on. The
    rows of client and service are locked by the caller. Raises NotSubscribableError.
    """
    if not is_subscribable(session, kernel, service):
        raise NotSubscribableError(f"service {service.id} isn't renewed for periods")
    present = subscription_of(session, service)
    service.auto_renewal = True
    if present is not None and present.stored_method_id == stored.id:
        return present
    if present is not None:
        end_subscription(session, kernel, service, REPLACED)
    made = Subscription(
        client_id=service.client_id, service_id=service.id, stored_method_id=stored.id
    )
    session.add(made)
    service.renewal_method_id = stored.id
    session.flush()
    facts = {"subscription_id": made.id, "service_id": service.id, "stored_method_id": stored.id}
    record_event(session, kernel, "SubscriptionStarted", facts, service.client_id)
    return made


def subscription_of(session: Session, service: Service) -> Subscription | None:
    """The subscription that lasts, if there is one."""
    return session.scalar(
        select(Subscription).where(Subscription.service_id == service.id, LASTING)
    )


def end_subscription(session: Session, kernel: Kernel, service: Service, reason: str) -> None:
    """Charge a service's stored method no more; its renewals come from the balance alone.

    The service's row is locked by the caller. Harmless where nothing lasts.
    """
    service.renewal_method_id = None
    present = subscription_of(session, service)
    if present is None:
        return
    present.ended_at, present.end_reason = kernel.clock.now(), reason
    session.flush()
    facts = {"subscription_id": present.id, "service_id": service.id, "reason": reason}
    record_event(session, kernel, "SubscriptionEnded", facts, service.client_id)


def unsubscribe(session: Session, kernel: Kernel, subscription_id: int, client_id: int) -> None:
    """End one of a client's subscriptions; MissingError for another's, or one that has ended."""
    find(session, Client, client_id, lock=True)
    found = find(session, Subscription, subscription_id, client_id=client_id, ended_at=None)
    service = find(session, Service, found.service_id, lock=True)
    end_subscription(session, kernel, service, BY_CLIENT)


def end_all_of(session: Session, kernel: Kernel, stored: StoredMethod) -> None:
    """End every subscription to a stored method; its client's row is locked by the caller."""
    ids = session.scalars(
        select(Subscription.service_id).where(Subscription.stored_method_id == stored.id, LASTING)
    ).all()
    for service_id in sorted(ids):
        service = find(session, Service, service_id, lock=True)
        end_subscription(session, kernel, service, METHOD_REMOVED)


def subscribable_services(session: Session, kernel: Kernel, invoice: Invoice) -> list[Service]:
    """The services whose periods an invoice asks money for, by id."""
    if invoice.kind not in ("order", "renewal"):
        return []
    ids = {each.service_id for each in invoice.lines if each.kind == "period" and each.service_id}
    services = [session.get_one(Service, each) for each in sorted(ids)]
    return [each for each in services if is_subscribable(session, kernel, each)]


def subscribe_paid(session: Session, kernel: Kernel, payment: Payment, invoice: Invoice) -> None:
    """Subscribe what a payment has paid for, where its payer wanted that with it.

    Not to a method that was removed meanwhile. The services are locked by whoever settled the
    invoice.
    """
    if payment.stored_method_id is None or not payment.facts.get("subscribe"):
        return
    stored = session.get_one(StoredMethod, payment.stored_method_id)
    if stored.is_forgotten:
        return
    for service in subscribable_services(session, kernel, invoice):
        subscribe(session, kernel, service, stored)
