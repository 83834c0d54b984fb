"""Complete tasks: people say what they did."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import Done, FieldError, InvalidInputError
from billing_kernel.application.assigning import find_task
from billing_kernel.application.booking import lock_payment
from billing_kernel.application.finishing import resolve_operation
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.pointing import TASK_KIND as UNPOINTED_DOMAIN
from billing_kernel.application.pointing import try_again
from billing_kernel.application.refunding import book_missing_refund, resolve_refund
from billing_kernel.application.registering import ROLES, Caller
from billing_kernel.application.resolving import checked_facts
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.states import OperationState, TaskState
from billing_kernel.models import Employee, Operation, Service, Task, wall_clock

OUTCOMES = ("done", "not_done")

REFUND_TASKS = {"manual_refund": "done", "unclear_refund": ""}
"""Tasks that ask what became of a refund, and the outcome of completing them without a word."""


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
    caller: Caller,
    facts: Mapping[str, Any],
) -> Task:
    """End a task; that of an operation by hand ends the operation with these facts.

    That of a refund takes ``outcome``. Raises MissingError, TaskEndedError,
    OperationUnresolvedError, and InvalidInputError with pointers under /facts where facts are
    missing or wrong; that of a refund at the gateway what ``refund_payment`` raises, as long
    as it can't be booked.
    """
    task = find_task(session, caller, task_id, lock=True)
    if task.status != TaskState.OPEN:
        raise TaskEndedError(f"task {task_id} is {task.status}")
    checked: dict[str, Any] = dict(facts)
    if task.operation_id is not None:
        checked = _finish_operation(session, kernel, task, task.operation_id, facts)
    if task.kind in REFUND_TASKS:
        _resolve_refund(session, kernel, task, facts)
    if task.kind == "refund_elsewhere" and task.payment_id is not None:
        book_missing_refund(session, kernel, lock_payment(session, task.payment_id))
    if task.kind == UNPOINTED_DOMAIN and task.service_id is not None:
        try_again(session, session.get_one(Service, task.service_id))
    task.status, task.facts = TaskState.DONE, checked
    if caller.role == ROLES[Employee]:
        task.completed_by_employee_id = caller.id
    else:
        task.completed_by_id = caller.id
    task.finished_at = wall_clock()
    return task


def _resolve_refund(session: Session, kernel: Kernel, task: Task, facts: Mapping[str, Any]) -> None:
    """A refund by hand is done unless told otherwise; of an unclear one it must be told."""
    outcome = facts.get("outcome", REFUND_TASKS[task.kind])
    if outcome not in OUTCOMES:
        detail = f"must be {' or '.join(OUTCOMES)}"
        raise InvalidInputError([FieldError("/facts/outcome", detail)])
    refund_id = int(task.subject.removeprefix("refund:"))
    resolve_refund(session, kernel, refund_id, is_done=outcome == "done")


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
