"""Start an instruction to an upstream: one open operation for each service."""

from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind, ServiceView
from billing_kernel.application.connecting import modules_for
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue, message_values
from billing_kernel.application.viewing import stored_view, view_service
from billing_kernel.bulk import as_indexed, has_none
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.states import OPEN_OPERATIONS, OperationState
from billing_kernel.models import Invoice, Operation, Service, TariffPlan, wall_clock
from billing_kernel.models.operations import OPEN

RUNNING = "run_operation"


class OperationInProgressError(ConflictError):
    """An operation on this service is under way."""

    code = "service.operation_in_progress"


class BeingDeletedError(ConflictError):
    """The service is to be deleted; keep it first."""

    code = "service.being_deleted"


def refuse_being_deleted(service: Service) -> None:
    """Raise BeingDeletedError for a service whose deletion was asked for."""
    if service.deletes_on is not None:
        raise BeingDeletedError(
            f"service {service.id} is deleted on {service.deletes_on}: resume it to keep it"
        )


def open_operation_of(session: Session, service_id: int) -> Operation | None:
    """The operation on a service that hasn't ended, if there is one."""
    return session.scalar(
        select(Operation).where(
            Operation.service_id == service_id, Operation.state.in_(OPEN_OPERATIONS)
        )
    )


@cache
def nothing_under_way() -> ColumnElement[bool]:
    """The services without an open operation."""
    under_way = select(Operation.id).where(Operation.service_id == Service.id, as_indexed(OPEN))
    return has_none(under_way)


def bundle_operation_of(session: Session, service_id: int) -> Operation | None:
    """An open operation on something that is bundled with the service, if there is one."""
    return session.scalar(
        select(Operation)
        .join(Service)
        .where(Service.parent_service_id == service_id, Operation.state.in_(OPEN_OPERATIONS))
        .order_by(Operation.id)
        .limit(1)
    )


def refuse_during_operation(
    session: Session, service: Service, kind: OperationKind | None = None
) -> None:
    """Raise OperationInProgressError while an operation on the service is open.

    Renewals and changes, which move its bundle's money too, also wait for that.
    """
    operation = open_operation_of(session, service.id)
    if operation is None and kind in (OperationKind.RENEW, OperationKind.CHANGE):
        operation = bundle_operation_of(session, service.id)
    if operation is not None:
        raise OperationInProgressError(
            f"operation {operation.id} ({operation.kind}) on service {operation.service_id} "
            f"is {operation.state}"
        )


def start_operation(
    session: Session,
    kernel: Kernel,
    service: Service,
    kind: OperationKind,
    invoice: Invoice | None = None,
    *,
    start_on: date | None = None,
    expires_on: date | None = None,
    view: ServiceView | None = None,
    **more: Any,
) -> Operation:
    """Commit to an instruction; a worker carries it out.

    ``view`` is the service as the driver is to see it, where it isn't as it is stored.

    The service's row is locked by the caller. Raises OperationInProgressError.
    """
    refuse_during_operation(session, service, kind)
    module_id = service.processing_module_id
    if module_id is None and service.parent_service_id is None:
        plan = session.get_one(TariffPlan, service.tariff_plan_id)
        module_id = next((module.id for module in modules_for(session, plan)), None)
    values = operation_values(
        service.id,
        module_id,
        kind,
        invoice.id if invoice else None,
        view or view_service(session, service),
        start_on=start_on,
        expires_on=expires_on,
        **more,
    )
    operation = Operation(**values)
    session.add(operation)
    session.flush()
    enqueue(session, RUNNING, {"operation_id": operation.id})
    return operation


def operation_message(operation_id: int, due_at: datetime) -> dict[str, Any]:
    """What a worker is asked about an operation that was started."""
    return message_values(RUNNING, {"operation_id": operation_id}, due_at)


def operation_values(
    service_id: int,
    module_id: int | None,
    kind: OperationKind,
    invoice_id: int | None,
    view: ServiceView,
    *,
    start_on: date | None = None,
    expires_on: date | None = None,
    **more: Any,
) -> dict[str, Any]:
    """What an instruction says, as it waits for a worker."""
    return {
        "uid": str(uuid4()),
        "service_id": service_id,
        "processing_module_id": module_id,
        "invoice_id": invoice_id,
        "kind": kind,
        "state": OperationState.QUEUED,
        "request": {
            "service": stored_view(view),
            "start_on": start_on.isoformat() if start_on else None,
            "expires_on": expires_on.isoformat() if expires_on else None,
            **more,
        },
        "due_at": wall_clock(),
    }
