"""Product types, and what their tariff plans fall back to."""

from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from billing_hookspecs import ProductType, ResourceType, ValueType, json_schema
from billing_kernel import models
from billing_kernel.domain.tariff_rules import AUTO_DELETION_DAYS_MAX
from billing_kernel.http.languages import Languages
from billing_kernel.http.shapes.base import Answer, Body


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


class ChangeProductTypeSettings(Body):
    """What is to be another; what is left out stays.

    ``auto_deletion_days`` null keeps expired services; ``weekend_suspension`` false never
    suspends on a Saturday or Sunday. ``deletion_grace_days`` is how long a service stays
    suspended, and can be kept, after somebody asked for its deletion.
    """

    EXAMPLE = {"auto_deletion_days": 14, "weekend_suspension": False, "deletion_grace_days": 3}

    auto_deletion_days: Annotated[int, Meta(ge=0, le=AUTO_DELETION_DAYS_MAX)] | UnsetType | None = (
        UNSET
    )
    weekend_suspension: bool | UnsetType = UNSET
    deletion_grace_days: Annotated[int, Meta(ge=0, le=AUTO_DELETION_DAYS_MAX)] | UnsetType = UNSET


class ProductTypeSettings(Answer):
    """What tariff plans of a product type fall back to."""

    key: str
    auto_deletion_days: int | None
    weekend_suspension: bool
    deletion_grace_days: int

    @classmethod
    def of(cls, row: models.ProductTypeSettings) -> Self:
        return cls(
            key=row.key,
            auto_deletion_days=row.auto_deletion_days,
            weekend_suspension=row.weekend_suspension,
            deletion_grace_days=row.deletion_grace_days,
        )
