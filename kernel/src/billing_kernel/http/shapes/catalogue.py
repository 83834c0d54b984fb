"""What is for sale: product types and tariff plans."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType, field

from billing_hookspecs import Money, ProductType, ResourceType, ValueType, json_schema
from billing_kernel import models
from billing_kernel.domain.tariffs import PriceTerm, TariffTerms
from billing_kernel.http.languages import Languages
from billing_kernel.http.shapes.base import (
    Amount,
    Answer,
    Body,
    FieldName,
    Fields,
    Line,
    Localised,
    LocalisedText,
    Months,
    OptionalLine,
    RowId,
    Sort,
    Text,
)


class ResourceTypeAnswer(Answer):
    """Something of a service that can be counted, chosen or switched."""

    key: str
    title: str
    value_type: ValueType
    unit: str
    default: int
    min: int
    max: int | None
    step: int

    @classmethod
    def of(cls, resource: ResourceType, languages: Languages) -> Self:
        return cls(
            key=resource.key,
            title=languages.text(resource.title),
            value_type=resource.value_type,
            unit=resource.unit,
            default=resource.default,
            min=resource.minimum,
            max=resource.maximum,
            step=resource.step,
        )


class ProductTypeAnswer(Answer):
    """A kind of product; ``order_form`` is a JSON Schema of an order's ``parameters``."""

    key: str
    title: str
    order_form: dict[str, Any]
    resource_types: list[ResourceTypeAnswer]
    default_addons: list[str]
    periods_months: list[int]

    @classmethod
    def of(cls, product_type: ProductType, languages: Languages) -> Self:
        return cls(
            key=product_type.key,
            title=languages.text(product_type.title),
            order_form=json_schema(product_type.order_form, languages.best()),
            resource_types=[
                ResourceTypeAnswer.of(resource, languages)
                for resource in product_type.resource_types
            ],
            default_addons=list(product_type.default_addons),
            periods_months=list(product_type.periods_months),
        )


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


class TariffPlanOffer(Answer):
    """A tariff plan as those see it who may order it."""

    id: int
    provider_id: int
    product_type: str
    name: str
    description: str
    labels: list[str]
    prices: list[Price]
    setup_fee: Money | None
    charging: dict[str, Any]
    services_per_order_max: int
    end_on: date | None
    order_form: dict[str, Any]

    @classmethod
    def of(
        cls,
        row: models.TariffPlan,
        terms: TariffTerms,
        product_type: ProductType,
        languages: Languages,
        default_language: str,
    ) -> Self:
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            product_type=row.product_type,
            name=languages.text(row.name, default_language),
            description=languages.text(row.description, default_language),
            labels=row.labels,
            prices=[Price.of(term) for term in terms.prices if term.orderable],
            setup_fee=terms.setup_fee,
            charging=terms.charging,
            services_per_order_max=terms.services_per_order_max,
            end_on=row.end_on,
            order_form=json_schema(product_type.order_form, languages.best(default_language)),
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


Prices = Annotated[list[PriceBody], Meta(max_length=100)]
Labels = Annotated[list[Line], Meta(max_length=100)]


class CreateTariffPlan(Body):
    """A new tariff plan; it is for sale at once unless ``enabled`` is false."""

    EXAMPLE = {
        "provider_id": 1,
        "product_type": "vps",
        "name": {"en": "Small", "de": "Klein"},
        "prices": [
            {"period_months": 1, "price": {"amount_minor": 500, "currency": "EUR"}},
            {"period_months": 12, "price": {"amount_minor": 5000, "currency": "EUR"}},
        ],
        "processing_module_id": 1,
    }

    provider_id: RowId
    product_type: FieldName
    name: Localised
    prices: Prices = []
    processing_module_id: RowId | None = None
    description: LocalisedText = {}
    enabled: bool = True
    sort: Sort = 1
    labels: Labels = []
    notes: Text = ""
    end_on: date | None = None
    setup_fee: Amount | None = None
    charging: Fields = field(default_factory=lambda: {"policy": "period"})
    tariff_code: OptionalLine = ""
    services_per_order_max: int = 1
    services_per_client_max: int | None = None


class ChangeTariffPlan(Body):
    """What is to be another; what is left out stays. Sold services keep their terms."""

    name: Localised | UnsetType = UNSET
    prices: Prices | UnsetType = UNSET
    processing_module_id: RowId | UnsetType | None = UNSET
    description: LocalisedText | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    notes: Text | UnsetType = UNSET
    end_on: date | UnsetType | None = UNSET
    setup_fee: Amount | UnsetType | None = UNSET
    charging: Fields | UnsetType = UNSET
    tariff_code: OptionalLine | UnsetType = UNSET
    services_per_order_max: int | UnsetType = UNSET
    services_per_client_max: int | UnsetType | None = UNSET


class TariffPlan(Answer):
    """A tariff plan as administrators see it."""

    id: int
    provider_id: int
    product_type: str
    processing_module_id: int | None
    external_id: str | None
    name: Mapping[str, str]
    description: Mapping[str, str]
    enabled: bool
    sort: int
    labels: list[str]
    notes: str
    end_on: date | None
    version: int
    prices: list[Price]
    setup_fee: Money | None
    charging: dict[str, Any]
    tariff_code: str
    services_per_order_max: int
    services_per_client_max: int | None
    upstream_costs: list[Any]

    @classmethod
    def of(cls, row: models.TariffPlan, terms: TariffTerms) -> Self:
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            product_type=row.product_type,
            processing_module_id=row.processing_module_id,
            external_id=row.external_id,
            name=row.name,
            description=row.description,
            enabled=row.is_enabled,
            sort=row.sort,
            labels=row.labels,
            notes=row.notes,
            end_on=row.end_on,
            version=row.version,
            prices=[Price.of(term) for term in terms.prices],
            setup_fee=terms.setup_fee,
            charging=terms.charging,
            tariff_code=terms.tariff_code,
            services_per_order_max=terms.services_per_order_max,
            services_per_client_max=terms.services_per_client_max,
            upstream_costs=row.upstream_costs,
        )


class TariffPlans(Answer):
    """Several tariff plans."""

    items: list[TariffPlan]


class TariffPlanIds(Body):
    """The tariff plans to enable or to disable."""

    ids: Annotated[list[RowId], Meta(min_length=1, max_length=500)]
