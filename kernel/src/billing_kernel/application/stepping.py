"""Carry one step of a run out: by pages, and service by service what they leave."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError, Money
from billing_kernel.application.counting import Tally
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import Step
from billing_kernel.application.paging.claiming import Due, Place, count_after, spots_from
from billing_kernel.application.paging.renewing import would_charge
from billing_kernel.application.paging.turning import PageDone
from billing_kernel.database import DatabaseUnavailableError
from billing_kernel.models import DailyCharge, Invoice, InvoiceLine
from billing_kernel.models.base import Row

YOUNG_MAX = 50_000
"""How many objects may be new before Python looks for cycles among them."""

log = structlog.get_logger(__name__)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage less often: pages make many objects, and hardly a cycle.

    Looking at each few hundred of them takes a quarter of a night. For the whole process.
    """
    usual = gc.get_threshold()
    gc.set_threshold(YOUNG_MAX, *usual[1:])
    try:
        yield
    finally:
        # Of two runs at once the second one found what the first one had set.
        if usual[0] != YOUNG_MAX:
            gc.set_threshold(*usual)


class _OnlyLookedError(Exception):
    """Takes back what a dry run did to one service."""


@dataclass(frozen=True, slots=True)
class Stepper:
    """A step over the services of one provider; ``is_dry`` changes nothing."""

    kernel: Kernel
    tally: Tally
    step: Step
    due: Due
    is_dry: bool

    def stretches(self) -> Iterator[None]:
        """Do the step; pauses where progress can be told."""
        place = Place()
        while not place.is_over or place.left:
            done = self._page(place)
            if place == Place():
                self.tally.expect(done.looked_at + self._after(done.next))
            self.tally.done += done.looked_at
            self.tally.counts[self.step.name] += done.done
            self.tally.list_charges(done.would_charge)
            for service_id in done.rest:
                self._do(service_id)
            place = done.next
            if place.is_over and place.left:
                place = self._wait_for_one(place)
            yield

    def _after(self, place: Place) -> int:
        if place.is_over:
            return len(place.left)
        with self.kernel.database.reading() as session:
            return count_after(session, self.due, place)

    def _page(self, place: Place) -> PageDone:
        """A page; one that can't be written is left to be done service by service."""
        kernel, due = self.kernel, self.due
        try:
            return self.step.page(kernel, due, place, is_dry=self.is_dry)
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 whatever is wrong with one service, others are billed
            log.warning("run.page_failed", step=self.step.name, failure=_told(error))
        with kernel.database.reading() as session:
            spots, after = spots_from(session, due, place)
        return PageDone(after, len(spots), [spot.service_id for spot in spots], 0)

    def _wait_for_one(self, place: Place) -> Place:
        """Do what has been held by somebody else the longest, when they let it go."""
        first = min(place.left.values())
        self.tally.done += 1
        self._do(first.service_id)
        left = {key: spot for key, spot in place.left.items() if spot != first}
        return Place(place.after, left, place.is_over)

    def _do(self, service_id: int) -> None:
        step, kernel, today = self.step, self.kernel, self.due.today
        try:
            if self.is_dry:
                did = self._look(service_id)
            else:
                did = kernel.database.run(
                    lambda session: step.do(session, kernel, service_id, today)
                )
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 as with pages
            log.warning(
                "run.service_failed", service_id=service_id, step=step.name, failure=_told(error)
            )
            self.tally.counts["failed"] += 1
            return
        self.tally.counts[step.name] += did

    def _look(self, service_id: int) -> bool:
        """What the step would do, with the lines that it would charge; nothing stays of it."""
        found: list[dict[str, Any]] = []
        did = False

        def work(session: Session) -> None:
            nonlocal did
            invoice_id, charge_id = _newest(session, Invoice), _newest(session, DailyCharge)
            if did := self.step.do(session, self.kernel, service_id, self.due.today):
                found[:] = _lines_after(session, invoice_id) + _days_after(session, charge_id)
            raise _OnlyLookedError

        try:
            self.kernel.database.run(work)
        except _OnlyLookedError:
            self.tally.list_charges(found)
        return did


def _lines_after(session: Session, invoice_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(InvoiceLine, Invoice.currency, Invoice.client_id)
        .join(Invoice)
        .where(InvoiceLine.invoice_id > invoice_id)
        .order_by(InvoiceLine.id)
    )
    return [
        would_charge(
            client_id,
            line.service_id,
            line.kind,
            line.description,
            Money(line.total_minor, currency),
        )
        for line, currency, client_id in rows
    ]


def _days_after(session: Session, charge_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(DailyCharge).where(DailyCharge.id > charge_id).order_by(DailyCharge.id)
    )
    return [
        would_charge(
            charge.client_id,
            charge.service_id,
            "day",
            f"{charge.lines[0]['description']}, {charge.start_on}",
            Money(charge.total_minor, charge.currency),
        )
        for charge in rows
    ]


def _newest(session: Session, model: type[Row]) -> int:
    return session.scalar(select(func.max(model.id))) or 0


def _told(error: Exception) -> str:
    """What may be logged of an error: texts of the kernel's own, names of all others."""
    return error.message if isinstance(error, BillingError) else type(error).__name__
