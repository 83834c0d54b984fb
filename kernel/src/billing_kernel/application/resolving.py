"""What people decide about operations: to go on, or what really became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    Done,
    InvalidInputError,
    OperationKind,
    ProcessingModule,
    check_fields,
)
from billing_kernel import models
from billing_kernel.application.finding import find
from billing_kernel.application.finishing import resolve_operation
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.tasking import close_operation_tasks
from billing_kernel.domain.states import (
    OPERATION_TRANSITIONS,
    OperationEvent,
    OperationState,
    TaskState,
    advance,
)
from billing_kernel.models import Operation, wall_clock

HASTENED = (OperationState.QUEUED, OperationState.WAITING, OperationState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What really happened: ``is_done`` with its facts, or not done at all."""

    is_done: bool
    facts: Mapping[str, Any]
    upstream_id: str = ""
    reason: str = ""


def retry_operation(session: Session, operation_id: int) -> Operation:
    """Go on with an operation now: one that gave up, or one that waits for a later time.

    What may have been sent is looked up first, as always. Raises IllegalTransitionError for
    one that runs or has ended.
    """
    operation = find(session, Operation, operation_id, lock=True)
    state = OperationState(operation.state)
    if state not in HASTENED:
        operation.state = advance(OPERATION_TRANSITIONS, state, OperationEvent.RETRY)
        close_operation_tasks(session, operation.id, TaskState.CANCELLED)
    operation.due_at = wall_clock()
    enqueue(session, "run_operation", {"operation_id": operation.id})
    session.flush()
    return operation


def resolve(session: Session, kernel: Kernel, operation_id: int, outcome: Outcome) -> Operation:
    """Say what became of an operation; its service and its money follow.

    Raises InvalidInputError for facts that its driver doesn't know, IllegalTransitionError
    while a worker is calling and for an ended one.
    """
    operation = find(session, Operation, operation_id, lock=True)
    done = None
    event = OperationEvent.RESOLVE_DONE if outcome.is_done else OperationEvent.RESOLVE_NOT_DONE
    advance(OPERATION_TRANSITIONS, OperationState(operation.state), event)
    if outcome.is_done:
        facts = checked_facts(session, kernel, operation, outcome.facts)
        done = Done(outcome.upstream_id, facts)
    resolve_operation(session, kernel, operation, done, outcome.reason or "not done")
    session.flush()
    return operation


def checked_facts(
    session: Session, kernel: Kernel, operation: Operation, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What people say about an operation, by the form of a driver that works by hand.

    Only an opening must bring the required facts; later operations may bring any of them.
    Facts of other drivers are their own business. Raises InvalidInputError under /facts.
    """
    driver = _driver(session, kernel, operation)
    if driver is None or Capability.MANUAL not in driver.capabilities:
        return dict(given)
    asked = [
        field
        for field in driver.task_facts
        if operation.kind == OperationKind.OPEN or field.name in given
    ]
    values, errors = check_fields(asked, given, "/facts")
    if errors:
        raise InvalidInputError(errors)
    return {name: value for name, value in values.items() if name in given}


def _driver(session: Session, kernel: Kernel, operation: Operation) -> ProcessingModule | None:
    if operation.processing_module_id is None:
        return None
    module = session.get_one(models.ProcessingModule, operation.processing_module_id)
    if module.driver not in kernel.extensions.processing_modules:
        return None
    return kernel.extensions.processing_modules.find(module.driver)
