"""Providers and data centres."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.domain.reminders import DEFAULT_STAGES
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

ReminderDays = Annotated[
    list[Literal[30, 14, 7, 3, 1]], Meta(max_length=5, description="Days before expiry.")
]
TimeZone = Annotated[str, Meta(max_length=64, examples=["Europe/Berlin"])]


class CreateProvider(Body):
    """A business that sells; without ``support_email`` the one for notifications is used.

    ``company_id`` is whose name documents carry; ``tax`` names the tax policy with its
    parameters. Prices include tax where ``prices_include_tax`` says so. ``reminder_days`` says how
    many days before expiry clients are reminded; null is the usual 14, 7, 3 and 1.
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
    reminder_days: ReminderDays | None = None

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
    reminder_days: ReminderDays | UnsetType | None = UNSET


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
    reminder_days: list[int]
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
            reminder_days=list(DEFAULT_STAGES if row.reminder_days is None else row.reminder_days),
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
