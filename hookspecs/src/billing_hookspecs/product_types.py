"""What can be sold: product types and the resources that tariff plans price."""

from dataclasses import dataclass
from enum import StrEnum

from billing_hookspecs.fields import FormField
from billing_hookspecs.values import LocalizedText, Value


class ValueType(StrEnum):
    INTEGER = "integer"
    ENUMERATION = "enumeration"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class ResourceType(Value):
    """Something of a service that can be counted, chosen or switched.

    ``unit`` is the unit of every amount of it (``MiB``, ``pcs``); the bounds are defaults
    that tariff plans start from. ``default`` is what a service has without paying extra.

    ``orders_product_type``  of an enumeration: a chosen value is a service of this product type,
                   bundled with the one that has the resource. Its tariff code is the value's
                   internal name, and the kernel orders it once the other one is open. ""
                   for all else.
    """

    key: str
    title: LocalizedText
    value_type: ValueType = ValueType.INTEGER
    unit: str = "pcs"
    default: int = 0
    minimum: int = 0
    maximum: int | None = None
    step: int = 1
    orders_product_type: str = ""


@dataclass(frozen=True, slots=True)
class ProductType(Value):
    """A kind of product: its order form, resources and policy defaults.

    ``key`` is unique among all plugins. ``default_addons`` are keys of resource types that a
    new tariff plan gets addons for. ``periods_months`` are the periods it can be priced for;
    0 is a period without end. ``auto_deletion_days`` None means that expired services are
    kept; ``suspends_on_weekends`` is what tariff plans fall back to.
    """

    key: str
    title: LocalizedText
    order_form: tuple[FormField, ...] = ()
    resource_types: tuple[ResourceType, ...] = ()
    default_addons: tuple[str, ...] = ()
    periods_months: tuple[int, ...] = (1, 3, 12, 36)
    auto_deletion_days: int | None = None
    suspends_on_weekends: bool = True
