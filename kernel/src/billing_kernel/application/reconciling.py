"""Compare what was sold with what exists upstream, and tell people where they differ.

Nothing is ever changed by it, on either side: what looks like a ghost may be somebody's server.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    OperationKind,
    UpstreamBusyError,
    UpstreamRefusedError,
    text_in,
)
from billing_kernel.application.connecting import PATIENCE_S, module_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.tasking import close_tasks, open_task
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.reconciliation import Difference, KnownService, differences
from billing_kernel.domain.states import OPEN_OPERATIONS, ServiceState, TaskState
from billing_kernel.models import Operation, ProcessingModule, Service

RUNNING = (ServiceState.ACTIVE, ServiceState.SUSPENDED)
LISTED_MAX = 100
"""Differences that a task spells out."""

log = structlog.get_logger(__name__)


class NothingToReconcileError(RuleError):
    """The module's driver can't list what exists upstream."""

    code = "processing_module.nothing_to_reconcile"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """``checked`` services exist upstream."""

    checked: int
    differences: tuple[Difference, ...]


def ask_to_reconcile(session: Session, kernel: Kernel) -> None:
    """Have workers compare every module whose driver can list services."""
    for module in session.scalars(select(ProcessingModule).where(ProcessingModule.is_enabled)):
        if _can_list(kernel, module):
            enqueue(session, "reconcile_module", {"processing_module_id": module.id})


def reconcile_module(kernel: Kernel, processing_module_id: int) -> None:
    """As ``reconcile``, for workers; an upstream that doesn't answer is asked the next night."""
    try:
        reconcile(kernel, processing_module_id)
    except (UpstreamBusyError, UpstreamRefusedError, NothingToReconcileError) as error:
        log.warning("reconciliation.failed", module_id=processing_module_id, failure=error.message)


def reconcile(kernel: Kernel, module_id: int) -> Reconciliation:
    """Compare a module with its upstream, and open or close the task that lists differences.

    Asks the upstream, so call this outside of transactions. Raises NothingToReconcileError,
    UpstreamRefusedError, UpstreamBusyError.
    """
    with kernel.database.reading() as session:
        module = find(session, ProcessingModule, module_id)
        before = _known(session, module_id)
    if not _can_list(kernel, module):
        raise NothingToReconcileError(f"the driver {module.driver} can't list services")
    driver = kernel.extensions.processing_modules.find(module.driver)
    with module_context(
        kernel, module, operation_id="", attempt=1, timeout_s=PATIENCE_S
    ) as context:
        found = kernel.extensions.call_driver(driver.import_services, context)
    with kernel.database.reading() as session:
        after = _known(session, module_id)
    odd = differences(found, before, after)
    kernel.database.run(lambda session: _tell(session, kernel, module, odd))
    return Reconciliation(len(found), odd)


def _can_list(kernel: Kernel, module: ProcessingModule) -> bool:
    if module.driver not in kernel.extensions.processing_modules:
        return False
    driver = kernel.extensions.processing_modules.find(module.driver)
    return Capability.IMPORT_SERVICES in driver.capabilities


def _known(session: Session, module_id: int) -> list[KnownService]:
    """Our running services of a module, and those that the upstream is still opening."""
    busy = select(Operation.service_id).where(Operation.state.in_(OPEN_OPERATIONS))
    rows = session.scalars(
        select(Service).where(
            Service.processing_module_id == module_id,
            Service.status.in_(RUNNING),
            Service.upstream_id != "",
        )
    ).all()
    moving = set(session.scalars(busy))
    return [
        *_opening(session, module_id),
        *(
            KnownService(
                service.id,
                service.upstream_id,
                service.name,
                service.status == ServiceState.ACTIVE,
                service.expires_on,
                service.version,
                service.id in moving,
            )
            for service in rows
        ),
    ]


def _opening(session: Session, module_id: int) -> Iterator[KnownService]:
    """What an upstream has begun to open isn't a ghost there, nor anything to compare yet."""
    for operation, service in session.execute(
        select(Operation, Service)
        .join(Service, Service.id == Operation.service_id)
        .where(
            Operation.processing_module_id == module_id,
            Operation.state.in_(OPEN_OPERATIONS),
            Operation.kind == OperationKind.OPEN,
            Operation.upstream_id != "",
        )
    ):
        yield KnownService(
            service.id, operation.upstream_id, service.name, False, None, service.version, True
        )


def _tell(
    session: Session, kernel: Kernel, module: ProcessingModule, odd: tuple[Difference, ...]
) -> None:
    subject = f"reconciliation:{module.id}"
    if not odd:
        close_tasks(session, subject, TaskState.DONE)
        return
    listed = [each.detail for each in odd[:LISTED_MAX]]
    if len(odd) > LISTED_MAX:
        listed.append(f"and {len(odd) - LISTED_MAX} more")
    title = f"{text_in(module.name, 'en')}: the upstream differs in {len(odd)} places"
    open_task(
        session, kernel, "upstream_differs", subject, title, "\n".join(listed),
        department_id=module.department_id,
    )  # fmt: skip
