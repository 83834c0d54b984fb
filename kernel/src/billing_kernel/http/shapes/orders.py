"""Orders."""

from datetime import datetime
from typing import Any, Self

from msgspec import UNSET, UnsetType

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.http.shapes.base import Answer, RowId
from billing_kernel.http.shapes.invoices import Invoice, OrderItemBody
from billing_kernel.http.shapes.payments import Payment, PayWithBody
from billing_kernel.http.shapes.services import Service


class PlaceOrder(OrderItemBody, kw_only=True):
    """One item, bought at once."""

    EXAMPLE = {
        "tariff_plan_id": 1,
        "period_months": 12,
        "parameters": {"name": "Web server", "ip": "192.0.2.7"},
        "pay_with": {"balance": True},
    }

    pay_with: PayWithBody
    payer_id: RowId | None = None


class Order(Answer):
    """A request to buy; ``item`` is what was asked for.

    ``agreement`` is which text was accepted with it, and when.
    """

    id: int
    client_id: int
    provider_id: int
    tariff_plan_id: int
    status: str
    item: dict[str, Any]
    agreement: dict[str, Any] | None
    net: Money
    tax: Money
    total: Money
    created_at: datetime

    @classmethod
    def of(cls, row: models.Order) -> Self:
        return cls(
            id=row.id,
            client_id=row.client_id,
            provider_id=row.provider_id,
            tariff_plan_id=row.tariff_plan_id,
            status=row.status,
            item=row.item,
            agreement=row.agreement,
            net=Money(row.net_minor, row.currency),
            tax=Money(row.tax_minor, row.currency),
            total=Money(row.total_minor, row.currency),
            created_at=row.created_at,
        )


class OrderPlaced(Answer):
    """The order with all that it made. Nothing to pay: no ``payment``.

    ``service`` is the first of ``services``, which are as many as were ordered.
    """

    order: Order
    invoice: Invoice
    service: Service
    services: list[Service]
    payment: Payment | UnsetType = UNSET


class ServiceRenewed(Answer):
    """The renewal's invoice and payment, and the service with the operation it started."""

    invoice: Invoice
    service: Service
    payment: Payment | UnsetType = UNSET
