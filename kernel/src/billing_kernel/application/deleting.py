"""Delete services in two steps: stopped at once, gone after a time to think again."""

from contextlib import suppress
from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from billing_hookspecs import Capability, OperationKind
from billing_kernel.application.bundling import refuse_bundled
from billing_kernel.application.closing import (
    ADMINISTRATOR,
    act_on_service,
    capabilities_of,
    suspended_by,
)
from billing_kernel.application.configuring import is_unconfigured
from billing_kernel.application.dating import today_of
from billing_kernel.application.defaulting import settings_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.parking import unparked
from billing_kernel.application.publishing import record_event
from billing_kernel.application.starting import open_operation_of, refuse_during_operation
from billing_kernel.domain.ledger import InsufficientFundsError
from billing_kernel.domain.periods import days_after
from billing_kernel.domain.states import SERVICE_TRANSITIONS, ServiceEvent, ServiceState, advance
from billing_kernel.models import Service


def act_in_steps(
    session: Session,
    kernel: Kernel,
    service_id: int,
    kind: OperationKind,
    *,
    asked_by: str = ADMINISTRATOR,
) -> Service:
    """As ``act_on_service``, but nothing is deleted that isn't stopped; resuming takes it back."""
    begin = {OperationKind.CLOSE: ask_to_delete, OperationKind.RESUME: resume_service}.get(kind)
    if begin is not None:
        return begin(session, kernel, service_id, asked_by=asked_by)
    return act_on_service(session, kernel, service_id, kind, asked_by=asked_by)


def ask_to_delete(
    session: Session, kernel: Kernel, service_id: int, *, asked_by: str = ADMINISTRATOR
) -> Service:
    """Stop a service, and delete it once its product type's grace period is over.

    Without such a period it is deleted as soon as the upstream has confirmed that it stopped.
    Who works by hand isn't sent twice for that. Asking again changes nothing. Raises
    BundledServiceError, IllegalTransitionError, OperationInProgressError.
    """
    service = find(session, Service, service_id, lock=True)
    refuse_bundled(session, service)
    refuse_during_operation(session, service)
    if service.deletes_on is not None:
        return service
    state = ServiceState(service.status)
    grace = settings_of(session, kernel, service.product_type).deletion_grace_days
    stops_first = state is ServiceState.ACTIVE and _stops_first(session, kernel, service, grace)
    is_nowhere = state is ServiceState.FAILED or is_unconfigured(service)
    if is_nowhere or not (grace or stops_first):
        return act_on_service(session, kernel, service_id, OperationKind.CLOSE, asked_by=asked_by)
    advance(SERVICE_TRANSITIONS, state, ServiceEvent.CLOSED)
    service.deletes_on = days_after(today_of(session, kernel, service), grace)
    service.deletion_asked_by = asked_by
    service.version += 1
    if stops_first:
        act_on_service(session, kernel, service_id, OperationKind.SUSPEND, asked_by=asked_by)
    if grace:
        facts = {"service_id": service.id, "deletes_on": service.deletes_on.isoformat()}
        record_event(session, kernel, "ServiceDeletionPlanned", facts, service.client_id)
    return service


def resume_service(
    session: Session, kernel: Kernel, service_id: int, *, asked_by: str = ADMINISTRATOR
) -> Service:
    """Start a service again; one that was to be deleted is kept.

    Then it only starts if whoever resumes it stopped it, or is an administrator. Raises as
    ``act_on_service``.
    """
    service = find(session, Service, service_id, lock=True)
    if service.deletes_on is None:
        return act_on_service(session, kernel, service_id, OperationKind.RESUME, asked_by=asked_by)
    refuse_during_operation(session, service)
    call_off_deletion(service)
    service.version += 1
    record_event(
        session, kernel, "ServiceDeletionTakenBack", {"service_id": service.id}, service.client_id
    )
    starts = asked_by in (ADMINISTRATOR, suspended_by(session, service))
    if starts and service.status == ServiceState.SUSPENDED:
        # Kept it is in any case; one that is charged daily starts when asked with money for it.
        with suppress(InsufficientFundsError):
            act_on_service(session, kernel, service_id, OperationKind.RESUME, asked_by=asked_by)
    return service


def call_off_deletion(service: Service) -> None:
    """Forget that a service was to be deleted; its row is locked by the caller."""
    service.deletes_on, service.deletion_asked_by = None, ""


def go_on_deleting(session: Session, kernel: Kernel, service: Service) -> None:
    """After a service was stopped: delete it now where nothing is left to wait for.

    Its row is locked by the caller.
    """
    if service.deletes_on is not None:
        delete_asked_for(session, kernel, service.id, today_of(session, kernel, service))


def due_for_asked_deletion(today: date) -> tuple[ColumnElement[bool], ...]:
    """The services whose deletion was asked for, and whose grace period is over."""
    return (
        Service.status.in_((ServiceState.ACTIVE, ServiceState.SUSPENDED)),
        Service.deletes_on <= today,
        unparked(),
    )


def delete_asked_for(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Begin to delete a service whose grace period is over; False where it isn't.

    Never one that still runs and could be stopped.
    """
    service = find(session, Service, service_id, lock=True)
    if service.deletes_on is None or today < service.deletes_on:
        return False
    if open_operation_of(session, service.id) or runs_on(session, kernel, service):
        return False
    asked_by = service.deletion_asked_by
    act_on_service(session, kernel, service.id, OperationKind.CLOSE, asked_by=asked_by)
    return True


def runs_on(session: Session, kernel: Kernel, service: Service) -> bool:
    """Whether a service isn't stopped although its driver can do that."""
    can_stop = Capability.SUSPEND in capabilities_of(session, kernel, service)
    return service.status == ServiceState.ACTIVE and can_stop


def _stops_first(session: Session, kernel: Kernel, service: Service, grace: int) -> bool:
    capabilities = capabilities_of(session, kernel, service)
    return Capability.SUSPEND in capabilities and (
        grace > 0 or Capability.MANUAL not in capabilities
    )
