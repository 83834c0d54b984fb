"""Days that tests live through: the run of a night, and everything that workers do after it."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from tests.factories import run_newest

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.clock import FixedClock
from billing_kernel.domain.states import OPEN_OPERATIONS
from billing_kernel.models import Operation


def night(kernel: Kernel, clock: FixedClock, day: date, **how: Any) -> dict[str, int]:
    """The run of a day at noon, with everything that workers do after it; what it did."""
    clock.instant = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False, **how))
    done = carry_out(kernel, run.id)
    work(kernel)
    return {name: count for name, count in done.counts.items() if count}


def work(kernel: Kernel) -> None:
    """Carry every open operation out, and those that they lead to."""
    while True:
        with kernel.database.reading() as session:
            waiting = session.scalars(
                select(Operation.service_id).where(Operation.state.in_(OPEN_OPERATIONS))
            ).all()
        if not waiting:
            return
        for service_id in waiting:
            run_newest(kernel, service_id)
