"""What a worker does next with an instruction to an upstream, and what an answer means.

The rule behind all of it: once something may have been sent, nothing is sent again before
a look-up said that it wasn't done, and a look-up counts only after the quiet period, when a
request that outlived its sender can no longer take effect.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from billing_hookspecs import (
    Done,
    NotFound,
    OutcomeUnknownError,
    Pending,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_kernel.domain.states import OperationEvent
from billing_kernel.domain.upstream_funds import reason_to_wait

Answer = Done | Pending | NotFound | UpstreamRefusedError | UpstreamBusyError | OutcomeUnknownError

ATTEMPTS_MAX = 20
LOOK_UPS_MAX = 200
BACKOFF_S = (5, 15, 60, 300, 900, 3600)
CHECK_MIN_S = 1


class LastAnswer(StrEnum):
    """What the latest call is known to have come to."""

    NONE = "none"
    SENT = "sent"
    BUSY = "busy"
    PENDING = "pending"
    UNKNOWN = "unknown"


class Call(StrEnum):
    EXECUTE = "execute"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True)
class Standing:
    """An operation as the decisions see it; instants are aware UTC."""

    last_answer: LastAnswer
    attempts: int
    look_ups: int
    quiet_until: datetime | None


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that is about to be made, and the standing to commit before it begins.

    ``asked_at`` is no later than its beginning, ``deadline`` no earlier than its end.
    """

    call: Call
    standing: Standing
    asked_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an answer does to the operation.

    ``due_at`` is when to go on, for the events that leave it open; ``reason`` is for people.
    ``last_answer`` is what is known from now on.
    """

    event: OperationEvent
    last_answer: LastAnswer
    due_at: datetime | None = None
    reason: str = ""
    try_next_module: bool = False


def decide_intent(
    standing: Standing, now: datetime, timeout: timedelta, quiet_period: timedelta
) -> Intent:
    """Send the instruction only where surely nothing of it was sent before; look up otherwise."""
    deadline = now + timeout
    if standing.last_answer in (LastAnswer.NONE, LastAnswer.BUSY):
        sent = Standing(
            LastAnswer.SENT, standing.attempts + 1, standing.look_ups, deadline + quiet_period
        )
        return Intent(Call.EXECUTE, sent, now, deadline)
    asked = replace(standing, look_ups=standing.look_ups + 1)
    return Intent(Call.LOOK_UP, asked, now, deadline)


def decide_ruling(intent: Intent, answer: Answer, now: datetime) -> Ruling:
    """What follows from the answer to a call, which was heard ``now``."""
    call, standing = intent.call, intent.standing
    match answer:
        case Done():
            return Ruling(OperationEvent.DONE, LastAnswer.NONE)
        case Pending():
            due_at = now + timedelta(seconds=max(CHECK_MIN_S, answer.check_after_s))
            if standing.look_ups >= LOOK_UPS_MAX:
                return _give_up("still not done upstream after many look-ups")
            return Ruling(OperationEvent.PENDING, LastAnswer.PENDING, due_at)
        case UpstreamRefusedError():
            return Ruling(
                OperationEvent.REFUSED, LastAnswer.NONE, reason=f"{answer.reason}: {answer.message}"
            )
        case NotFound():
            return _not_found(intent, now)
        case UpstreamBusyError():
            return _busy(call, answer, standing, now)
        case OutcomeUnknownError():
            return _lost(call, answer, standing, now)


def _busy(call: Call, answer: UpstreamBusyError, standing: Standing, now: datetime) -> Ruling:
    due_at = now + timedelta(seconds=max(CHECK_MIN_S, answer.retry_after_s))
    if call is Call.LOOK_UP:
        # The look-up wasn't answered; what is known of the instruction stays as it was.
        if standing.look_ups >= LOOK_UPS_MAX:
            return _give_up(f"can't be looked up: {answer.message}")
        if standing.last_answer is LastAnswer.PENDING:
            return Ruling(OperationEvent.PENDING, LastAnswer.PENDING, due_at, answer.message)
        return Ruling(OperationEvent.LOST, LastAnswer.UNKNOWN, due_at, answer.message)
    if isinstance(answer, UpstreamFundsError):
        # No limit: the money stays held until somebody tops the account up or cancels.
        reason = reason_to_wait(answer.message)
        return Ruling(OperationEvent.PENDING, LastAnswer.BUSY, due_at, reason)
    if standing.attempts >= ATTEMPTS_MAX:
        return _give_up(f"the upstream stayed busy: {answer.message}", LastAnswer.BUSY)
    return Ruling(OperationEvent.BUSY, LastAnswer.BUSY, due_at, answer.message, True)


def _lost(call: Call, answer: OutcomeUnknownError, standing: Standing, now: datetime) -> Ruling:
    if standing.look_ups >= LOOK_UPS_MAX:
        return _give_up(f"what became of it can't be told: {answer.message}")
    pause = timedelta(seconds=BACKOFF_S[min(standing.look_ups, len(BACKOFF_S) - 1)])
    if call is Call.LOOK_UP and standing.last_answer is LastAnswer.PENDING:
        return Ruling(OperationEvent.PENDING, LastAnswer.PENDING, now + pause, answer.message)
    return Ruling(OperationEvent.LOST, LastAnswer.UNKNOWN, now + pause, answer.message)


def _not_found(intent: Intent, now: datetime) -> Ruling:
    standing = intent.standing
    if intent.call is Call.EXECUTE:
        return _give_up("the driver answered a call with a look-up's answer")
    if standing.last_answer is LastAnswer.PENDING:
        return _give_up("the upstream accepted it and no longer knows it", LastAnswer.PENDING)
    if standing.quiet_until is not None and intent.asked_at < standing.quiet_until:
        # A request that is still on its way could be worked on after the upstream looked,
        # which may have been long before its answer came.
        due_at = max(now, standing.quiet_until)
        return Ruling(OperationEvent.LOST, LastAnswer.UNKNOWN, due_at, "not found so far")
    if standing.attempts >= ATTEMPTS_MAX:
        return _give_up("sent many times and never done", LastAnswer.NONE)
    return Ruling(OperationEvent.BUSY, LastAnswer.NONE, now, "not done; sent again")


def _give_up(reason: str, last_answer: LastAnswer = LastAnswer.UNKNOWN) -> Ruling:
    return Ruling(OperationEvent.GIVE_UP, last_answer, reason=reason)
