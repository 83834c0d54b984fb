"""Changes of running services."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from msgspec import UNSET, UnsetType

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel import models
from billing_kernel.application.altering import ChangeAddons, ChangeCommand
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.domain.quotes import Quote
from billing_kernel.http.shapes.base import Answer, Body, Fields, Months, RowId
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.payments import Payment, PayWithBody
from billing_kernel.http.shapes.quotes import QuoteAnswer
from billing_kernel.http.shapes.services import Service


class _HowToPay(Body, kw_only=True):
    """``pay_with`` is needed unless the change is only previewed or goes to the cart."""

    pay_with: PayWithBody | None = None
    to_cart: bool = False
    payer_id: RowId | None = None

    def paying(self) -> PayWithBody:
        """How it is paid; raises InvalidInputError where nobody said."""
        if self.pay_with is None:
            detail = "is required, unless to_cart or preview is true"
            raise InvalidInputError([FieldError("/pay_with", detail)])
        return self.pay_with


class ChangeTariffBody(_HowToPay, kw_only=True):
    """The tariff plan that the service goes over to; without a period it keeps its own."""

    EXAMPLE = {"tariff_plan_id": 2, "pay_with": {"balance": True}}

    tariff_plan_id: RowId
    period_months: Months | None = None

    def command(self) -> ChangeCommand:
        return ChangeTariff(self.tariff_plan_id, self.period_months)


class ChangeAddonsBody(_HowToPay, kw_only=True):
    """Amounts by resource type, an enumeration by its value's id; what isn't named stays."""

    EXAMPLE = {"addons": {"disk_space": 4096}, "pay_with": {"balance": True}}

    addons: Fields

    def command(self) -> ChangeCommand:
        return ChangeAddons(self.addons)


class ChangePreview(Answer):
    """What a change would cost, and when the service would expire then."""

    quote: QuoteAnswer
    expires_on: date | None

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(quote=QuoteAnswer.of(quote), expires_on=quote.expires_on)


class Change(Answer):
    """A change: ``asked`` waits for money, ``begun`` for the upstream.

    ``returns`` goes to the balance once the upstream has confirmed; until then the service is
    as it was, and stays so if the upstream refuses.
    """

    id: int
    state: str
    tariff_plan_id: int
    period_months: int
    addons: Mapping[str, Any]
    expires_on: date | None
    returns: Money

    @classmethod
    def of(cls, row: models.ServiceChange) -> Self:
        return cls(
            id=row.id,
            state=row.state,
            tariff_plan_id=row.tariff_plan_id,
            period_months=row.period_months,
            addons=row.addons,
            expires_on=row.expires_on,
            returns=Money(row.returns_minor, row.currency),
        )


class ServiceChanged(Answer):
    """The change with what it made. Nothing to pay: no ``invoice`` and no ``payment``."""

    change: Change
    service: Service
    invoice: Invoice | UnsetType = UNSET
    payment: Payment | UnsetType = UNSET
