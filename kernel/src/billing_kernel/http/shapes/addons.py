"""Addons of tariff plans, as administrators see them and as clients do."""

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from billing_hookspecs import ValueType
from billing_kernel.domain.addon_rules import AMOUNT_MAX
from billing_kernel.domain.addons import AddonTerm, Amount, ValuePrices
from billing_kernel.http.languages import Languages
from billing_kernel.http.shapes.base import (
    Answer,
    Body,
    FieldName,
    Line,
    Localised,
    RowId,
    Sort,
    given,
)
from billing_kernel.http.shapes.prices import AddonPriceAnswer, AddonPrices

VALUES_MAX = 500

Count: TypeAlias = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]


class ValuePricesBody(Body):
    """What one value of an enumeration costs; without prices only what is included is sold."""

    value_id: RowId
    prices: AddonPrices = []

    def value_prices(self) -> ValuePrices:
        return ValuePrices(
            value_id=self.value_id, prices=tuple(price.price_of_unit() for price in self.prices)
        )


class ChangeAddon(Body):
    """What is to be another; what is left out stays. Sold services keep their terms."""

    EXAMPLE = {
        "max": 10240,
        "step": 1024,
        "prices": [{"period_months": 1, "price": {"amount_minor": 1, "currency": "EUR"}}],
    }

    name: Localised | UnsetType = UNSET
    value_type: ValueType | UnsetType = UNSET
    included: Count | bool | UnsetType = UNSET
    default: Count | bool | UnsetType = UNSET
    min: Count | UnsetType = UNSET
    max: Count | UnsetType | None = UNSET
    step: Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | UnsetType = UNSET
    unit: Line | UnsetType = UNSET
    prices: AddonPrices | UnsetType = UNSET
    enumeration_id: RowId | UnsetType | None = UNSET
    value_prices: Annotated[list[ValuePricesBody], Meta(max_length=VALUES_MAX)] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET

    def said(self) -> dict[str, Any]:
        """What was sent, as values of an addon's terms."""
        said = given(self)
        for name in ("included", "default"):
            if name in said:
                said[name] = int(said[name])
        if not isinstance(self.prices, UnsetType):
            said["prices"] = tuple(price.price_of_unit() for price in self.prices)
        if not isinstance(self.value_prices, UnsetType):
            said["value_prices"] = tuple(value.value_prices() for value in self.value_prices)
        return said


class CreateAddon(ChangeAddon, kw_only=True):
    """A new addon; what is left out is as the resource type suggests.

    Where ``default`` is left out, services have what is included.
    """

    EXAMPLE = {
        "resource_type": "disk_space",
        "included": 1024,
        "min": 1024,
        "max": 10240,
        "step": 1024,
        "prices": [{"period_months": 1, "price": {"amount_minor": 1, "currency": "EUR"}}],
    }

    resource_type: FieldName

    def said(self) -> dict[str, Any]:
        said = super().said()
        del said["resource_type"]
        return {"default": said["included"], **said} if "included" in said else said


class ValuePricesAnswer(Answer):
    """What one value of an enumeration costs."""

    value_id: int
    internal_name: str
    name: Mapping[str, str]
    prices: list[AddonPriceAnswer]

    @classmethod
    def of(cls, value: ValuePrices) -> Self:
        return cls(
            value_id=value.value_id,
            internal_name=value.internal_name,
            name=value.name,
            prices=AddonPriceAnswer.all_of(value.prices),
        )


class AddonAmounts(Answer):
    """What administrators and clients see alike."""

    resource_type: str
    value_type: ValueType
    included: int | bool
    default: int | bool
    min: int
    max: int | None
    step: int
    unit: str
    prices: list[AddonPriceAnswer]


class Addon(AddonAmounts):
    """What of a service can be more than the tariff plan includes, and what that costs."""

    id: int
    name: Mapping[str, str]
    enumeration_id: int | None
    value_prices: list[ValuePricesAnswer]
    enabled: bool
    sort: int

    @classmethod
    def of(cls, addon: AddonTerm) -> Self:
        return cls(
            **_amounts(addon),
            id=addon.id,
            name=addon.name,
            enumeration_id=addon.enumeration_id,
            value_prices=[ValuePricesAnswer.of(value) for value in addon.value_prices],
            enabled=addon.enabled,
            sort=addon.sort,
        )


class ValueOffer(Answer):
    """A value that can be chosen; orders name its ``id``."""

    id: int
    name: str
    prices: list[AddonPriceAnswer]


class AddonOffer(AddonAmounts):
    """An addon as those see it who may order it.

    Orders name it by ``resource_type``. An amount is units between ``min`` and ``max``, the
    id of one of ``values``, or on and off; what is beyond ``included`` costs its price.
    """

    name: str
    values: list[ValueOffer]

    @classmethod
    def of(cls, addon: AddonTerm, languages: Languages, default_language: str) -> Self:
        return cls(
            **_amounts(addon),
            name=languages.text(addon.name, default_language),
            values=[
                ValueOffer(
                    id=value.value_id,
                    name=languages.text(value.name, default_language),
                    prices=AddonPriceAnswer.all_of(value.prices),
                )
                for value in addon.value_prices
            ],
        )


def _amounts(addon: AddonTerm) -> dict[str, Any]:
    """The fields of AddonAmounts."""
    return {
        "resource_type": addon.resource_type,
        "value_type": addon.value_type,
        "included": _amount(addon, addon.included),
        "default": _amount(addon, addon.default),
        "min": addon.min,
        "max": addon.max,
        "step": addon.step,
        "unit": addon.unit,
        "prices": AddonPriceAnswer.all_of(addon.prices),
    }


def _amount(addon: AddonTerm, amount: int) -> Amount:
    return bool(amount) if addon.value_type is ValueType.BOOLEAN else amount
