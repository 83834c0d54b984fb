"""Every amount of money in the terms of a tariff plan, and in which currency it may be."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from billing_hookspecs import FieldError, Money
from billing_kernel.domain.tariffs import TariffTerms

PRICE_MAX_MINOR: Final = 10**12


class Amount(NamedTuple):
    """An amount, where it stands, and the part of the terms that changes together with it."""

    part: str
    pointer: str
    money: Money


def amounts_of(terms: TariffTerms) -> Iterator[Amount]:
    """Prices and the setup fee, the parameters of policies, and the prices of addons."""
    document = msgspec.to_builtins(terms)
    yield from _within("/prices", "/prices", document["prices"])
    yield from _within("/prices", "/setup_fee", document["setup_fee"])
    yield from _within("/charging", "/charging", document["charging"])
    for name, choice in document["policies"].items():
        yield from _within(f"/policies/{name}", f"/policies/{name}", choice)
    for addon in document["addons"]:
        pointer = addon_pointer(addon["id"])
        yield from _within(pointer, pointer, addon)


def addon_pointer(addon_id: int) -> str:
    """Where the amounts of an addon stand among all of its tariff plan."""
    return f"/addons/{addon_id}"


def amount_errors(
    currency: str, terms: TariffTerms, present: TariffTerms | None
) -> list[FieldError]:
    """What is wrong with amounts; ``currency`` is the provider's.

    After a change of the provider's currency, parts that stay as they are may keep the former
    one: each can be priced anew by itself, and the plan is for sale when all of them are.
    """
    before = _parts(present) if present else {}
    after = _parts(terms)
    errors = []
    for part, amounts in after.items():
        if amounts == before.get(part):
            continue
        for amount in amounts:
            errors += _errors_of(currency, amount)
    return errors


def currency_of(currency: str, terms: TariffTerms, present: TariffTerms | None) -> str:
    """The provider's currency where all amounts are in it, otherwise still the former one."""
    if present and any(amount.money.currency != currency for amount in amounts_of(terms)):
        return present.currency
    return currency


def _parts(terms: TariffTerms) -> dict[str, list[Amount]]:
    parts: dict[str, list[Amount]] = {}
    for amount in amounts_of(terms):
        parts.setdefault(amount.part, []).append(amount)
    return parts


def _errors_of(currency: str, amount: Amount) -> list[FieldError]:
    errors = []
    if amount.money.currency != currency:
        detail = f"must be {currency}, the currency of the provider"
        errors.append(FieldError(f"{amount.pointer}/currency", detail))
    if not 0 <= amount.money.amount_minor <= PRICE_MAX_MINOR:
        detail = f"must be from 0 to {PRICE_MAX_MINOR}"
        errors.append(FieldError(f"{amount.pointer}/amount_minor", detail))
    return errors


def _within(part: str, pointer: str, value: Any) -> Iterator[Amount]:
    """Every amount inside of a JSON value."""
    if isinstance(value, Mapping):
        if set(value) == {"amount_minor", "currency"}:
            yield Amount(part, pointer, Money(value["amount_minor"], value["currency"]))
            return
        for name, inner in value.items():
            yield from _within(part, f"{pointer}/{name}", inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _within(part, f"{pointer}/{index}", inner)
