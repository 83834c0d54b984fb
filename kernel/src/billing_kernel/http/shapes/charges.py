"""Days that were charged without an invoice."""

from datetime import date
from typing import Self

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.application.explaining import lines_of
from billing_kernel.http.shapes.base import Answer
from billing_kernel.http.shapes.invoices import Line, PeriodAnswer


class DailyCharge(Answer):
    """What a service cost on one day, straight from the balance; never changes.

    ``charged_on`` is later than the day where that was made up for.
    """

    id: int
    service_id: int
    period: PeriodAnswer
    charged_on: date
    lines: list[Line]
    net: Money
    tax_rate: str
    tax: Money
    total: Money

    @classmethod
    def of(cls, row: models.DailyCharge) -> Self:
        return cls(
            id=row.id,
            service_id=row.service_id,
            period=PeriodAnswer(start_on=row.start_on, end_on=row.end_on),
            charged_on=row.charged_on,
            lines=[Line.priced(line, None, row.service_id) for line in lines_of(row)],
            net=Money(row.net_minor, row.currency),
            tax_rate=row.tax_rate,
            tax=Money(row.tax_minor, row.currency),
            total=Money(row.total_minor, row.currency),
        )
