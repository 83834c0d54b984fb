"""Tax rates."""

from datetime import date
from typing import Annotated, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.application.levying import RateFields
from billing_kernel.http.shapes.base import Answer, Body, CountryCode

CustomerKind = Literal["individual", "company", "any"]
Rate = Annotated[
    str, Meta(max_length=16, description="A decimal fraction from 0 to 1.", examples=["0.20"])
]
RateName = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class CreateTaxRate(Body):
    """A rate that holds from a day on, until the next one of its country and kind begins.

    ``customer_kind`` any holds where no other rate does.
    """

    EXAMPLE = {"country": "DE", "rate": "0.19", "valid_from": "2021-01-01", "name": "USt."}

    country: CountryCode
    rate: Rate
    valid_from: date
    customer_kind: CustomerKind = "any"
    name: RateName = ""

    def fields(self) -> RateFields:
        return RateFields(self.country, self.rate, self.valid_from, self.customer_kind, self.name)


class ChangeTaxRate(Body):
    """What is to be another; what is left out stays."""

    country: CountryCode | UnsetType = UNSET
    rate: Rate | UnsetType = UNSET
    valid_from: date | UnsetType = UNSET
    customer_kind: CustomerKind | UnsetType = UNSET
    name: RateName | UnsetType = UNSET


class TaxRate(Answer):
    """The rate that holds from a day on, for a kind of customer in a country."""

    id: int
    country: str
    customer_kind: str
    name: str
    rate: str
    valid_from: date

    @classmethod
    def of(cls, row: models.TaxRate) -> Self:
        return cls(
            id=row.id,
            country=row.country,
            customer_kind=row.customer_kind,
            name=row.name,
            rate=row.rate,
            valid_from=row.valid_from,
        )
