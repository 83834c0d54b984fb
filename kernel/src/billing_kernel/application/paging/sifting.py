"""Go through services that are done one by one, and leave out those that need nothing."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.claiming import Due, Place, Spot, spots_from
from billing_kernel.application.paging.turning import Page, PageDone
from billing_kernel.application.recalling import Answers
from billing_kernel.bulk import among
from billing_kernel.models import Service

STRETCH = 200
"""How many services are read at once where each is a transaction of its own."""

Concerned: TypeAlias = Callable[[Service, Due, Answers], bool]


def one_by_one(kernel: Kernel, due: Due, place: Place, *, is_dry: bool = False) -> PageDone:
    """Leave the next services all to be done one by one."""
    with kernel.database.reading() as session:
        spots, after = spots_from(session, due, place, STRETCH)
    return PageDone(after, len(spots), [spot.service_id for spot in spots], 0)


def sifting(concerned: Concerned) -> Page:
    """Pages that leave to be done one by one only what the step is concerned with.

    Judged without a lock, of many that would each cost a transaction to find nothing to do.
    """

    def page(kernel: Kernel, due: Due, place: Place, *, is_dry: bool = False) -> PageDone:
        with kernel.database.reading() as session:
            spots, after = spots_from(session, due, place)
            answers = Answers(session, kernel)
            rest = [
                service.id
                for service in _services(session, spots)
                if _may_be(concerned, service, due, answers)
            ]
        return PageDone(after, len(spots), rest, 0)

    return page


def _services(session: Session, spots: Sequence[Spot]) -> Sequence[Service]:
    ids = [spot.service_id for spot in spots]
    found = session.scalars(select(Service).where(among(session, Service.id, ids)))
    services = {service.id: service for service in found}
    return [services[each] for each in ids if each in services]


def _may_be(concerned: Concerned, service: Service, due: Due, answers: Answers) -> bool:
    try:
        return concerned(service, due, answers)
    except BillingError:
        # What is wrong with it is counted and logged when it is done by itself.
        return True
