"""The nightly run: renew, suspend and delete what is due; harmless to repeat, at any time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
import structlog
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import STEPS, Conditions, Step
from billing_kernel.application.publishing import enqueue
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.periods import business_date
from billing_kernel.models import Invoice, InvoiceLine, Provider, Run, Service, wall_clock

PAGE = 200
NIGHTLY = "nightly"

Progress = Callable[[int, int], None]

log = structlog.get_logger(__name__)


class FutureRunError(RuleError):
    """A run can't be for a day that hasn't come."""

    code = "run.in_future"


@dataclass(slots=True)
class _Tally:
    """What a run did so far."""

    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    would_charge: list[dict[str, Any]] = field(default_factory=list)


class _OnlyLookedError(Exception):
    """Takes back what a dry run did to one service."""


def start_run(
    session: Session,
    kernel: Kernel,
    *,
    as_of: date | None = None,
    is_dry: bool = False,
    is_queued: bool = True,
) -> Run:
    """Write a nightly run down, and put it into the queue if it is; raises FutureRunError."""
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
    """Do everything that is due, service by service, each in a transaction of its own.

    A service that fails is logged and counted, and the others go on.
    """
    with kernel.database.reading() as session:
        run = find(session, Run, run_id)
        providers = list(session.scalars(select(Provider).order_by(Provider.id)))
        due = [(each, _today(kernel, each, run.as_of)) for each in providers]
        total = sum(_count(session, step, each.id, today) for step in STEPS for each, today in due)
    if run.state == "done":
        return run
    tally = _Tally()
    for step in STEPS:
        for provider, today in due:
            for page in _pages(kernel, step, provider.id, today):
                for service_id in page:
                    _do(kernel, run, tally, step, service_id, today)
                _report(kernel, run_id, tally, max(total, tally.done), "running")
                if progress is not None:
                    progress(tally.done, max(total, tally.done))
    return _report(kernel, run_id, tally, tally.done, "done")


def _do(kernel: Kernel, run: Run, tally: _Tally, step: Step, service_id: int, today: date) -> None:
    tally.done += 1
    try:
        if run.is_dry:
            did = _look(kernel, tally, step, service_id, today)
        else:
            did = kernel.database.run(lambda session: step.do(session, kernel, service_id, today))
    except BillingError as error:
        log.warning(
            "run.service_failed", service_id=service_id, step=step.name, failure=error.message
        )
        tally.counts["failed"] += 1
        return
    tally.counts[step.name] += did


def _look(kernel: Kernel, tally: _Tally, step: Step, service_id: int, today: date) -> bool:
    """What a step would do, with the lines that it would charge; nothing stays of it."""
    found: list[dict[str, Any]] = []
    did = False

    def work(session: Session) -> None:
        nonlocal did
        last = session.scalar(select(func.max(Invoice.id))) or 0
        did = step.do(session, kernel, service_id, today)
        found[:] = _lines_after(session, last) if did else []
        raise _OnlyLookedError

    try:
        kernel.database.run(work)
    except _OnlyLookedError:
        tally.would_charge += found
    return did


def _lines_after(session: Session, invoice_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(InvoiceLine, Invoice.currency, Invoice.client_id)
        .join(Invoice)
        .where(InvoiceLine.invoice_id > invoice_id)
        .order_by(InvoiceLine.id)
    )
    return [
        {
            "client_id": client_id,
            "service_id": line.service_id,
            "kind": line.kind,
            "description": line.description,
            "total": {"amount_minor": line.total_minor, "currency": currency},
        }
        for line, currency, client_id in rows
    ]


def _pages(kernel: Kernel, step: Step, provider_id: int, today: date) -> Iterator[Sequence[int]]:
    """The services that a step may have to do with, the longest due first, page by page."""
    after: Sequence[Any] | None = None
    while True:
        statement = select(step.on, Service.id).where(*_due(step, provider_id, today))
        if after is not None:
            statement = statement.where(tuple_(step.on, Service.id) > after)
        with kernel.database.reading() as session:
            rows = session.execute(statement.order_by(step.on, Service.id).limit(PAGE)).all()
        if not rows:
            return
        after = rows[-1]
        yield [service_id for _, service_id in rows]


def _count(session: Session, step: Step, provider_id: int, today: date) -> int:
    return (
        session.scalar(select(func.count(Service.id)).where(*_due(step, provider_id, today))) or 0
    )


def _due(step: Step, provider_id: int, today: date) -> Conditions:
    return (Service.provider_id == provider_id, *step.due(today))


def _today(kernel: Kernel, provider: Provider, as_of: date | None) -> date:
    return as_of or business_date(kernel.clock.now(), provider.time_zone)


def _report(kernel: Kernel, run_id: int, tally: _Tally, total: int, state: str) -> Run:
    def work(session: Session) -> Run:
        run = find(session, Run, run_id, lock=True)
        run.state, run.done, run.total = state, tally.done, total
        run.counts = {step.name: 0 for step in STEPS} | dict(tally.counts)
        run.would_charge = msgspec.to_builtins(tally.would_charge)
        run.finished_at = wall_clock() if state == "done" else None
        return run

    return kernel.database.run(work)
