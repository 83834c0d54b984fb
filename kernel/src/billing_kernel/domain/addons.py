"""Addons: what of a service can be more than the tariff includes, and what that costs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from billing_hookspecs import Money, ValueType
from billing_kernel.domain.errors import RuleError

Amount = int | bool
"""How much of an addon: units, the id of an enumeration's value, or on and off."""


class AddonPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The price of one unit beyond what is included, for one period."""

    period_months: int
    price: Money


class ValuePrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one value of an enumeration costs; ``internal_name`` is what the driver is told."""

    value_id: int
    prices: tuple[AddonPrice, ...] = ()
    internal_name: str = ""
    name: dict[str, str] = msgspec.field(default_factory=dict)


class AddonTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An addon of one version of a tariff plan.

    ``included`` units cost nothing; of an enumeration it is the id of a value, or 0 for none,
    of a boolean 1 for on. Without prices only what is included can be had.
    """

    id: int
    resource_type: str
    value_type: ValueType = ValueType.INTEGER
    name: dict[str, str] = msgspec.field(default_factory=dict)
    included: int = 0
    default: int = 0
    min: int = 0
    max: int | None = None
    step: int = 1
    unit: str = "pcs"
    prices: tuple[AddonPrice, ...] = ()
    enumeration_id: int | None = None
    value_prices: tuple[ValuePrices, ...] = ()
    enabled: bool = True
    sort: int = 1


class AddonNotSoldError(RuleError):
    """The addon has no price for this period."""

    code = "addon.period_not_sold"


def amount_error(addon: AddonTerm, amount: Any) -> str | None:
    """What is wrong with an amount that somebody asks for; None if it can be had."""
    match addon.value_type:
        case ValueType.BOOLEAN:
            return None if type(amount) is bool else "must be true or false"
        case ValueType.ENUMERATION:
            known = [value.value_id for value in addon.value_prices]
            if type(amount) is int and amount in known:
                return None
            return f"must be the id of a value: {', '.join(map(str, known)) or 'there is none'}"
    if type(amount) is not int:
        return "must be a whole number"
    if amount < addon.min:
        return f"must be at least {addon.min} {addon.unit}"
    if addon.max is not None and amount > addon.max:
        return f"must be at most {addon.max} {addon.unit}"
    if (amount - addon.min) % addon.step:
        return f"must be {addon.min} or more in steps of {addon.step} {addon.unit}"
    return None


def addon_price(addon: AddonTerm, amount: Amount, period_months: int) -> Money | None:
    """List price of what is beyond the included amount; None if there is nothing beyond.

    Raises AddonNotSoldError where that has no price for the period.
    """
    if addon.value_type is ValueType.ENUMERATION:
        if amount == addon.included:
            return None
        chosen = next((v for v in addon.value_prices if v.value_id == amount), None)
        return _price(addon, chosen.prices if chosen else (), period_months)
    units = int(amount) - addon.included
    return _price(addon, addon.prices, period_months) * units if units > 0 else None


def default_amount(addon: AddonTerm) -> Amount:
    """How much a service has where nothing is asked for."""
    return bool(addon.default) if addon.value_type is ValueType.BOOLEAN else addon.default


def resource_amounts(
    addons: tuple[AddonTerm, ...], chosen: Mapping[str, Any]
) -> dict[str, int | str | bool]:
    """What a driver is told of each resource: units, an internal name, or on and off."""
    amounts: dict[str, int | str | bool] = {}
    for addon in addons:
        if addon.resource_type not in chosen:
            continue
        amount = chosen[addon.resource_type]
        if addon.value_type is ValueType.ENUMERATION:
            names = {value.value_id: value.internal_name for value in addon.value_prices}
            if amount in names:
                amounts[addon.resource_type] = names[amount]
        else:
            amounts[addon.resource_type] = amount
    return amounts


def _price(addon: AddonTerm, prices: tuple[AddonPrice, ...], period_months: int) -> Money:
    for price in prices:
        if price.period_months == period_months:
            return price.price
    periods = ", ".join(str(price.period_months) for price in prices) or "none"
    raise AddonNotSoldError(
        f"{addon.resource_type} has no price for period_months {period_months}; "
        f"there are: {periods}"
    )
