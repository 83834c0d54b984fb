"""Carry out an operation: commit the intent, call the driver, commit what came of it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    CapabilityMissingError,
    ChangePassword,
    ChangeService,
    CloseService,
    Context,
    Done,
    FindOperation,
    NotFound,
    OpenService,
    OperationKind,
    OutcomeUnknownError,
    Pending,
    RenewService,
    ResumeService,
    ServiceView,
    SuspendService,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs import ProcessingModule as Driver
from billing_kernel.application.connecting import module_context
from billing_kernel.application.finishing import apply_ruling, next_module
from billing_kernel.application.funding import (
    hold_for_funds,
    known_balance,
    learn_balance,
    needs_funds,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.leasing import Lease, keep_lease
from billing_kernel.application.publishing import enqueue_at
from billing_kernel.application.tasking import open_operation_task
from billing_kernel.application.viewing import read_view
from billing_kernel.crashpoints import crashpoint
from billing_kernel.domain.operations import (
    Answer,
    Call,
    Intent,
    LastAnswer,
    Standing,
    decide_intent,
    decide_ruling,
)
from billing_kernel.domain.states import (
    OPEN_OPERATIONS,
    OPERATION_TRANSITIONS,
    OperationEvent,
    OperationState,
    advance,
)
from billing_kernel.models import (
    Operation,
    OperationAttempt,
    ProcessingModule,
    Service,
    wall_clock,
)
from billing_kernel.sealing import SealError

MODULE_AWAY_PAUSE = timedelta(minutes=1)
LOOK_AGAIN = timedelta(seconds=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An operation that this worker holds: everything for the call, nothing of the session."""

    operation_id: int
    number: int
    intent: Intent
    kind: OperationKind
    uid: str
    service: ServiceView
    upstream_id: str
    started_at: datetime
    period_months: int
    expires_on: date | None
    before: ServiceView
    module: ProcessingModule
    driver: Driver
    lease: Lease
    sealed_secrets: bytes | None = field(repr=False)


def run_operation(kernel: Kernel, operation_id: int) -> None:
    """Carry an operation one call further; harmless to repeat and to run at once.

    What was sent and not answered is looked up, never sent again unseen.
    """
    claimed = kernel.database.run(lambda session: _claim(session, kernel, operation_id))
    if isinstance(claimed, ProcessingModule):
        learn_balance(kernel, claimed)
        claimed = kernel.database.run(lambda session: _claim(session, kernel, operation_id))
    if not isinstance(claimed, Claimed):
        return
    crashpoint("operation.claimed")
    with keep_lease(kernel, claimed.lease):
        answer = _ask(kernel, claimed)
        crashpoint("operation.answered")
        kernel.database.run(lambda session: _record(session, kernel, claimed, answer))
    crashpoint("operation.recorded")


def _claim(
    session: Session, kernel: Kernel, operation_id: int
) -> Claimed | ProcessingModule | None:
    """Take the lease and commit the intent to call; None where there is nothing to do now.

    A module: what its upstream account has must be learned before.
    """
    now = wall_clock()
    operation = session.get(Operation, operation_id, with_for_update=True)
    if operation is None or not _is_due(operation, now):
        return None
    module = _module(session, kernel, operation)
    if module is None:
        _wait_for_module(session, operation, now)
        return None
    driver = kernel.extensions.processing_modules.find(module.driver)
    if _is_for_people(operation, driver):
        _hand_to_people(session, kernel, operation, driver)
        return None
    if needs_funds(operation, module, driver):
        known = known_balance(session, module, now)
        if known is None:
            session.expunge(module)
            return module
        if hold_for_funds(session, kernel, operation, module, known):
            return None
    return _intend(session, kernel, operation, module, driver, now)


def _is_due(operation: Operation, now: datetime) -> bool:
    state = OperationState(operation.state)
    if state not in OPEN_OPERATIONS or state is OperationState.FAILED:
        return False
    if state is OperationState.RUNNING:
        return operation.lease_until is None or operation.lease_until <= now
    return operation.due_at <= now + LOOK_AGAIN


def _intend(
    session: Session,
    kernel: Kernel,
    operation: Operation,
    module: ProcessingModule,
    driver: Driver,
    now: datetime,
) -> Claimed:
    timeout = timedelta(seconds=min(driver.call_timeout_s, kernel.settings.call_timeout_s))
    intent = decide_intent(_standing(operation), now, timeout, _quiet_period(kernel, driver))
    operation.state = advance(
        OPERATION_TRANSITIONS, OperationState(operation.state), OperationEvent.CLAIM
    )
    operation.started_at = operation.started_at or now
    operation.last_answer = intent.standing.last_answer
    operation.attempts, operation.look_ups = intent.standing.attempts, intent.standing.look_ups
    operation.quiet_until = intent.standing.quiet_until
    number = operation.attempts + operation.look_ups
    lease = Lease(operation.id, str(uuid4()), kernel.settings.lease_s)
    operation.lease_owner, operation.lease_until = lease.owner, now + lease.length
    session.add(
        OperationAttempt(
            operation_id=operation.id,
            number=number,
            call=intent.call,
            processing_module_id=module.id,
            deadline_at=intent.deadline,
        )
    )
    session.expunge(module)
    expires_on = operation.request.get("expires_on")
    return Claimed(
        operation.id,
        number,
        intent,
        OperationKind(operation.kind),
        operation.uid,
        read_view(operation.request["service"]),
        operation.upstream_id,
        operation.started_at,
        int(operation.request.get("period_months") or 0),
        date.fromisoformat(expires_on) if expires_on else None,
        read_view(operation.request.get("before") or operation.request["service"]),
        module,
        driver,
        lease,
        operation.sealed_secrets,
    )


def _ask(kernel: Kernel, claimed: Claimed) -> Answer:
    """Call the driver in what is left of the time that the intent was given.

    A worker that was held up so long that nothing is left must not send: by now another one
    may have looked the operation up, and found nothing.
    """
    left = (claimed.intent.deadline - wall_clock()).total_seconds()
    if left <= 0:
        return UpstreamBusyError("its time had passed before anything was sent", retry_after_s=1)
    try:
        with module_context(
            kernel,
            claimed.module,
            operation_id=claimed.uid,
            attempt=claimed.number,
            timeout_s=left,
        ) as context:
            return _call(kernel, claimed, context)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        return error
    except SealError as error:
        return UpstreamBusyError(f"nothing was sent: {error.message}")
    except CapabilityMissingError as error:
        if claimed.intent.call is Call.LOOK_UP:
            return OutcomeUnknownError(error.message)
        return UpstreamRefusedError("unsupported", error.message)


def _call(kernel: Kernel, claimed: Claimed, context: Context) -> Done | Pending | NotFound:
    driver, service, call = claimed.driver, claimed.service, kernel.extensions.call_driver
    if claimed.intent.call is Call.LOOK_UP:
        question = FindOperation(
            claimed.kind, service, claimed.started_at, claimed.upstream_id, claimed.expires_on
        )
        return call(driver.find_operation, question, context)
    match claimed.kind:
        case OperationKind.OPEN:
            return call(driver.open_service, OpenService(service), context)
        case OperationKind.RENEW:
            if Capability.RENEW not in driver.capabilities:
                return Done()
            renewal = RenewService(service, claimed.period_months, claimed.expires_on)
            return call(driver.renew_service, renewal, context)
        case OperationKind.SUSPEND:
            return call(driver.suspend_service, SuspendService(service), context)
        case OperationKind.RESUME:
            return call(driver.resume_service, ResumeService(service), context)
        case OperationKind.CHANGE:
            return call(driver.change_service, ChangeService(service, claimed.before), context)
        case OperationKind.CLOSE:
            return call(driver.close_service, CloseService(service), context)
        case OperationKind.CHANGE_PASSWORD:
            secrets = kernel.keys.unseal(claimed.sealed_secrets or b"", claimed.uid)
            return call(
                driver.change_password, ChangePassword(service, secrets["password"]), context
            )


def _record(session: Session, kernel: Kernel, claimed: Claimed, answer: Answer) -> None:
    """Write what came of a call, unless another worker took the operation over meanwhile."""
    operation = session.get_one(Operation, claimed.operation_id, with_for_update=True)
    attempt = (
        session.query(OperationAttempt)
        .filter_by(operation_id=operation.id, number=claimed.number)
        .one()
    )
    attempt.answer, attempt.detail = _named(answer)
    attempt.finished_at = wall_clock()
    if operation.lease_owner != claimed.lease.owner or operation.state != OperationState.RUNNING:
        log.warning("operation.taken_over", operation_id=operation.id, attempt=claimed.number)
        return
    if isinstance(answer, Done | Pending):
        operation.upstream_id = answer.upstream_id or operation.upstream_id
    ruling = decide_ruling(claimed.intent, answer, wall_clock())
    apply_ruling(session, kernel, operation, ruling, answer)
    crashpoint("operation.outcome_written")


def _named(answer: Answer) -> tuple[str, str]:
    if isinstance(answer, Exception):
        return type(answer).__name__.removesuffix("Error")[:16], str(answer)[:500]
    return type(answer).__name__, ""


def _standing(operation: Operation) -> Standing:
    return Standing(
        LastAnswer(operation.last_answer),
        operation.attempts,
        operation.look_ups,
        operation.quiet_until,
    )


def _quiet_period(kernel: Kernel, driver: Driver) -> timedelta:
    override = kernel.settings.quiet_period_s
    return timedelta(seconds=driver.quiet_period_s if override is None else override)


def _module(session: Session, kernel: Kernel, operation: Operation) -> ProcessingModule | None:
    """The module that is to do it, if its plugin is there and not set aside."""
    if operation.processing_module_id is None:
        # None could provide it when it was paid.
        operation.processing_module_id = next_module(session, operation)
    if operation.processing_module_id is None:
        return None
    module = session.get(ProcessingModule, operation.processing_module_id)
    drivers = kernel.extensions.processing_modules
    if module is None or module.driver not in drivers:
        return None
    is_set_aside = kernel.extensions.faults.quarantine_text(drivers.owner(module.driver))
    return None if is_set_aside else module


def _wait_for_module(session: Session, operation: Operation, now: datetime) -> None:
    """Its plugin is missing or quarantined: nothing is lost, the operation waits for it."""
    operation.reason = "its processing module is not available; install or release its plugin"
    operation.due_at = now + MODULE_AWAY_PAUSE
    enqueue_at(session, "run_operation", {"operation_id": operation.id}, operation.due_at)


def _is_for_people(operation: Operation, driver: Driver) -> bool:
    """By hand, unless a renewal is only counted here and leaves nothing to be done."""
    if Capability.MANUAL not in driver.capabilities:
        return False
    return operation.kind != OperationKind.RENEW or Capability.RENEW in driver.capabilities


def _hand_to_people(session: Session, kernel: Kernel, operation: Operation, driver: Driver) -> None:
    """A person does the work; completing the task gives the outcome."""
    if operation.state == OperationState.WAITING:
        return
    operation.state = advance(
        OPERATION_TRANSITIONS, OperationState(operation.state), OperationEvent.CLAIM
    )
    operation.state = advance(
        OPERATION_TRANSITIONS, OperationState(operation.state), OperationEvent.PENDING
    )
    operation.last_answer = LastAnswer.PENDING
    operation.started_at = operation.started_at or wall_clock()
    operation.due_at = wall_clock() + timedelta(days=3650)
    service = session.get_one(Service, operation.service_id)
    title = f"{operation.kind.capitalize()} {service.name}"
    detail = f"Service {service.id} of client {service.client_id}, by hand."
    open_operation_task(session, kernel, operation, "manual_operation", title, detail)
