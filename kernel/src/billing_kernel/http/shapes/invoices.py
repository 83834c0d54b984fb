"""Quotes and invoices."""

from datetime import date, datetime
from typing import Any, Self

import msgspec

from billing_hookspecs import Money, Period
from billing_kernel import models
from billing_kernel.application.checking import OrderItem
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.http.shapes.base import Answer, Body, Fields, Months, OptionalLine, RowId


class OrderItemBody(Body):
    """What somebody wants to buy; the tariff plan's order form says what ``parameters`` are."""

    tariff_plan_id: RowId
    period_months: Months
    parameters: Fields = {}
    addons: Fields = {}
    name: OptionalLine = ""
    auto_renewal: bool = False
    quantity: int = 1
    agreement_accepted: bool = False

    def item(self) -> OrderItem:
        return OrderItem(
            tariff_plan_id=self.tariff_plan_id,
            period_months=self.period_months,
            parameters=self.parameters,
            addons=self.addons,
            name=self.name,
            auto_renewal=self.auto_renewal,
            quantity=self.quantity,
            agreement_accepted=self.agreement_accepted,
        )


class PeriodAnswer(Answer):
    """Days that are paid for, half-open: ``end_on`` isn't served any more."""

    start_on: date
    end_on: date

    @classmethod
    def between(cls, start_on: date | None, end_on: date | None) -> Self | None:
        if start_on is None or end_on is None:
            return None
        return cls(start_on=start_on, end_on=end_on)


class StepAnswer(Answer):
    """One step of how an amount came about."""

    rule: str
    text: str
    inputs: dict[str, Any]
    result: Any


class Line(Answer):
    """One line of a quote or an invoice; ``explanation`` leads to ``net``.

    ``id`` is null in quotes; ``resource_type`` says which addon the line is for.
    """

    id: int | None
    kind: str
    description: str
    service_id: int | None
    tariff_plan_id: int | None
    resource_type: str | None
    period: PeriodAnswer | None
    net: Money
    tax_rate: str
    tax: Money
    total: Money
    explanation: list[StepAnswer]

    @classmethod
    def priced(
        cls, line: PricedLine, tariff_plan_id: int | None, service_id: int | None = None
    ) -> Self:
        return cls(
            id=None,
            kind=line.kind,
            description=line.description,
            service_id=service_id,
            tariff_plan_id=tariff_plan_id,
            resource_type=line.resource_type,
            period=_period(line.period),
            net=line.net,
            tax_rate=line.tax_rate,
            tax=line.tax,
            total=line.total,
            explanation=msgspec.convert(msgspec.to_builtins(line.steps), list[StepAnswer]),
        )

    @classmethod
    def of(cls, row: models.InvoiceLine, currency: str) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            description=row.description,
            service_id=row.service_id,
            tariff_plan_id=row.tariff_plan_id,
            resource_type=row.resource_type,
            period=PeriodAnswer.between(row.start_on, row.end_on),
            net=Money(row.net_minor, currency),
            tax_rate=row.tax_rate,
            tax=Money(row.tax_minor, currency),
            total=Money(row.total_minor, currency),
            explanation=msgspec.convert(row.explanation, list[StepAnswer]),
        )


class Invoice(Answer):
    """A numbered demand for money; amounts and lines never change.

    ``payer`` and ``company`` are what they were when it was issued.
    """

    id: int
    number: str
    kind: str
    status: str
    issued_on: date
    client_id: int
    payer_id: int | None
    payer: dict[str, Any]
    company: dict[str, Any]
    provider_id: int
    order_id: int | None
    lines: list[Line]
    net: Money
    tax: Money
    total: Money
    tax_note: str
    paid_at: datetime | None

    @classmethod
    def of(cls, row: models.Invoice) -> Self:
        return cls(
            id=row.id,
            number=row.number,
            kind=row.kind,
            status=row.status,
            issued_on=row.issued_on,
            client_id=row.client_id,
            payer_id=row.payer_id,
            payer=row.payer,
            company=row.company,
            provider_id=row.provider_id,
            order_id=row.order_id,
            lines=[Line.of(line, row.currency) for line in row.lines],
            net=Money(row.net_minor, row.currency),
            tax=Money(row.tax_minor, row.currency),
            total=Money(row.total_minor, row.currency),
            tax_note=row.tax_note,
            paid_at=row.paid_at,
        )


def _period(period: Period | None) -> PeriodAnswer | None:
    return None if period is None else PeriodAnswer.between(period.start_on, period.end_on)
