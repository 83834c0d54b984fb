"""Write down which days of a service were charged, and what it counts as paid for."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Period
from billing_kernel.bulk import as_indexed
from billing_kernel.domain.paid import Paid, paid_document, read_paid
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.models import BilledPeriod, DailyCharge, Invoice, InvoiceLine, Service
from billing_kernel.models.services import IN_FORCE

CHARGED_KINDS = ("period", "addon")
FREE = "free"


def bill_days(
    session: Session,
    service: Service,
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    start_on: date,
    end_on: date,
) -> None:
    """Charge the service and its addons for ``[start_on, end_on)``.

    The database refuses a day that was charged before. The service's row is locked.
    """
    charged = [line for line in lines if line.kind in CHARGED_KINDS]
    amounts = [(line.kind, line.resource_type, line.net_minor) for line in charged]
    period = Period(start_on, end_on)
    _bill(session, service, amounts, period, invoice.currency, invoice_id=invoice.id)
    paid, earlier = _paid(service, invoice, charged, start_on, end_on), read_paid(service.paid)
    if earlier is not None:
        paid = paid.after(earlier, invoice.issued_on)
    service.paid = paid_document(paid)
    session.flush()


def bill_charge(
    session: Session, service: Service, charge: DailyCharge, lines: Sequence[PricedLine]
) -> None:
    """Write down the day of a daily charge, for the service and each of its addons.

    The database refuses a day that was charged before. The service's row is locked.
    """
    amounts = [(line.kind, line.resource_type, line.net.amount_minor) for line in lines]
    period = Period(charge.start_on, charge.end_on)
    _bill(session, service, amounts, period, charge.currency, daily_charge_id=charge.id)
    session.flush()


def bill_nothing(session: Session, service: Service, period: Period, currency: str) -> None:
    """Write down days that cost nothing: the service was suspended."""
    session.add(
        BilledPeriod(
            service_id=service.id,
            kind=FREE,
            start_on=period.start_on,
            end_on=period.end_on,
            amount_minor=0,
            currency=currency,
        )
    )
    session.flush()


def _bill(
    session: Session,
    service: Service,
    amounts: Iterable[tuple[str, str | None, int]],
    period: Period,
    currency: str,
    **source: int,
) -> None:
    """Write down the days of lines, each by its kind, resource type and net amount."""
    lines = list(amounts)
    numbers = _line_numbers(session, service, [resource_type for _, resource_type, _ in lines])
    session.add_all(
        BilledPeriod(
            service_id=service.id,
            line_no=numbers[resource_type],
            kind=kind,
            resource_type=resource_type,
            start_on=period.start_on,
            end_on=period.end_on,
            amount_minor=amount_minor,
            currency=currency,
            **source,
        )
        for kind, resource_type, amount_minor in lines
    )


def free_periods(session: Session, service: Service) -> list[Period]:
    """The suspensions of a service that is charged daily, from the first day not charged on."""
    rows = session.scalars(
        select(BilledPeriod).where(
            BilledPeriod.service_id == service.id,
            BilledPeriod.kind == FREE,
            BilledPeriod.end_on > service.charged_until,
            as_indexed(IN_FORCE),
        )
    )
    return [Period(row.start_on, row.end_on) for row in rows]


def list_price(line: InvoiceLine, currency: str) -> Money:
    """What a line cost before the tax rule: gross where list prices are gross."""
    if line.derivation is None:
        return Money(line.net_minor, currency)
    return msgspec.convert(line.derivation["price"], Money)


def _paid(
    service: Service, invoice: Invoice, lines: Sequence[InvoiceLine], start_on: date, end_on: date
) -> Paid:
    price, addons = Money.zero(invoice.currency), {}
    for line in lines:
        if line.resource_type is None:
            price = list_price(line, invoice.currency)
        else:
            addons[line.resource_type] = list_price(line, invoice.currency)
    return Paid(start_on, end_on, service.period_months, price, addons)


def _line_numbers(
    session: Session, service: Service, resource_types: Iterable[str | None]
) -> dict[str | None, int]:
    """0 for the service itself; an addon keeps the number that it was charged under first."""
    charged = list(resource_types)
    if not any(charged):
        return {None: 0}
    used = session.execute(
        select(BilledPeriod.resource_type, BilledPeriod.line_no)
        .where(BilledPeriod.service_id == service.id)
        .distinct()
    )
    numbers: dict[str | None, int] = {row.resource_type: row.line_no for row in used}
    numbers[None] = 0
    for resource_type in charged:
        if resource_type not in numbers:
            numbers[resource_type] = max(numbers.values()) + 1
    return numbers
