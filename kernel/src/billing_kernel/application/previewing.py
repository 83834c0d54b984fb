"""What anything would cost: orders, renewals and changes in one quote, without side effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.changing import (
    ChangeTariff,
    quote_addon_change,
    quote_tariff_change,
)
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import parts_of, quote_item
from billing_kernel.application.renewing import quote_renewal
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.domain.quotes import Quote, QuotePart, quote_of
from billing_kernel.domain.repricing import PricedChange, paid_by
from billing_kernel.models import Client, Payer, Provider, Service


@dataclass(frozen=True, slots=True)
class AskedRenewal:
    service_id: int
    period_months: int


@dataclass(frozen=True, slots=True)
class AskedChange:
    """To another tariff plan or, where that is None, to other amounts of addons.

    ``after_renewal_months`` is the period of a renewal that is bought together with it.
    """

    service_id: int
    tariff_plan_id: int | None
    period_months: int | None = None
    addons: Mapping[str, Any] = field(default_factory=dict)
    after_renewal_months: int | None = None


AskedItem = OrderItem | AskedRenewal | AskedChange


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who asks: nobody known, a client, and who pays for it."""

    provider: Provider
    client: Client | None = None
    payer: Payer | None = None


def quote_all(
    session: Session,
    kernel: Kernel,
    buyer: Buyer,
    items: Sequence[AskedItem],
    as_of: date | None = None,
) -> Quote:
    """Price items as of a day, today if none is given.

    Raises InvalidInputError with pointers into ``items``, MissingError for services that
    aren't the client's, and whatever forbids one of the items.
    """
    parts: list[QuotePart] = []
    ends: list[date | None] = []
    for index, item in enumerate(items):
        found, expires_on = _quote(session, kernel, buyer, item, as_of, f"/items/{index}")
        parts += found
        ends.append(expires_on)
    return quote_of(parts, buyer.provider.currency, ends[0] if len(ends) == 1 else None)


def _quote(
    session: Session,
    kernel: Kernel,
    buyer: Buyer,
    item: AskedItem,
    as_of: date | None,
    pointer: str,
) -> tuple[list[QuotePart], date | None]:
    if isinstance(item, OrderItem):
        quoted = quote_item(
            session, kernel, buyer.provider, item, buyer.client, buyer.payer,
            as_of=as_of, pointer=pointer,
        )  # fmt: skip
        return parts_of(quoted), quoted.priced.expires_on
    service = _own_service(session, buyer, item.service_id, pointer)
    plan_id = service.tariff_plan_id
    lines: Sequence[PricedLine]
    if isinstance(item, AskedRenewal):
        renewal = quote_renewal(
            session, kernel, service, item.period_months, buyer.payer, as_of=as_of
        )
        lines, expires_on = renewal.lines, renewal.expires_on
    else:
        after = _renewed(session, kernel, buyer, service, item, as_of)
        change = _change(session, kernel, buyer, service, item, as_of, after, pointer)
        lines, expires_on = change.lines, change.expires_on
        plan_id = item.tariff_plan_id or plan_id
    return [QuotePart(line, plan_id, service.id) for line in lines], expires_on


def _change(
    session: Session,
    kernel: Kernel,
    buyer: Buyer,
    service: Service,
    item: AskedChange,
    as_of: date | None,
    after: Paid | None,
    pointer: str,
) -> PricedChange:
    if item.tariff_plan_id is not None:
        command = ChangeTariff(item.tariff_plan_id, item.period_months)
        return quote_tariff_change(
            session, kernel, service, command, buyer.payer, as_of=as_of, after=after
        )
    return quote_addon_change(
        session, kernel, service, item.addons, buyer.payer,
        as_of=as_of, after=after, pointer=f"{pointer}/addons",
    )  # fmt: skip


def _renewed(
    session: Session,
    kernel: Kernel,
    buyer: Buyer,
    service: Service,
    item: AskedChange,
    as_of: date | None,
) -> Paid | None:
    if item.after_renewal_months is None:
        return None
    months = item.after_renewal_months
    return paid_by(quote_renewal(session, kernel, service, months, buyer.payer, as_of=as_of).lines)


def _own_service(session: Session, buyer: Buyer, service_id: int, pointer: str) -> Service:
    if buyer.client is None:
        raise InvalidInputError(
            [FieldError(f"{pointer}/service_id", "needs a client: log in, or name one")]
        )
    return find(session, Service, service_id, client_id=buyer.client.id)
