"""Providers and data centres."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.http.shapes.base import (
    Answer,
    Body,
    CountryCode,
    CurrencyCode,
    Fields,
    LanguageCode,
    Line,
    LinkText,
    Localised,
    OptionalLine,
    RowId,
    Sort,
)

TimeZone = Annotated[str, Meta(max_length=64, examples=["Europe/Berlin"])]


class CreateProvider(Body):
    """A business that sells; without ``support_email`` the one for notifications is used.

    ``company_id`` is whose name documents carry; ``tax`` names the tax policy with its
    parameters. Prices include tax where ``prices_include_tax`` says so.
    """

    EXAMPLE = {
        "name": "Acme Hosting",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "default_country": "DE",
        "notification_email": "ops@example.com",
    }

    name: Line
    currency: CurrencyCode
    time_zone: TimeZone
    default_country: CountryCode
    notification_email: Line
    default_language: LanguageCode = "en"
    support_email: OptionalLine = ""
    site_url: LinkText = ""
    billing_url: LinkText = ""
    help_url: LinkText = ""
    company_id: RowId | None = None
    tax: Fields = msgspec.field(default_factory=lambda: {"policy": "none"})
    prices_include_tax: bool = False

    def columns(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


class ChangeProvider(Body):
    """What is to be another; what is left out stays."""

    name: Line | UnsetType = UNSET
    currency: CurrencyCode | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    default_country: CountryCode | UnsetType = UNSET
    default_language: LanguageCode | UnsetType = UNSET
    notification_email: Line | UnsetType = UNSET
    support_email: OptionalLine | UnsetType = UNSET
    site_url: LinkText | UnsetType = UNSET
    billing_url: LinkText | UnsetType = UNSET
    help_url: LinkText | UnsetType = UNSET
    company_id: RowId | UnsetType | None = UNSET
    tax: Fields | UnsetType = UNSET
    prices_include_tax: bool | UnsetType = UNSET


class Provider(Answer):
    """A business that sells; owns a currency and a time zone."""

    id: int
    name: str
    currency: str
    time_zone: str
    default_country: str
    default_language: str
    notification_email: str
    support_email: str
    site_url: str
    billing_url: str
    help_url: str
    company_id: int | None
    tax: dict[str, Any]
    prices_include_tax: bool
    created_at: datetime

    @classmethod
    def of(cls, row: models.Provider) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            currency=row.currency,
            time_zone=row.time_zone,
            default_country=row.default_country,
            default_language=row.default_language,
            notification_email=row.notification_email,
            support_email=row.support_email,
            site_url=row.site_url,
            billing_url=row.billing_url,
            help_url=row.help_url,
            company_id=row.company_id,
            tax=row.tax,
            prices_include_tax=row.prices_include_tax,
            created_at=row.created_at,
        )


class CreateDataCenter(Body):
    """A set of servers; the lowest sort number is tried first."""

    name: Localised
    external_id: OptionalLine = ""
    sort: Sort = 1


class ChangeDataCenter(Body):
    """What is to be another; what is left out stays."""

    name: Localised | UnsetType = UNSET
    external_id: OptionalLine | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET


class DataCenter(Answer):
    """A set of servers."""

    id: int
    name: Mapping[str, str]
    external_id: str
    sort: int

    @classmethod
    def of(cls, row: models.DataCenter) -> Self:
        return cls(id=row.id, name=row.name, external_id=row.external_id, sort=row.sort)
