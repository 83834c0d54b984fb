"""Hand work to the people of a department, and take back what they did."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.domain.states import OperationState, TaskState
from billing_kernel.models import Operation, Payment, ProcessingModule, Service, Task, wall_clock


def open_operation_task(
    session: Session, kernel: Kernel, operation: Operation, kind: str, title: str, detail: str
) -> Task:
    """A task about an operation, for the department of its module; one open one at a time.

    That of a bundled service falls to its parent's department where it has none itself.
    """
    return _open(
        session,
        kernel,
        Task(
            kind=kind,
            subject=f"operation:{operation.id}",
            status=TaskState.OPEN,
            department_id=_department_of(session, operation),
            service_id=operation.service_id,
            operation_id=operation.id,
            title=title[:255],
            detail=detail,
        ),
    )


def open_service_task(
    session: Session,
    kernel: Kernel,
    service: Service,
    kind: str,
    subject: str,
    title: str,
    detail: str,
) -> Task:
    """A task about a service, for the department of its module; one open one a subject."""
    return _open(
        session,
        kernel,
        Task(
            kind=kind,
            subject=subject,
            status=TaskState.OPEN,
            department_id=_department(session, service.processing_module_id),
            service_id=service.id,
            title=title[:255],
            detail=detail,
        ),
    )


def open_payment_task(
    session: Session,
    kernel: Kernel,
    payment: Payment,
    kind: str,
    subject: str,
    title: str,
    detail: str,
) -> Task:
    """A task about money; ``subject`` names what it is about, one open task each."""
    return _open(
        session,
        kernel,
        Task(
            kind=kind,
            subject=subject,
            status=TaskState.OPEN,
            payment_id=payment.id,
            title=title[:255],
            detail=detail,
        ),
    )


def open_module_task(
    session: Session,
    kernel: Kernel,
    module: ProcessingModule,
    kind: str,
    subject: str,
    title: str,
    detail: str,
) -> Task:
    """A task about a connection to an upstream, for its department; one open one a subject."""
    task = Task(kind=kind, subject=subject, status=TaskState.OPEN, title=title[:255], detail=detail)
    task.department_id = module.department_id
    return _open(session, kernel, task)


def open_task(
    session: Session,
    kernel: Kernel,
    kind: str,
    subject: str,
    title: str,
    detail: str,
    department_id: int | None = None,
) -> Task:
    """A task about neither an operation nor a payment of ours."""
    task = Task(
        kind=kind,
        subject=subject,
        status=TaskState.OPEN,
        department_id=department_id,
        title=title[:255],
        detail=detail,
    )
    return _open(session, kernel, task)


def close_tasks(session: Session, subject: str, status: TaskState) -> None:
    """End the open task with this subject, if there is one."""
    for task in session.scalars(
        select(Task).where(Task.subject == subject, Task.status == TaskState.OPEN)
    ):
        task.status = status
        task.finished_at = wall_clock()


def is_with_people(session: Session, service_id: int, kind: OperationKind) -> bool:
    """Whether people look into the refusal of such an operation: nothing repeats it by itself.

    Else each night would ask again for what was finally refused, and move money for it.
    """
    refused = session.scalar(
        select(Operation.id)
        .where(
            Operation.service_id == service_id,
            Operation.kind == kind,
            Operation.state == OperationState.REFUSED,
        )
        .order_by(Operation.id.desc())
        .limit(1)
    )
    about_it = select(Task.id).where(
        Task.subject == f"operation:{refused}", Task.status == TaskState.OPEN
    )
    return refused is not None and session.scalar(about_it) is not None


def close_operation_tasks(session: Session, operation_id: int, status: TaskState) -> None:
    """End what was open about an operation: it isn't needed any more."""
    for task in session.scalars(
        select(Task).where(Task.operation_id == operation_id, Task.status == TaskState.OPEN)
    ):
        task.status = status
        task.finished_at = wall_clock()


def _department(session: Session, module_id: int | None) -> int | None:
    """Who answers for a processing module; None where nobody in particular does."""
    module = session.get(ProcessingModule, module_id) if module_id else None
    return module.department_id if module else None


def _open(session: Session, kernel: Kernel, task: Task) -> Task:
    present = session.scalar(
        select(Task).where(Task.subject == task.subject, Task.status == TaskState.OPEN)
    )
    if present is not None:
        present.title, present.detail, present.kind = task.title, task.detail, task.kind
        return present
    session.add(task)
    session.flush()
    record_event(session, kernel, "TaskOpened", {"task_id": task.id, "kind": task.kind})
    return task


def _department_of(session: Session, operation: Operation) -> int | None:
    module = session.get(ProcessingModule, operation.processing_module_id or 0)
    if module is not None and module.department_id is not None:
        return module.department_id
    service = session.get_one(Service, operation.service_id)
    parent = session.get(Service, service.parent_service_id or 0)
    own = session.get(ProcessingModule, parent.processing_module_id or 0) if parent else None
    return own.department_id if own else None
