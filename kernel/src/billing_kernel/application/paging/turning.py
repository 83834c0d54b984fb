"""What a page of a step is, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.claiming import Due, Place


@dataclass(frozen=True, slots=True)
class PageDone:
    """What became of a page.

    ``looked_at``  how many services it had.
    ``rest``       those of them that are still to be done one by one, in order.
    ``done``       how many it did, or would do.
    ``would_charge``  the lines that a dry run found.
    """

    next: Place
    looked_at: int
    rest: Sequence[int]
    done: int
    would_charge: Sequence[dict[str, Any]] = ()


class Page(Protocol):
    """Does the next services; a dry one locks and writes nothing. Its transactions are its own."""

    def __call__(
        self, kernel: Kernel, due: Due, place: Place, *, is_dry: bool = False
    ) -> PageDone: ...


class PageWork(Protocol):
    """Does the next services in a transaction, or only looks."""

    def __call__(
        self, session: Session, kernel: Kernel, due: Due, place: Place, *, is_dry: bool
    ) -> PageDone: ...


def together(work: PageWork) -> Page:
    """Pages that are one transaction each."""

    def page(kernel: Kernel, due: Due, place: Place, *, is_dry: bool = False) -> PageDone:
        if is_dry:
            with kernel.database.reading() as session:
                return work(session, kernel, due, place, is_dry=True)
        return kernel.database.run(lambda session: work(session, kernel, due, place, is_dry=False))

    return page
