"""Prices by period, of tariff plans and of their addons."""

from collections.abc import Sequence
from typing import Annotated, Self

from msgspec import Meta

from billing_hookspecs import Money
from billing_kernel.domain.addons import AddonPrice
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.http.shapes.base import Amount, Answer, Body, Months

PRICES_MAX = 100


class Price(Answer):
    """The price of a period; ``renewal_price`` null means that renewals cost the same."""

    period_months: int
    price: Money
    renewal_price: Money | None
    orderable: bool

    @classmethod
    def of(cls, term: PriceTerm) -> Self:
        return cls(
            period_months=term.period_months,
            price=term.price,
            renewal_price=term.renewal_price,
            orderable=term.orderable,
        )


class PriceBody(Body):
    """A price of one period; ``renewal_price`` null means the same as ``price``."""

    period_months: Months
    price: Amount
    renewal_price: Amount | None = None
    orderable: bool = True

    def term(self) -> PriceTerm:
        return PriceTerm(
            period_months=self.period_months,
            price=self.price.money(),
            renewal_price=self.renewal_price.money() if self.renewal_price else None,
            orderable=self.orderable,
        )


class AddonPriceAnswer(Answer):
    """What one unit beyond the included ones costs for a period."""

    period_months: int
    price: Money

    @classmethod
    def all_of(cls, prices: Sequence[AddonPrice]) -> list[Self]:
        return [cls(period_months=price.period_months, price=price.price) for price in prices]


class AddonPriceBody(Body):
    """The price of one unit beyond the included ones, for one period."""

    period_months: Months
    price: Amount

    def price_of_unit(self) -> AddonPrice:
        return AddonPrice(self.period_months, self.price.money())


Prices = Annotated[list[PriceBody], Meta(max_length=PRICES_MAX)]
AddonPrices = Annotated[list[AddonPriceBody], Meta(max_length=PRICES_MAX)]
