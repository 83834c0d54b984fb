"""A clock for trying things out: it stands until it is moved, and moving it lets time pass.

Only with the setting ``test_clock``. Nights that are passed are carried out one after another,
each with all the work that follows from it, before the next begins.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import STEPS
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.clock import Clock
from billing_kernel.database import Database
from billing_kernel.domain.errors import ConflictError, MissingError, RuleError
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.schedules import turns_between
from billing_kernel.models import (
    Message,
    MovedClock,
    Operation,
    OutboxMessage,
    Payment,
    Provider,
    Refund,
    Service,
    ServiceDomain,
    wall_clock,
)
from billing_kernel.models.outbox import Queue

LONGEST_MOVE: Final = timedelta(days=366 * 5)
STALLED: Final = timedelta(seconds=30)
"""How long nothing may be done of what is due before nobody seems to work."""

POLL: Final = timedelta(milliseconds=10)

DEADLINES: Final[Sequence[InstrumentedAttribute[Any]]] = (
    OutboxMessage.due_at,
    Message.due_at,
    Operation.due_at,
    Payment.check_at,
    Refund.due_at,
    ServiceDomain.due_at,
)
"""What waits for the wall clock: it comes nearer by as much as the test clock moves."""


class ClockBackwardsError(ConflictError):
    """A clock that goes back would undo what has happened."""

    code = "clock.backwards"


class ClockTooFarError(RuleError):
    """A move over more nights than one request can pass."""

    code = "clock.too_far"


class NobodyWorksError(ConflictError):
    """What fell due isn't being done; no worker runs."""

    code = "clock.nobody_works"


class MovableClock:
    """Goes on from where it was moved to, for all processes alike; the real time before that."""

    def __init__(self, database: Database, otherwise: Clock) -> None:
        self._database = database
        self._otherwise = otherwise

    def now(self) -> datetime:
        with self._database.reading() as session:
            moved: MovedClock | None = session.scalar(select(MovedClock))
        if moved is None:
            return self._otherwise.now()
        return moved.instant + max(wall_clock() - moved.updated_at, timedelta(0))


def require_test_clock(kernel: Kernel) -> None:
    """Raise MissingError where there is no test clock."""
    if not kernel.settings.test_clock:
        raise MissingError("there is no test clock: start with BILLING_TEST_CLOCK=1 to have one")


def move_clock(kernel: Kernel, to: datetime) -> int | None:
    """Move the test clock on, doing everything that falls due on the way, in order.

    The id of the last nightly run of those that it took; None where no night had anything to do.

    To ask again for where it was moved to changes nothing, although it has gone on since.
    Returns when all of it is done; documents alone may still be written. What can't be done yet
    (a task for people, an upstream that is away) waits as it always does.
    Raises ClockBackwardsError, ClockTooFarError, NobodyWorksError.
    """
    now = kernel.clock.now()
    with kernel.database.reading() as session:
        set_to = session.scalar(select(MovedClock.instant)) or now
    if to < set_to:
        raise ClockBackwardsError(f"the clock was moved to {set_to.isoformat()} already")
    if to - now > LONGEST_MOVE:
        raise ClockTooFarError("move the clock by five years at a time at most")
    with kernel.database.reading() as session:
        zones = set(session.scalars(select(Provider.time_zone)))
    run_id = None
    _finish_work(kernel)
    for night in turns_between(now, to, kernel.settings.nightly_at, zones):
        if _anything_due(kernel, night):
            _set(kernel, night)
            _finish_work(kernel)
            run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False))
            run_id = carry_out(kernel, run.id).id
            _finish_work(kernel)
    _set(kernel, to)
    _finish_work(kernel)
    return run_id


def _anything_due(kernel: Kernel, night: datetime) -> bool:
    """Whether a night has anything to do, so that quiet ones cost a look only."""
    with kernel.database.reading() as session:
        for provider in session.scalars(select(Provider)):
            today = business_date(night, provider.time_zone)
            # One question for all steps: most of a quiet night is asking.
            anything = or_(*(and_(*step.due(today)) for step in STEPS))
            due = select(Service.id).where(Service.provider_id == provider.id, anything)
            if session.scalar(due.limit(1)) is not None:
                return True
    return False


def _set(kernel: Kernel, to: datetime) -> None:
    def move(session: Session) -> None:
        session.get(MovedClock, 1, with_for_update=True)
        passed = to - kernel.clock.now()
        # Work that took longer than the rest of the way has brought the clock there already.
        if passed > timedelta(0):
            session.merge(MovedClock(id=1, instant=to, updated_at=wall_clock()))
            for deadline in DEADLINES:
                _bring_nearer(session, deadline, passed)
        session.info["left_work"] = True

    kernel.database.run(move)


def _bring_nearer(
    session: Session, deadline: InstrumentedAttribute[Any], passed: timedelta
) -> None:
    table = deadline.class_
    waiting = session.execute(
        select(table.id, deadline).where(deadline > wall_clock()).with_for_update()
    ).all()
    for row_id, due_at in waiting:
        session.execute(
            update(table)
            .where(table.id == row_id)
            .values({deadline.key: due_at - passed})
            .execution_options(synchronize_session=False)
        )


def _finish_work(kernel: Kernel) -> None:
    """Wait until workers have done what is due; raises NobodyWorksError if nothing moves."""
    left, since = _due_work(kernel), wall_clock()
    while left:
        time.sleep(POLL.total_seconds())
        still = _due_work(kernel)
        if still != left:
            left, since = still, wall_clock()
        elif wall_clock() - since > STALLED:
            raise NobodyWorksError(
                f"{len(left)} messages are due and nobody works on them: is a worker running?"
            )


def _due_work(kernel: Kernel) -> list[int]:
    with kernel.database.reading() as session:
        return list(
            session.scalars(
                select(OutboxMessage.id).where(
                    OutboxMessage.died_at.is_(None),
                    OutboxMessage.queue == Queue.DEFAULT,
                    OutboxMessage.due_at <= wall_clock(),
                )
            )
        )
