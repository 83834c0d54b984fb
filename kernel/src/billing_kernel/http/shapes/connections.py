"""Configured drivers: processing modules and payment methods. Secrets never come back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from billing_hookspecs import ImportableTariff, Money
from billing_kernel import models
from billing_kernel.application.connecting import ConfigureModule
from billing_kernel.http.shapes.base import (
    Amount,
    Answer,
    Body,
    FieldName,
    Fields,
    Localised,
    RowId,
    Sort,
    money_or_none,
)

Keys = Annotated[list[FieldName], Meta(max_length=50)]
ProviderIds = Annotated[list[RowId], Meta(max_length=500)]


class CreateProcessingModule(Body):
    """A connection to an upstream; the driver's form says what ``settings`` are.

    ``license_module_id`` names the one that provides what is bundled with its services.
    """

    EXAMPLE = {
        "driver": "isp_licenses",
        "product_types": ["isp_license"],
        "name": {"en": "Licences"},
        "settings": {
            "url": "https://api.example.com",
            "username": "reseller@example.com",
            "password": "the account's password",
        },
    }

    driver: FieldName
    product_types: Keys
    name: Localised
    settings: Fields = {}
    data_center_id: RowId | None = None
    department_id: RowId | None = None
    sort: Sort = 1
    minimal_balance: Amount | None = None
    license_module_id: RowId | None = None

    def command(self) -> ConfigureModule:
        minimal = self.minimal_balance.money() if self.minimal_balance else None
        return ConfigureModule(
            driver=self.driver,
            product_types=tuple(dict.fromkeys(self.product_types)),
            name=self.name,
            settings=self.settings,
            data_center_id=self.data_center_id,
            department_id=self.department_id,
            sort=self.sort,
            minimal_balance_minor=minimal.amount_minor if minimal else None,
            minimal_balance_currency=minimal.currency if minimal else None,
            license_module_id=self.license_module_id,
        )


class ChangeProcessingModule(Body):
    """What is to be another. Settings that are left out stay, secrets too.

    Another address needs its secrets again: they are never sent to a host they weren't for.
    """

    product_types: Keys | UnsetType = UNSET
    name: Localised | UnsetType = UNSET
    settings: Fields | UnsetType = UNSET
    data_center_id: RowId | UnsetType | None = UNSET
    department_id: RowId | UnsetType | None = UNSET
    sort: Sort | UnsetType = UNSET
    minimal_balance: Amount | UnsetType | None = UNSET
    license_module_id: RowId | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """The model's columns that are to change; settings apart."""
        names = ("product_types", "name", "data_center_id", "department_id", "sort")
        values = {name: getattr(self, name) for name in (*names, "license_module_id")}
        values["is_enabled"] = self.enabled
        if self.minimal_balance is not UNSET:
            minimal = self.minimal_balance.money() if self.minimal_balance else None
            values["minimal_balance_minor"] = minimal.amount_minor if minimal else None
            values["minimal_balance_currency"] = minimal.currency if minimal else None
        return {name: value for name, value in values.items() if value is not UNSET}


class ProcessingModule(Answer):
    """A connection to an upstream; ``settings`` are those that aren't secret."""

    id: int
    driver: str
    product_types: list[str]
    name: Mapping[str, str]
    settings: Mapping[str, Any]
    data_center_id: int | None
    department_id: int | None
    sort: int
    minimal_balance: Money | None
    license_module_id: int | None
    enabled: bool
    created_at: datetime

    @classmethod
    def of(cls, row: models.ProcessingModule) -> Self:
        return cls(
            id=row.id,
            driver=row.driver,
            product_types=row.product_types,
            name=row.name,
            settings=row.settings,
            data_center_id=row.data_center_id,
            department_id=row.department_id,
            sort=row.sort,
            minimal_balance=money_or_none(row.minimal_balance_minor, row.minimal_balance_currency),
            license_module_id=row.license_module_id,
            enabled=row.is_enabled,
            created_at=row.created_at,
        )


class ConnectionChecked(Answer):
    """What an upstream said of itself; the connection works."""

    summary: str
    facts: Mapping[str, Any]


class UpstreamCost(Answer):
    """What the upstream asks for a period."""

    period_months: int
    cost: Money


class ImportableAddonAnswer(Answer):
    """An addon of an upstream tariff; ``costs`` maps a period in months to its unit cost."""

    external_id: str
    resource_type: str
    title: Mapping[str, str]
    costs: Mapping[str, Money]


class ImportableTariffAnswer(Answer):
    """A tariff that the upstream sells to this account."""

    external_id: str
    product_type: str
    name: Mapping[str, str]
    periods: list[UpstreamCost]
    addons: list[ImportableAddonAnswer]

    @classmethod
    def of(cls, tariff: ImportableTariff) -> Self:
        return cls(
            external_id=tariff.external_id,
            product_type=tariff.product_type,
            name=tariff.title,
            periods=[
                UpstreamCost(period_months=period.period_months, cost=period.cost)
                for period in tariff.periods
            ],
            addons=[
                ImportableAddonAnswer(
                    external_id=addon.external_id,
                    resource_type=addon.resource_type,
                    title=addon.title,
                    costs=addon.costs,
                )
                for addon in tariff.addons
            ],
        )


class ImportTariffPlans(Body):
    """The upstream tariffs to import, and who will sell them."""

    external_ids: Annotated[list[FieldName], Meta(min_length=1, max_length=500)]
    product_type: FieldName
    provider_id: RowId


class CreatePaymentMethod(Body):
    """A way to pay; the gateway's form says what ``settings`` are."""

    EXAMPLE = {
        "name": {"en": "Bank transfer"},
        "driver": "bank_transfer",
        "settings": {
            "recipient": "Acme GmbH",
            "bank_name": "A Bank",
            "bic": "DEUTDEFF",
            "iban": "DE89370400440532013000",
        },
        "provider_ids": [1],
    }

    name: Localised
    driver: FieldName
    settings: Fields = {}
    provider_ids: ProviderIds = []
    enabled: bool = True
    sort: Sort = 1


class ChangePaymentMethod(Body):
    """What is to be another. Settings that are left out stay, secrets too."""

    name: Localised | UnsetType = UNSET
    settings: Fields | UnsetType = UNSET
    provider_ids: ProviderIds | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """The model's columns that are to change; settings and providers apart."""
        values = {"name": self.name, "is_enabled": self.enabled, "sort": self.sort}
        return {name: value for name, value in values.items() if value is not UNSET}


class PaymentMethod(Answer):
    """A way to pay; ``settings`` are those that aren't secret."""

    id: int
    name: Mapping[str, str]
    driver: str
    settings: Mapping[str, Any]
    provider_ids: list[int]
    enabled: bool
    sort: int

    @classmethod
    def of(cls, row: models.PaymentMethod) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            driver=row.driver,
            settings=row.settings,
            provider_ids=sorted(each.provider_id for each in row.providers),
            enabled=row.is_enabled,
            sort=row.sort,
        )
