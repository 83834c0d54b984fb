"""Complete tasks: people say what they did."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import Done
from billing_kernel.application.finding import find
from billing_kernel.application.finishing import resolve_operation
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.refunding import finish_refund
from billing_kernel.application.resolving import checked_facts
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.states import OperationState, TaskState
from billing_kernel.models import (
    Operation,
    Payment,
    Refund,
    Task,
    wall_clock,
)


class TaskEndedError(ConflictError):
    """The task is done or cancelled."""

    code = "task.ended"


class OperationUnresolvedError(ConflictError):
    """The task asks what became of an operation; resolving that ends the task."""

    code = "task.operation_unresolved"


def complete_task(
    session: Session,
    kernel: Kernel,
    task_id: int,
    administrator_id: int,
    facts: Mapping[str, Any],
) -> Task:
    """End a task; that of an operation by hand ends the operation with these facts.

    Raises TaskEndedError, OperationUnresolvedError, and InvalidInputError with pointers under
    /facts where the driver wants facts that are missing or wrong.
    """
    task = find(session, Task, task_id, lock=True)
    if task.status != TaskState.OPEN:
        raise TaskEndedError(f"task {task_id} is {task.status}")
    checked: dict[str, Any] = dict(facts)
    if task.operation_id is not None:
        checked = _finish_operation(session, kernel, task, task.operation_id, facts)
    if task.kind == "manual_refund":
        _finish_refund(session, kernel, task)
    task.status, task.facts = TaskState.DONE, checked
    task.completed_by_id, task.finished_at = administrator_id, wall_clock()
    return task


def _finish_refund(session: Session, kernel: Kernel, task: Task) -> None:
    refund = find(session, Refund, int(task.subject.removeprefix("refund:")), lock=True)
    payment = find(session, Payment, refund.payment_id, lock=True)
    finish_refund(session, kernel, refund, payment)


def _finish_operation(
    session: Session, kernel: Kernel, task: Task, operation_id: int, facts: Mapping[str, Any]
) -> dict[str, Any]:
    operation = session.get_one(Operation, operation_id, with_for_update=True)
    if operation.state in (OperationState.DONE, OperationState.REFUSED):
        return dict(facts)
    if task.kind != "manual_operation":
        raise OperationUnresolvedError(
            f"say what became of operation {operation.id}: resolve it as done or not done"
        )
    values = checked_facts(session, kernel, operation, facts)
    resolve_operation(session, kernel, operation, Done(facts=values), "")
    return values
