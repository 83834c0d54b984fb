"""Begin what happens by the clock: the nightly run, and the checks of books and upstreams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.reconciling import ask_to_reconcile
from billing_kernel.application.running import start_run
from billing_kernel.application.tasking import close_tasks, open_task
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.schedules import is_due, next_turn
from billing_kernel.domain.states import TaskState
from billing_kernel.models import Leader, Provider, Schedule, wall_clock

LEADERSHIP = "scheduler"
"""What the process leads that looks after the schedule."""

BOOKS = "books"

log = structlog.get_logger(__name__)


def _start_night(session: Session, kernel: Kernel) -> None:
    start_run(session, kernel)


def _start_check(session: Session, _kernel: Kernel) -> None:
    enqueue(session, "check_books", {})


JOBS: Final[Mapping[str, Callable[[Session, Kernel], None]]] = {
    "nightly": _start_night,
    BOOKS: _start_check,
    "reconciliation": ask_to_reconcile,
}
"""What is begun each night, at the hour of the settings in each provider's time zone."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who leads until when, when each job was last begun, and when all are next."""

    leader: str | None
    leads_until: datetime | None
    begun_at: Mapping[str, datetime | None]
    next_at: datetime | None


def outlook(session: Session, kernel: Kernel) -> Outlook:
    """The schedule as it stands."""
    leader = session.scalar(
        select(Leader).where(Leader.name == LEADERSHIP, Leader.until > wall_clock())
    )
    begun = {row.job: row.begun_at for row in session.scalars(select(Schedule))}
    zones = set(session.scalars(select(Provider.time_zone)))
    return Outlook(
        leader.owner if leader else None,
        leader.until if leader else None,
        {job: begun.get(job) for job in JOBS},
        next_turn(kernel.clock.now(), kernel.settings.nightly_at, zones),
    )


def begin_due_jobs(kernel: Kernel) -> list[str]:
    """Begin the jobs whose hour has come since they were last begun; their names.

    An hour that passed while nothing ran is made up for, once. A job that is seen for the first
    time begins with its next hour.
    """
    with kernel.database.reading() as session:
        zones = set(session.scalars(select(Provider.time_zone)))
        known = {row.job: row.begun_at for row in session.scalars(select(Schedule))}
    now, at = kernel.clock.now(), kernel.settings.nightly_at
    due = [job for job in JOBS if job not in known or is_due(known[job], now, at, zones)]
    return [job for job in due if kernel.database.run(partial(_begin, kernel, job, zones))]


def check_books(kernel: Kernel) -> None:
    """Verify every invariant of the books; a broken one opens a task that says which."""
    with kernel.database.reading() as session:
        verdict = verify_ledger(session)
    if verdict.ok:
        kernel.database.run(lambda session: close_tasks(session, BOOKS, TaskState.DONE))
        return
    broken = ", ".join(problem.invariant for problem in verdict.problems)
    log.error("books.broken", invariants=broken)
    detail = "\n".join(
        f"{problem.detail}: {problem.table} {', '.join(map(str, problem.ids))}"
        for problem in verdict.problems
    )
    kernel.database.run(
        lambda session: open_task(
            session, kernel, "broken_books", BOOKS, f"The books don't hold: {broken}", detail
        )
    )


def _begin(kernel: Kernel, job: str, zones: set[str], session: Session) -> bool:
    now = kernel.clock.now()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(Schedule).values(job=job, begun_at=now).on_conflict_do_nothing())
    row = session.scalars(select(Schedule).where(Schedule.job == job).with_for_update()).one()
    if not is_due(row.begun_at, now, kernel.settings.nightly_at, zones):
        return False
    row.begun_at = now
    JOBS[job](session, kernel)
    return True
