"""The nightly run: what is due is done once; harmless to repeat, at any time, several at once."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.counting import Tally
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.making_up import remember_night
from billing_kernel.application.nightly import STEPS
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.stepping import Stepper, rare_collections
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.periods import business_date
from billing_kernel.models import Provider, Run, wall_clock

NIGHTLY = "nightly"
EARLIEST = date(2000, 1, 1)
"""The first day that a run may be for: nothing was sold before."""

Progress = Callable[[int, int], None]


class FutureRunError(RuleError):
    """A run can't be for a day that hasn't come."""

    code = "run.in_future"


def start_run(
    session: Session,
    kernel: Kernel,
    *,
    as_of: date | None = None,
    is_dry: bool = False,
    is_queued: bool = True,
) -> Run:
    """Write a nightly run down, and put it into the queue if it is.

    Raises InvalidInputError, FutureRunError.
    """
    if as_of is not None and as_of < EARLIEST:
        raise InvalidInputError([FieldError("/as_of", f"must not be before {EARLIEST}")])
    today = max(
        (_today(kernel, provider, None) for provider in session.scalars(select(Provider))),
        default=None,
    )
    if as_of is not None and today is not None and as_of > today:
        raise FutureRunError(f"{as_of} hasn't come yet: it is {today}")
    run = Run(kind=NIGHTLY, state="queued", as_of=as_of, is_dry=is_dry)
    session.add(run)
    session.flush()
    if is_queued:
        enqueue(session, "run_nightly", {"run_id": run.id})
    return run


def run_nightly(kernel: Kernel, run_id: int) -> None:
    """Carry a run out from its beginning; what was done before is found done."""
    carry_out(kernel, run_id)


def carry_out(kernel: Kernel, run_id: int, progress: Progress | None = None) -> Run:
    """Do everything that is due: step by step, each for one provider after the other.

    A service that fails is logged and counted, and the others go on.
    """
    with kernel.database.reading() as session:
        run = find(session, Run, run_id)
        providers = list(session.scalars(select(Provider).order_by(Provider.id)))
    if run.state == "done":
        return run
    begun_at = kernel.clock.now()
    days = [(each.id, _today(kernel, each, run.as_of)) for each in providers]
    dues = [
        (step, step.due_at(provider_id, today)) for step in STEPS for provider_id, today in days
    ]
    tally = Tally()
    with rare_collections():
        for step, due in dues:
            tally.begin(step, due)
            for _ in Stepper(kernel, tally, step, due, is_dry=run.is_dry).stretches():
                _report(kernel, run_id, tally, "running")
                if progress is not None:
                    progress(tally.done, tally.total)
    tally.end()
    if not run.is_dry and run.as_of is None:
        kernel.database.run(lambda session: remember_night(session, begun_at))
    return _report(kernel, run_id, tally, "done")


def _today(kernel: Kernel, provider: Provider, as_of: date | None) -> date:
    """The business date of a run at a provider: never one that hasn't begun there."""
    today = business_date(kernel.clock.now(), provider.time_zone)
    return today if as_of is None else min(as_of, today)


def _report(kernel: Kernel, run_id: int, tally: Tally, state: str) -> Run:
    def work(session: Session) -> Run:
        run = find(session, Run, run_id, lock=True)
        run.state, run.done, run.total = state, tally.done, tally.total
        run.counts = {step.name: 0 for step in STEPS} | dict(tally.counts)
        run.would_charge = list(tally.would_charge)
        run.would_charge_count = tally.would_charge_count
        run.finished_at = wall_clock() if state == "done" else None
        return run

    return kernel.database.run(work)
