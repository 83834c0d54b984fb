"""What an addon may say: each rule names the field that breaks it."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from billing_hookspecs import FieldError, ResourceType, ValueType
from billing_kernel.domain.addons import AddonTerm, amount_error
from billing_kernel.domain.tariff_rules import period_errors

AMOUNT_MAX: Final = 10**12
COUNTED: Final = "pcs"
"""The unit of what is counted; people may call it anything, while measures are fixed."""


def default_term(resource: ResourceType, *, addon_id: int = 0, sort: int = 1) -> AddonTerm:
    """An addon as its resource type suggests it: the default is included and free."""
    amount = 0 if resource.value_type is ValueType.ENUMERATION else resource.default
    return fitted_term(
        AddonTerm(
            id=addon_id,
            resource_type=resource.key,
            value_type=resource.value_type,
            name=dict(resource.title),
            included=amount,
            default=amount,
            min=resource.minimum,
            max=resource.maximum,
            step=resource.step,
            unit=resource.unit,
            sort=sort,
        )
    )


def fitted_term(addon: AddonTerm) -> AddonTerm:
    """The addon without bounds that mean nothing for its type of values."""
    if addon.value_type is ValueType.INTEGER:
        return addon
    most = 1 if addon.value_type is ValueType.BOOLEAN else None
    return msgspec.structs.replace(addon, min=0, max=most, step=1)


def addon_errors(
    addon: AddonTerm, resource: ResourceType, sold: Sequence[int], known_values: Collection[int]
) -> list[FieldError]:
    """Everything that is wrong with an addon, but for the currency of its prices.

    ``sold`` are the product type's periods, ``known_values`` the ids of its enumeration's.
    """
    errors = period_errors((price.period_months for price in addon.prices), sold)
    if not any(text.strip() for text in addon.name.values()):
        errors.append(FieldError("/name", "is required in at least one language"))
    if addon.value_type is not resource.value_type:
        detail = f"must be {resource.value_type}, as {resource.key} is"
        return [*errors, FieldError("/value_type", detail)]
    if resource.unit not in (COUNTED, addon.unit):
        detail = f"must be {resource.unit}, in which {resource.key} is measured"
        errors.append(FieldError("/unit", detail))
    if addon.value_type is ValueType.ENUMERATION:
        return errors + _choice_errors(addon, sold, known_values)
    for name in ("enumeration_id", "value_prices"):
        if getattr(addon, name):
            errors.append(FieldError(f"/{name}", "belongs to addons of the type enumeration"))
    return errors + _amount_errors(addon)


def _choice_errors(
    addon: AddonTerm, sold: Sequence[int], known_values: Collection[int]
) -> list[FieldError]:
    errors = []
    if addon.enumeration_id is None:
        errors.append(FieldError("/enumeration_id", "is required for the type enumeration"))
    if addon.prices:
        errors.append(FieldError("/prices", "must be empty: value_prices has a price per value"))
    offered: list[int] = []
    for index, value in enumerate(addon.value_prices):
        pointer = f"/value_prices/{index}"
        if value.value_id in offered:
            errors.append(FieldError(f"{pointer}/value_id", "is named twice"))
        elif value.value_id not in known_values:
            errors.append(FieldError(f"{pointer}/value_id", "is not a value of the enumeration"))
        offered.append(value.value_id)
        periods = (price.period_months for price in value.prices)
        errors += period_errors(periods, sold, f"{pointer}/prices")
    for name in ("included", "default"):
        if getattr(addon, name) not in (0, *offered):
            detail = "must be 0 or the id of a value that value_prices has"
            errors.append(FieldError(f"/{name}", detail))
    return errors


def _amount_errors(addon: AddonTerm) -> list[FieldError]:
    errors = []
    if addon.max is not None and addon.max < addon.min:
        return [FieldError("/max", f"must be at least min, {addon.min}, or null")]
    if addon.max is not None and addon.included > addon.max:
        errors.append(FieldError("/included", f"must be at most max, {addon.max}"))
    if addon.value_type is ValueType.INTEGER and (wrong := amount_error(addon, addon.default)):
        errors.append(FieldError("/default", wrong))
    if addon.value_type is ValueType.BOOLEAN and addon.default not in (0, 1):
        errors.append(FieldError("/default", "must be true or false"))
    return errors
