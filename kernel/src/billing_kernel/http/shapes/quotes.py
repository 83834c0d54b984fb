"""What to price, and what it costs."""

from datetime import date
from typing import Annotated, Literal, Self

from msgspec import Meta

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.previewing import AskedChange, AskedItem, AskedRenewal
from billing_kernel.domain.quotes import Quote
from billing_kernel.http.shapes.base import Answer, Body, Fields, Months, OptionalLine, RowId
from billing_kernel.http.shapes.invoices import Line


class QuoteItemBody(Body):
    """An order, the renewal of a service, or its change to another tariff plan or addons.

    ``kind`` says which; an order needs ``tariff_plan_id`` and ``period_months``, a renewal
    ``service_id`` and ``period_months``, a change ``service_id`` and either ``tariff_plan_id``
    or ``addons``.
    """

    kind: Literal["order", "renewal", "change"] = "order"
    service_id: RowId | None = None
    tariff_plan_id: RowId | None = None
    period_months: Months | None = None
    parameters: Fields = {}
    addons: Fields | None = None
    name: OptionalLine = ""
    auto_renewal: bool = False
    quantity: int = 1
    agreement_accepted: bool = False

    def asked(self, pointer: str) -> AskedItem:
        """The item to price; raises InvalidInputError naming what its kind needs."""
        if self.kind == "order":
            plan_id = _needed(self.tariff_plan_id, f"{pointer}/tariff_plan_id", self.kind)
            months = _needed(self.period_months, f"{pointer}/period_months", self.kind)
            return OrderItem(
                tariff_plan_id=plan_id,
                period_months=months,
                parameters=self.parameters,
                addons=self.addons or {},
                name=self.name,
                auto_renewal=self.auto_renewal,
                quantity=self.quantity,
                agreement_accepted=self.agreement_accepted,
            )
        service_id = _needed(self.service_id, f"{pointer}/service_id", self.kind)
        if self.kind == "renewal":
            months = _needed(self.period_months, f"{pointer}/period_months", self.kind)
            return AskedRenewal(service_id, months)
        if (self.tariff_plan_id is None) is (self.addons is None):
            detail = "a change is either to another tariff_plan_id or to other addons"
            raise InvalidInputError([FieldError(f"{pointer}/tariff_plan_id", detail)])
        return AskedChange(service_id, self.tariff_plan_id, self.period_months, self.addons or {})


class AskQuote(Body):
    """What to price. Administrators may name the client and the day; who pays decides the tax."""

    EXAMPLE = {
        "items": [
            {
                "tariff_plan_id": 1,
                "period_months": 12,
                "parameters": {"name": "Web server", "ip": "192.0.2.7"},
            }
        ]
    }

    items: Annotated[list[QuoteItemBody], Meta(min_length=1, max_length=100)]
    client_id: RowId | None = None
    payer_id: RowId | None = None
    as_of: date | None = None


class QuoteAnswer(Answer):
    """What something costs; ``expires_on`` where it is one item with an end."""

    lines: list[Line]
    net: Money
    tax: Money
    total: Money
    expires_on: date | None

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(
            lines=[
                Line.priced(part.line, part.tariff_plan_id, part.service_id) for part in quote.parts
            ],
            net=quote.net,
            tax=quote.tax,
            total=quote.total,
            expires_on=quote.expires_on,
        )


def _needed(value: int | None, pointer: str, kind: str) -> int:
    if value is None:
        raise InvalidInputError([FieldError(pointer, f"is required for {kind}")])
    return value
