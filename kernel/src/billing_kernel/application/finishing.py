"""What the end of an operation does to its service, its money and its people."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import ChargingPolicy, Done, Money, OperationKind
from billing_kernel.application.altering import begin_change, change_of, withdraw_changes
from billing_kernel.application.applying import apply_change, refuse_change
from billing_kernel.application.billing import bill_days
from billing_kernel.application.bundling import (
    bundled_with,
    follow_parent,
    order_bundle,
    renew_bundle,
    strike_addon,
)
from billing_kernel.application.charging_days import begin_days, try_to_charge
from billing_kernel.application.connecting import modules_for
from billing_kernel.application.dating import today_of
from billing_kernel.application.deleting import call_off_deletion, go_on_deleting
from billing_kernel.application.expiring import resume_paid
from billing_kernel.application.funding import end_alarm, wait_for_funds
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.pointing import follow_service
from billing_kernel.application.posting import post
from billing_kernel.application.publishing import enqueue_at, record_event
from billing_kernel.application.releasing import release_lines
from billing_kernel.application.renewing import withdraw_renewals
from billing_kernel.application.subscribing import SERVICE_DELETED, end_subscription
from billing_kernel.application.tasking import (
    close_operation_tasks,
    open_operation_task,
    open_service_task,
)
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.ledger import Owner, draft_earning
from billing_kernel.domain.operations import Answer, LastAnswer, Ruling
from billing_kernel.domain.periods import business_date, days_after, next_expiry
from billing_kernel.domain.states import (
    CHANGE_TRANSITIONS,
    OPERATION_TRANSITIONS,
    SERVICE_TRANSITIONS,
    ChangeEvent,
    ChangeState,
    OperationEvent,
    OperationState,
    ServiceEvent,
    ServiceState,
    TaskState,
    advance,
)
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.domain.upstream_funds import waits_for_funds
from billing_kernel.models import (
    Invoice,
    InvoiceLine,
    Operation,
    Provider,
    Service,
    ServiceChange,
    TariffPlan,
    TariffVersion,
    wall_clock,
)

REFUSED = "Refused"
"""How money that returns because of a refusal is described."""

SERVICE_EVENTS = {
    OperationKind.OPEN: ("ServiceOpened", ServiceEvent.OPENED),
    OperationKind.SUSPEND: ("ServiceSuspended", ServiceEvent.SUSPENDED),
    OperationKind.RESUME: ("ServiceResumed", ServiceEvent.RESUMED),
    OperationKind.CLOSE: ("ServiceDeleted", ServiceEvent.CLOSED),
    OperationKind.RENEW: ("ServiceRenewed", None),
    OperationKind.CHANGE: ("ServiceChanged", None),
    OperationKind.CHANGE_PASSWORD: ("ServicePasswordChanged", None),
}


def apply_ruling(
    session: Session, kernel: Kernel, operation: Operation, ruling: Ruling, answer: Answer
) -> None:
    """Move the operation as ruled, with all that follows. Its row is locked by the caller."""
    was_short = waits_for_funds(operation.reason)
    operation.state = advance(OPERATION_TRANSITIONS, OperationState(operation.state), ruling.event)
    operation.last_answer = ruling.last_answer
    operation.reason = ruling.reason[:500]
    operation.lease_owner, operation.lease_until = "", None
    match ruling.event:
        case OperationEvent.DONE:
            finish_done(session, kernel, operation, answer if isinstance(answer, Done) else Done())
        case OperationEvent.REFUSED:
            finish_refused(session, kernel, operation, ruling.reason)
        case OperationEvent.GIVE_UP:
            _ask_people(session, kernel, operation, ruling.reason)
        case _:
            if ruling.try_next_module and operation.kind == OperationKind.OPEN:
                operation.processing_module_id = next_module(session, operation)
            operation.due_at = ruling.due_at or wall_clock()
            if waits_for_funds(operation.reason):
                wait_for_funds(session, kernel, operation)
            enqueue_at(session, "run_operation", {"operation_id": operation.id}, operation.due_at)
    if was_short and not waits_for_funds(operation.reason):
        end_alarm(session, operation)


def finish_done(session: Session, kernel: Kernel, operation: Operation, done: Done) -> None:
    """The upstream did it: the service moves on and its money is earned.

    What pays for a bundled service is left for that one's own operation.
    """
    service = _locked_service(session, operation)
    _end(operation)
    operation.outcome = {"facts": dict(done.facts), "upstream_id": done.upstream_id}
    service.upstream_id = done.upstream_id or service.upstream_id
    service.facts = {**service.facts, **done.facts}
    service.version += 1
    kind = OperationKind(operation.kind)
    if kind is OperationKind.OPEN:
        _begin_service(session, kernel, operation, service)
    elif kind is OperationKind.RENEW:
        _extend_service(session, operation, service)
        _change_next(session, kernel, operation, service)
    elif kind is OperationKind.CHANGE:
        # Days that began before are charged as they were.
        try_to_charge(session, kernel, service, today_of(session, kernel, service))
        apply_change(session, operation, service)
    elif kind is OperationKind.SUSPEND:
        service.served_until = _served_until(operation)
    elif kind is OperationKind.RESUME:
        begin_days(session, kernel, service)
    elif kind is OperationKind.CLOSE:
        withdraw_renewals(session, kernel, service)
        withdraw_changes(session, kernel, service)
        end_subscription(session, kernel, service, SERVICE_DELETED)
        call_off_deletion(service)
    name, event = SERVICE_EVENTS[kind]
    if event is not None:
        service.status = advance(SERVICE_TRANSITIONS, ServiceState(service.status), event)
    _go_on_with_bundle(session, kernel, operation, service)
    follow_service(session, service, kind)
    _earn(session, operation)
    close_operation_tasks(session, operation.id, TaskState.DONE)
    if kind in (OperationKind.RENEW, OperationKind.CHANGE, OperationKind.SUSPEND):
        resume_paid(session, kernel, service)
    facts = {"service_id": service.id, "expires_on": _text(service.expires_on)}
    record_event(session, kernel, name, facts, service.client_id)
    if kind is OperationKind.SUSPEND:
        go_on_deleting(session, kernel, service)


def finish_refused(session: Session, kernel: Kernel, operation: Operation, reason: str) -> None:
    """The upstream finally refused: the money returns to the balance, a department is told."""
    service = _locked_service(session, operation)
    _end(operation)
    operation.reason = reason[:500]
    if operation.kind == OperationKind.OPEN:
        service.status = advance(
            SERVICE_TRANSITIONS, ServiceState(service.status), ServiceEvent.REFUSED
        )
    if operation.kind in (OperationKind.SUSPEND, OperationKind.CLOSE):
        call_off_deletion(service)
    if operation.kind == OperationKind.CHANGE:
        refuse_change(session, operation)
    elif operation.kind == OperationKind.RENEW:
        change = change_of(session, operation.invoice_id or 0, service.id)
        if change is not None and change.state == ChangeState.ASKED:
            _give_up_change(session, kernel, change, "Its renewal was refused.")
    if service.parent_service_id is not None and operation.invoice_id is not None:
        strike_addon(session, service, operation)
        if operation.kind == OperationKind.RENEW:
            follow_parent(session, kernel, service)
    service.version += 1
    release_lines(session, _paid_lines(session, operation), REFUSED)
    close_operation_tasks(session, operation.id, TaskState.CANCELLED)
    title = f"{operation.kind.capitalize()} of {service.name} was refused"
    open_operation_task(session, kernel, operation, "refused_operation", title, reason)
    facts = {"operation_id": operation.id, "service_id": service.id, "reason": reason}
    record_event(session, kernel, "OperationRefused", facts, service.client_id)


def _end(operation: Operation) -> None:
    operation.finished_at, operation.sealed_secrets = wall_clock(), None


def _locked_service(session: Session, operation: Operation) -> Service:
    """The operation's service with its row locked; a parent is locked before what it has."""
    # Locking reads the row again; what was changed before must not be lost.
    session.flush()
    service = session.get_one(Service, operation.service_id)
    if service.parent_service_id is not None:
        session.get_one(Service, service.parent_service_id, with_for_update=True)
    return session.get_one(Service, operation.service_id, with_for_update=True)


def _go_on_with_bundle(
    session: Session, kernel: Kernel, operation: Operation, service: Service
) -> None:
    """After a service comes what is bundled with it; what can't be ordered is refused now."""
    if service.parent_service_id is not None:
        follow_parent(session, kernel, service)
    elif operation.kind == OperationKind.OPEN:
        invoice = session.get_one(Invoice, operation.invoice_id)
        for part in order_bundle(session, kernel, service, invoice):
            if part.objection:
                resolve_operation(session, kernel, part.operation, None, part.objection)
    elif operation.kind == OperationKind.RENEW:
        renew_bundle(session, kernel, service, operation)
    else:
        for bundled in bundled_with(session, service):
            follow_parent(session, kernel, bundled)


def _begin_service(
    session: Session, kernel: Kernel, operation: Operation, service: Service
) -> None:
    """The first period begins today or, where the tariff charges so, on the days ordered."""
    provider = session.get_one(Provider, service.provider_id)
    today = business_date(kernel.clock.now(), provider.time_zone)
    service.processing_module_id = operation.processing_module_id
    service.started_on = service.anchor_on = today
    if service.parent_service_id is not None:
        return
    terms = read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)
    policies = kernel.extensions.pricing_policies
    policy = policies.find_policy(ChargingPolicy, terms.charging["policy"])
    line = _period_line(session, operation)
    if policy.charges_daily:
        service.charged_until = days_after(today, 1)
        _bill(session, operation, service, today, service.charged_until)
        service.paid = None
    elif not service.period_months:
        return
    elif policy.starts_when_active or line is None or line.start_on is None or line.end_on is None:
        service.expires_on = next_expiry(today, today, service.period_months)
        _bill(session, operation, service, today, service.expires_on)
    else:
        service.anchor_on = service.expires_on = line.end_on
        _bill(session, operation, service, line.start_on, line.end_on)


def _extend_service(session: Session, operation: Operation, service: Service) -> None:
    if service.parent_service_id is not None:
        return
    start_on = date.fromisoformat(operation.request["start_on"])
    expires_on = date.fromisoformat(operation.request["expires_on"])
    if start_on != service.expires_on:
        service.anchor_on = start_on
    service.expires_on = expires_on
    service.period_months = operation.request["period_months"]
    _bill(session, operation, service, start_on, expires_on)


def _change_next(session: Session, kernel: Kernel, operation: Operation, service: Service) -> None:
    """A service that was renewed and changed by one invoice is changed now."""
    change = change_of(session, operation.invoice_id or 0, service.id)
    if change is None or change.state != ChangeState.ASKED:
        return
    try:
        with session.begin_nested():
            begin_change(session, kernel, change, session.get_one(Invoice, change.invoice_id))
    except ConflictError as error:
        _give_up_change(session, kernel, change, error.message)


def _give_up_change(session: Session, kernel: Kernel, change: ServiceChange, reason: str) -> None:
    """A change that was paid together with a renewal can't follow it: its money returns."""
    change.state = advance(CHANGE_TRANSITIONS, ChangeState(change.state), ChangeEvent.WITHDRAW)
    invoice = session.get_one(Invoice, change.invoice_id)
    paid = [(line, invoice) for line in invoice.lines if line.id in change.line_ids]
    release_lines(session, paid, REFUSED)
    service = session.get_one(Service, change.service_id)
    title = f"Change of {service.name} was given up"
    subject = f"change:{change.id}"
    open_service_task(session, kernel, service, "abandoned_change", subject, title, reason)


def _period_line(session: Session, operation: Operation) -> InvoiceLine | None:
    return next((line for line in _lines(session, operation) if line.kind == "period"), None)


def _bill(
    session: Session, operation: Operation, service: Service, start_on: date, end_on: date
) -> None:
    invoice = session.get_one(Invoice, operation.invoice_id)
    bill_days(session, service, invoice, _lines(session, operation), start_on, end_on)


def _earn(session: Session, operation: Operation) -> None:
    for line, invoice in _paid_lines(session, operation):
        net, tax = Money(line.net_minor, invoice.currency), Money(line.tax_minor, invoice.currency)
        owner = Owner(invoice.provider_id, invoice.client_id)
        post(
            session,
            draft_earning(owner, line.id, net, tax, line.description, invoice.id, line.service_id),
        )


def _paid_lines(session: Session, operation: Operation) -> list[tuple[InvoiceLine, Invoice]]:
    if operation.invoice_id is None:
        return []
    invoice = session.get_one(Invoice, operation.invoice_id)
    return [(line, invoice) for line in _lines(session, operation) if line.total_minor]


def _lines(session: Session, operation: Operation) -> list[InvoiceLine]:
    """What an operation was paid by: of its service's lines those of a change, or all others.

    A bundled service is paid by the line of its parent's addon, once it has an operation.
    """
    service = session.get_one(Service, operation.service_id)
    paying_id = service.parent_service_id or service.id
    lines = session.scalars(
        select(InvoiceLine)
        .where(
            InvoiceLine.invoice_id == operation.invoice_id,
            InvoiceLine.service_id == paying_id,
        )
        .order_by(InvoiceLine.position)
    )
    change = change_of(session, operation.invoice_id or 0, paying_id)
    of_change = set(change.line_ids) if change else set()
    if operation.kind == OperationKind.CHANGE:
        return [line for line in lines if line.id in of_change]
    asked = [line for line in lines if line.id not in of_change]
    if service.parent_service_id is not None:
        return [line for line in asked if line.resource_type == service.bundled_as]
    elsewhere = _paying_for_bundle(session, operation)
    return [line for line in asked if line.resource_type not in elsewhere]


def _paying_for_bundle(session: Session, operation: Operation) -> set[str]:
    """The resource types whose lines of the operation's invoice pay for bundled services."""
    return set(
        session.scalars(
            select(Service.bundled_as)
            .join(Operation, Operation.service_id == Service.id)
            .where(
                Service.parent_service_id == operation.service_id,
                Operation.invoice_id == operation.invoice_id,
            )
        )
    )


def next_module(session: Session, operation: Operation) -> int | None:
    """The module after the operation's by priority, around to the first; None: there is none."""
    service = session.get_one(Service, operation.service_id)
    if service.parent_service_id is not None:
        return operation.processing_module_id
    plan = session.get_one(TariffPlan, service.tariff_plan_id)
    ids = [module.id for module in modules_for(session, plan)]
    if operation.processing_module_id not in ids:
        return ids[0] if ids else operation.processing_module_id
    return ids[(ids.index(operation.processing_module_id) + 1) % len(ids)]


def _ask_people(session: Session, kernel: Kernel, operation: Operation, reason: str) -> None:
    service = session.get_one(Service, operation.service_id)
    title = f"Say what became of: {operation.kind} {service.name}"
    open_operation_task(session, kernel, operation, "unclear_operation", title, reason)


def resolve_operation(
    session: Session, kernel: Kernel, operation: Operation, done: Done | None, reason: str
) -> None:
    """A person says what really happened: done as described, or not done at all (None).

    The operation's row is locked by the caller. Raises IllegalTransitionError while a worker
    is calling, and for an ended one.
    """
    event = OperationEvent.RESOLVE_NOT_DONE if done is None else OperationEvent.RESOLVE_DONE
    operation.state = advance(OPERATION_TRANSITIONS, OperationState(operation.state), event)
    operation.last_answer = LastAnswer.NONE
    if waits_for_funds(operation.reason):
        end_alarm(session, operation)
    if done is None:
        finish_refused(session, kernel, operation, reason)
    else:
        operation.upstream_id = done.upstream_id or operation.upstream_id
        finish_done(session, kernel, operation, done)


def _served_until(operation: Operation) -> date | None:
    """Where the days end that a suspended service owes; None where it isn't charged daily."""
    day = operation.request.get("served_until")
    return date.fromisoformat(day) if day else None


def _text(day: date | None) -> Any:
    return day.isoformat() if day else None
