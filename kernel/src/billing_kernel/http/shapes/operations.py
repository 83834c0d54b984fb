"""Operations and tasks, as administrators see them."""

from datetime import datetime
from typing import Any, Literal, Self

from msgspec import UNSET, UnsetType

from billing_kernel import models
from billing_kernel.application.resolving import Outcome
from billing_kernel.http.shapes.base import Answer, Body, Fields, OptionalLine, RowId, Text

OutcomeWord = Literal["done", "not_done"]


class Operation(Answer):
    """One instruction to an upstream; ``reason`` says why it waits, was refused or gave up."""

    id: int
    kind: str
    state: str
    service_id: int
    processing_module_id: int | None
    invoice_id: int | None
    operation_uid: str
    attempts: int
    look_ups: int
    last_answer: str
    upstream_id: str
    outcome: dict[str, Any]
    reason: str
    created_at: datetime
    started_at: datetime | None
    due_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: models.Operation) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            state=row.state,
            service_id=row.service_id,
            processing_module_id=row.processing_module_id,
            invoice_id=row.invoice_id,
            operation_uid=row.uid,
            attempts=row.attempts,
            look_ups=row.look_ups,
            last_answer=row.last_answer,
            upstream_id=row.upstream_id,
            outcome=row.outcome,
            reason=row.reason,
            created_at=row.created_at,
            started_at=row.started_at,
            due_at=row.due_at,
            finished_at=row.finished_at,
        )


class ResolveOperation(Body):
    """What really happened upstream. Not done: the money returns to the balance."""

    EXAMPLE = {"outcome": "not_done", "reason": "the upstream never received it"}

    outcome: OutcomeWord
    facts: Fields = {}
    upstream_id: OptionalLine = ""
    reason: OptionalLine = ""

    def told(self) -> Outcome:
        return Outcome(self.outcome == "done", self.facts, self.upstream_id, self.reason)


class CompleteTask(Body):
    """What the driver's form for tasks asks for; nothing for most tasks."""

    EXAMPLE = {"facts": {"ip": "192.0.2.7"}}

    facts: Fields = {}


class ChangeTask(Body):
    """Hand a task to another department or to somebody of it, or note something down."""

    department_id: RowId | UnsetType | None = UNSET
    assignee_id: RowId | UnsetType | None = UNSET
    detail: Text | UnsetType = UNSET


class TaskDoer(Answer):
    """Who completed a task: an administrator or an employee."""

    role: Literal["administrator", "employee"]
    id: int

    @classmethod
    def of(cls, task: models.Task) -> Self | None:
        if task.completed_by_id is not None:
            return cls(role="administrator", id=task.completed_by_id)
        if task.completed_by_employee_id is not None:
            return cls(role="employee", id=task.completed_by_employee_id)
        return None


class Task(Answer):
    """Something that a person of a department has to do; ``assignee_id`` is an employee."""

    id: int
    kind: str
    status: str
    department_id: int | None
    assignee_id: int | None
    service_id: int | None
    operation_id: int | None
    payment_id: int | None
    title: str
    detail: str
    facts: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    completed_by: TaskDoer | None

    @classmethod
    def of(cls, row: models.Task) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            status=row.status,
            department_id=row.department_id,
            assignee_id=row.assignee_id,
            service_id=row.service_id,
            operation_id=row.operation_id,
            payment_id=row.payment_id,
            title=row.title,
            detail=row.detail,
            facts=row.facts or {},
            created_at=row.created_at,
            finished_at=row.finished_at,
            completed_by=TaskDoer.of(row),
        )
