"""States and the only legal moves between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from billing_kernel.domain.errors import ConflictError


class IllegalTransitionError(ConflictError):
    """The object's state doesn't allow what was asked for."""

    code = "state.illegal_transition"

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{str(event)!r} is not possible in state {str(state)!r}")
        self.state, self.event = state, event


class OrderState(StrEnum):
    NEW = "new"
    PAID = "paid"
    CANCELLED = "cancelled"


class OrderEvent(StrEnum):
    PAY = "pay"
    CANCEL = "cancel"


ORDER_TRANSITIONS = {
    (OrderState.NEW, OrderEvent.PAY): OrderState.PAID,
    (OrderState.NEW, OrderEvent.CANCEL): OrderState.CANCELLED,
}


class InvoiceState(StrEnum):
    NEW = "new"
    PAID = "paid"
    CANCELLED = "cancelled"


class InvoiceEvent(StrEnum):
    PAY = "pay"
    CANCEL = "cancel"


INVOICE_TRANSITIONS = {
    (InvoiceState.NEW, InvoiceEvent.PAY): InvoiceState.PAID,
    (InvoiceState.NEW, InvoiceEvent.CANCEL): InvoiceState.CANCELLED,
}


class ServiceState(StrEnum):
    ORDERED = "ordered"
    OPENING = "opening"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    FAILED = "failed"
    DELETED = "deleted"


class ServiceEvent(StrEnum):
    PAY = "pay"
    OPENED = "opened"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    CLOSED = "closed"
    CANCEL = "cancel"


SERVICE_TRANSITIONS = {
    (ServiceState.ORDERED, ServiceEvent.PAY): ServiceState.OPENING,
    (ServiceState.ORDERED, ServiceEvent.CANCEL): ServiceState.DELETED,
    (ServiceState.OPENING, ServiceEvent.OPENED): ServiceState.ACTIVE,
    (ServiceState.OPENING, ServiceEvent.REFUSED): ServiceState.FAILED,
    # paid for, but nobody said yet what to open
    (ServiceState.OPENING, ServiceEvent.CANCEL): ServiceState.DELETED,
    (ServiceState.ACTIVE, ServiceEvent.SUSPENDED): ServiceState.SUSPENDED,
    (ServiceState.SUSPENDED, ServiceEvent.RESUMED): ServiceState.ACTIVE,
    (ServiceState.ACTIVE, ServiceEvent.CLOSED): ServiceState.DELETED,
    (ServiceState.SUSPENDED, ServiceEvent.CLOSED): ServiceState.DELETED,
    (ServiceState.FAILED, ServiceEvent.CANCEL): ServiceState.DELETED,
}


class ChangeState(StrEnum):
    ASKED = "asked"
    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ChangeEvent(StrEnum):
    BEGIN = "begin"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAW = "withdraw"


CHANGE_TRANSITIONS = {
    (ChangeState.ASKED, ChangeEvent.BEGIN): ChangeState.BEGUN,
    (ChangeState.ASKED, ChangeEvent.WITHDRAW): ChangeState.WITHDRAWN,
    (ChangeState.BEGUN, ChangeEvent.DONE): ChangeState.DONE,
    (ChangeState.BEGUN, ChangeEvent.REFUSED): ChangeState.REFUSED,
}


class OperationState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DONE = "done"
    REFUSED = "refused"


OPEN_OPERATIONS = (
    OperationState.QUEUED,
    OperationState.RUNNING,
    OperationState.WAITING,
    OperationState.UNKNOWN,
    OperationState.FAILED,
)
"""Not ended: FAILED waits for a person who says what really happened."""


class OperationEvent(StrEnum):
    CLAIM = "claim"
    DONE = "done"
    PENDING = "pending"
    BUSY = "busy"
    REFUSED = "refused"
    LOST = "lost"
    GIVE_UP = "give_up"
    RETRY = "retry"
    RESOLVE_DONE = "resolve_done"
    RESOLVE_NOT_DONE = "resolve_not_done"


_Q, _R, _W = OperationState.QUEUED, OperationState.RUNNING, OperationState.WAITING
_U, _F = OperationState.UNKNOWN, OperationState.FAILED
OPERATION_TRANSITIONS = {
    (_Q, OperationEvent.CLAIM): _R,
    (_W, OperationEvent.CLAIM): _R,
    (_U, OperationEvent.CLAIM): _R,
    # a worker died while it held the lease; another one takes over
    (_R, OperationEvent.CLAIM): _R,
    (_R, OperationEvent.DONE): OperationState.DONE,
    (_R, OperationEvent.PENDING): _W,
    (_R, OperationEvent.BUSY): _Q,
    (_R, OperationEvent.REFUSED): OperationState.REFUSED,
    (_R, OperationEvent.LOST): _U,
    (_R, OperationEvent.GIVE_UP): _F,
    (_F, OperationEvent.RETRY): _Q,
} | {
    (state, event): ended
    for state in (_Q, _W, _U, _F)
    for event, ended in (
        (OperationEvent.RESOLVE_DONE, OperationState.DONE),
        (OperationEvent.RESOLVE_NOT_DONE, OperationState.REFUSED),
    )
}


class AttemptState(StrEnum):
    """Where one attempt at a payment stands; what it is worth follows from its totals."""

    NEW = "new"
    PENDING = "pending"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_ATTEMPTS = (AttemptState.NEW, AttemptState.PENDING, AttemptState.UNKNOWN)


class AttemptEvent(StrEnum):
    STARTED = "started"
    LOST = "lost"
    BUSY = "busy"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCEL = "cancel"


ATTEMPT_TRANSITIONS = {
    # nothing was sent, or surely nothing came of it
    (AttemptState.NEW, AttemptEvent.BUSY): AttemptState.NEW,
    (AttemptState.UNKNOWN, AttemptEvent.BUSY): AttemptState.NEW,
} | {
    (state, event): moved
    for state in OPEN_ATTEMPTS
    for event, moved in (
        (AttemptEvent.STARTED, AttemptState.PENDING),
        (AttemptEvent.LOST, AttemptState.UNKNOWN),
        (AttemptEvent.CAPTURED, AttemptState.DONE),
        (AttemptEvent.FAILED, AttemptState.FAILED),
        (AttemptEvent.CANCEL, AttemptState.CANCELLED),
    )
}
# A gateway may have taken money after we gave up on it: what came is booked all the same.
ATTEMPT_TRANSITIONS |= {
    (AttemptState.CANCELLED, AttemptEvent.CAPTURED): AttemptState.DONE,
    (AttemptState.FAILED, AttemptEvent.CAPTURED): AttemptState.DONE,
}


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def advance(transitions: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state after ``event``; raises IllegalTransitionError where the table has none."""
    try:
        return transitions[state, event]
    except KeyError:
        raise IllegalTransitionError(state, event) from None


def payment_status(state: AttemptState, captured_minor: int, refunded_minor: int) -> str:
    """The status that is shown: from the totals once money moved, from the attempt before."""
    if captured_minor:
        if not refunded_minor:
            return "paid"
        return "refunded" if refunded_minor >= captured_minor else "partially_refunded"
    return "paid" if state is AttemptState.DONE else str(state)
