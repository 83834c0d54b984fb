"""Keep renewals back while the provider's own account at their upstream is short.

The client's money stays held, a person is told once, and all of them go on when the account
has money again.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    Money,
    OperationKind,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs import ProcessingModule as Driver
from billing_kernel.application.connecting import PATIENCE_S, module_context
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue, enqueue_at
from billing_kernel.application.tasking import close_tasks, open_module_task
from billing_kernel.domain.operations import LastAnswer
from billing_kernel.domain.states import (
    OPERATION_TRANSITIONS,
    OperationEvent,
    OperationState,
    TaskState,
    advance,
)
from billing_kernel.domain.upstream_funds import SHORT, pause_after, reason_to_wait, shortage
from billing_kernel.models import Operation, ProcessingModule, UpstreamBalance, wall_clock
from billing_kernel.sealing import SealError

KNOWN_FOR = timedelta(minutes=1)
"""How long a balance counts as known: many renewals at once make one look-up."""

WOKEN_MAX = 500


def needs_funds(operation: Operation, module: ProcessingModule, driver: Driver) -> bool:
    """Whether an operation is only sent while the upstream account has its minimum."""
    return (
        operation.kind == OperationKind.RENEW
        and operation.last_answer in (LastAnswer.NONE, LastAnswer.BUSY)
        and module.minimal_balance_minor is not None
        and {Capability.RENEW, Capability.BALANCE} <= driver.capabilities
    )


def known_balance(
    session: Session, module: ProcessingModule, now: datetime
) -> UpstreamBalance | None:
    """What was learned about an account a moment ago; None: somebody has to ask."""
    row = session.scalar(
        select(UpstreamBalance)
        .where(UpstreamBalance.processing_module_id == module.id)
        .execution_options(populate_existing=True)
    )
    return row if row is not None and now - row.asked_at < KNOWN_FOR else None


def learn_balance(kernel: Kernel, module: ProcessingModule) -> None:
    """Ask what the upstream account has; outside of any transaction.

    Where it has enough again, everything goes on that waited for that.
    """
    driver = kernel.extensions.processing_modules.find(module.driver)
    balance, problem, is_refused = None, "", False
    try:
        with module_context(
            kernel, module, operation_id="", attempt=1, timeout_s=PATIENCE_S
        ) as context:
            balance = kernel.extensions.call_driver(driver.balance, context)
    except (UpstreamRefusedError, SealError) as error:
        problem, is_refused = error.message, True
    except (UpstreamBusyError, OutcomeUnknownError) as error:
        problem = error.message

    def record(session: Session) -> None:
        has_more = balance is not None and _has_more(session, module, balance)
        _remember(session, module, balance, problem, is_refused=is_refused)
        if balance is not None and not shortage(balance, _minimum(module)):
            _wake(session, module, has_more=has_more)

    kernel.database.run(record)


def hold_for_funds(
    session: Session,
    kernel: Kernel,
    operation: Operation,
    module: ProcessingModule,
    known: UpstreamBalance,
) -> bool:
    """Let an operation wait if the account is short, or nobody can tell; whether it does.

    People are told unless asking again may help. The operation's row is locked by the caller.
    """
    detail = f"its balance can't be read: {known.problem}"
    if known.balance_minor is not None:
        detail = shortage(Money(known.balance_minor, known.currency), _minimum(module))
    if not detail:
        return False
    if operation.state != OperationState.WAITING:
        for event in (OperationEvent.CLAIM, OperationEvent.PENDING):
            state = OperationState(operation.state)
            operation.state = advance(OPERATION_TRANSITIONS, state, event)
    now = wall_clock()
    operation.last_answer, operation.reason = LastAnswer.BUSY, reason_to_wait(detail)[:500]
    operation.due_at = now + pause_after(now - operation.created_at)
    enqueue_at(session, "run_operation", {"operation_id": operation.id}, operation.due_at)
    if known.balance_minor is not None or known.is_refused:
        _raise_alarm(session, kernel, module, detail)
    return True


def wait_for_funds(session: Session, kernel: Kernel, operation: Operation) -> None:
    """The upstream itself said that the account is short: wait longer each time, and tell people.

    The operation is due already when the upstream wants to be asked again.
    """
    now = wall_clock()
    operation.due_at = max(operation.due_at, now + pause_after(now - operation.created_at))
    module = session.get_one(ProcessingModule, operation.processing_module_id)
    _raise_alarm(session, kernel, module, operation.reason.removeprefix(f"{SHORT}: "))


def _raise_alarm(session: Session, kernel: Kernel, module: ProcessingModule, detail: str) -> None:
    """Tell the module's department that its upstream account needs money; once."""
    name = next(iter(module.name.values()), module.driver)
    title = f"Top up the account of {name}"
    text = f"What was paid for waits, and its money stays held: {detail}"
    open_module_task(session, kernel, module, SHORT, _subject(module.id), title, text)


def end_alarm(session: Session, operation: Operation) -> None:
    """An operation that waited went on: close the task unless another of its module waits."""
    module_id = operation.processing_module_id or 0
    others = _waiting(module_id).where(Operation.id != operation.id)
    if not session.scalar(select(others.exists())):
        close_tasks(session, _subject(module_id), TaskState.DONE)


def _waiting(module_id: int) -> Select[Operation]:
    """The operations of a module that wait for money."""
    return select(Operation).where(
        Operation.processing_module_id == module_id,
        Operation.state == OperationState.WAITING,
        Operation.reason.startswith(SHORT),
    )


def _minimum(module: ProcessingModule) -> Money:
    return Money(module.minimal_balance_minor or 0, module.minimal_balance_currency or "")


def _subject(module_id: int) -> str:
    return f"funds:{module_id}"


def _remember(
    session: Session,
    module: ProcessingModule,
    balance: Money | None,
    problem: str,
    *,
    is_refused: bool,
) -> None:
    values = {
        "balance_minor": balance.amount_minor if balance is not None else None,
        "currency": balance.currency if balance is not None else "",
        "problem": problem[:500],
        "is_refused": is_refused,
        "asked_at": wall_clock(),
        "updated_at": wall_clock(),
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(UpstreamBalance)
        .values(processing_module_id=module.id, created_at=wall_clock(), **values)
        .on_conflict_do_update(index_elements=["processing_module_id"], set_=values)
    )


def _has_more(session: Session, module: ProcessingModule, balance: Money) -> bool:
    """Whether an account has more than when it was last looked at, as far as that is known."""
    before = session.scalar(
        select(UpstreamBalance).where(UpstreamBalance.processing_module_id == module.id)
    )
    if before is None or before.balance_minor is None or before.currency != balance.currency:
        return True
    return balance.amount_minor > before.balance_minor


def _wake(session: Session, module: ProcessingModule, *, has_more: bool) -> None:
    """Let what waits go on; what the upstream itself turned away only if there is more now."""
    now = wall_clock()
    unsent = Operation.attempts == 0
    for operation in session.scalars(
        _waiting(module.id)
        .where(true() if has_more else unsent)
        .order_by(Operation.id)
        .limit(WOKEN_MAX)
        .with_for_update(skip_locked=True)
    ):
        if operation.due_at > now:
            operation.due_at = now
            enqueue(session, "run_operation", {"operation_id": operation.id})
