"""Instructions to upstreams, each attempt at them, and the tasks that people do."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import OPEN_OPERATIONS, OperationState, TaskState
from billing_kernel.models.base import ChangingRow, Row

OPEN = f"state IN ({', '.join(repr(str(s)) for s in OPEN_OPERATIONS)})"
"""The operations that haven't ended, as their indexes have it."""


class Operation(ChangingRow):
    """One deliberate instruction upstream, with a name that is stable over all attempts.

    ``last_answer`` says what the latest attempt is known to have come to: ``none`` (nothing
    was sent), ``sent`` (no answer yet), ``busy``, ``pending``, ``unknown``. ``quiet_until``
    is when a request whose answer was lost can no longer take effect. The lease belongs to
    the worker that is calling; ``attempts`` fences it. ``sealed_secrets`` are what only the driver
    may know of it, bound to ``uid``, until it ends.
    """

    __tablename__ = "operations"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(str(s)) for s in OperationState)})", name="state"
        ),
        Index(
            "uq_operations_open_service_id",
            "service_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_operations_open_due_at",
            "due_at",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
    )

    uid: Mapped[str] = mapped_column(String(36), unique=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    processing_module_id: Mapped[int | None] = mapped_column(ForeignKey("processing_modules.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    request: Mapped[dict[str, Any]]
    request_version: Mapped[int] = mapped_column(default=1)
    last_answer: Mapped[str] = mapped_column(String(16), default="none")
    attempts: Mapped[int] = mapped_column(default=0)
    look_ups: Mapped[int] = mapped_column(default=0)
    upstream_id: Mapped[str] = mapped_column(String(255), default="")
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    due_at: Mapped[datetime]
    lease_owner: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    sealed_secrets: Mapped[bytes | None] = mapped_column(LargeBinary)


class OperationAttempt(Row):
    """The intent to call, committed before the call; its outcome is added after it."""

    __tablename__ = "operation_attempts"
    __table_args__ = (UniqueConstraint("operation_id", "number"),)

    operation_id: Mapped[int] = mapped_column(ForeignKey("operations.id"))
    number: Mapped[int]
    call: Mapped[str] = mapped_column(String(16))
    processing_module_id: Mapped[int | None] = mapped_column(ForeignKey("processing_modules.id"))
    deadline_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(16), default="")
    detail: Mapped[str] = mapped_column(String(500), default="")
    finished_at: Mapped[datetime | None]


class Task(ChangingRow):
    """Something that a person of a department has to do.

    One of ``completed_by_id``, an administrator, and ``completed_by_employee_id`` did it.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(str(s)) for s in TaskState)})", name="status"),
        Index(
            "uq_tasks_open_subject",
            "subject",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"))
    operation_id: Mapped[int | None] = mapped_column(ForeignKey("operations.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    title: Mapped[str] = mapped_column(String(255))
    detail: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("administrators.id"))
    completed_by_employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    finished_at: Mapped[datetime | None]
