"""The invoice lines that paid for a service's days, and what is left of them."""

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Period, TaxDecision
from billing_kernel.application.billing import CHARGED_KINDS, list_price
from billing_kernel.application.crediting import earned_of, left_of
from billing_kernel.bulk import as_indexed
from billing_kernel.domain.refunds import RefundableLine
from billing_kernel.domain.returns import BoughtLine
from billing_kernel.domain.states import InvoiceState
from billing_kernel.models import BilledPeriod, Invoice, InvoiceLine, Service
from billing_kernel.models.services import IN_FORCE

CHANGE = "change"
BUYING_KINDS = (*CHARGED_KINDS, CHANGE)
"""Lines that pay for days; a setup or a late fee doesn't."""

Days = dict[tuple[int | None, str, str | None], Period]
"""The days that were billed, by invoice, kind of line and resource type."""


def bought_lines(session: Session, service: Service, currency: str) -> tuple[BoughtLine, ...]:
    """What paid for the days of a service and was earned, newest first."""
    lines = session.scalars(
        select(InvoiceLine)
        .join(Invoice)
        .where(
            InvoiceLine.service_id == service.id,
            InvoiceLine.kind.in_(BUYING_KINDS),
            InvoiceLine.net_minor > 0,
            Invoice.status == InvoiceState.PAID,
            Invoice.currency == currency,
        )
        .order_by(InvoiceLine.id.desc())
    ).all()
    earned = earned_of(session, lines)
    left, days = left_of(session, earned, currency), _days(session, service)
    return tuple(_bought(line, left[line.id], days) for line in earned)


def _bought(line: InvoiceLine, left: RefundableLine, days: Days) -> BoughtLine:
    currency = left.net.currency
    net, tax = Money(line.net_minor, currency), Money(line.tax_minor, currency)
    derivation = line.derivation or {}
    decision = derivation.get("tax")
    return BoughtLine(
        RefundableLine(line.id, net, tax),
        left,
        list_price(line, currency),
        msgspec.convert(decision, TaxDecision) if decision else TaxDecision(line.tax_rate),
        bool(derivation.get("prices_include_tax")),
        _days_of(line, days),
        line.resource_type,
    )


def _days_of(line: InvoiceLine, billed: Days) -> Period | None:
    """The days that a line paid for: as billed, else as it says."""
    days = billed.get((line.invoice_id, line.kind, line.resource_type))
    if days is None and line.start_on is not None and line.end_on is not None:
        days = Period(line.start_on, line.end_on)
    return days


def _days(session: Session, service: Service) -> Days:
    rows = session.scalars(
        select(BilledPeriod).where(
            BilledPeriod.service_id == service.id,
            BilledPeriod.invoice_id.is_not(None),
            as_indexed(IN_FORCE),
        )
    )
    return {
        (row.invoice_id, row.kind, row.resource_type): Period(row.start_on, row.end_on)
        for row in rows
    }
