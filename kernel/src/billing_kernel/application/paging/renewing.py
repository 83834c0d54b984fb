"""Renew a page of services from their clients' balances."""

from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.claiming import Due, Place, claim_page
from billing_kernel.application.paging.judging import Renewal, judge
from billing_kernel.application.paging.surveying import survey
from billing_kernel.application.paging.turning import PageDone
from billing_kernel.application.paging.writing import write_renewals


def would_charge(
    client_id: int, service_id: int | None, kind: str, description: str, total: Money
) -> dict[str, Any]:
    """A line as a dry run lists it."""
    return {
        "client_id": client_id,
        "service_id": service_id,
        "kind": kind,
        "description": description,
        "total": {"amount_minor": total.amount_minor, "currency": total.currency},
    }


def renew_next(
    session: Session, kernel: Kernel, due: Due, place: Place, *, is_dry: bool = False
) -> PageDone:
    """Renew what the balance allows of the next services; as ``renew_due`` does each of them.

    A dry one judges each service by itself.
    """
    claim = claim_page(session, due, place, lock=not is_dry)
    page = survey(session, due.provider_id, claim.spots, lock=not is_dry)
    judged = judge(session, kernel, page, alone=is_dry)
    if not is_dry:
        write_renewals(session, kernel, page, judged.renewals)
    lines = [line for each in judged.renewals for line in _lines(each)] if is_dry else ()
    return PageDone(claim.next, len(claim.spots), judged.rest, len(judged.renewals), lines)


def _lines(renewal: Renewal) -> list[dict[str, Any]]:
    service = renewal.service
    return [
        would_charge(renewal.client.id, service.id, line.kind, line.description, line.total)
        for line in renewal.priced.lines
    ]
