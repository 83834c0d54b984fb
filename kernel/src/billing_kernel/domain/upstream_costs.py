"""What an upstream asks for a tariff, how that changes, and what is left of our prices."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from billing_hookspecs import ImportableTariff, Money, ValueType
from billing_kernel.domain.tariffs import TariffTerms


class TariffCost(msgspec.Struct, frozen=True):
    """The upstream's price of a period, or of one unit of an addon for it."""

    period_months: int
    cost: Money
    resource_type: str | None = None


class CostChange(msgspec.Struct, frozen=True):
    """A cost that is another than it was; null where there is none."""

    period_months: int
    resource_type: str | None
    before: Money | None
    after: Money | None


class Margin(msgspec.Struct, frozen=True):
    """What is left of a list price after the upstream's cost, at order and at renewal.

    ``resource_type`` names an addon, whose amounts are those of one unit. Null where price and
    cost are in two currencies.
    """

    period_months: int
    resource_type: str | None
    price: Money
    cost: Money
    margin: Money | None
    renewal_margin: Money | None


def costs_of(tariff: ImportableTariff) -> tuple[TariffCost, ...]:
    """Every cost of an upstream's tariff, in a fixed order."""
    costs = [TariffCost(period.period_months, period.cost) for period in tariff.periods]
    for addon in tariff.addons:
        costs += [
            TariffCost(int(months), cost, addon.resource_type)
            for months, cost in addon.costs.items()
        ]
    return tuple(sorted(costs, key=lambda cost: (cost.resource_type or "", cost.period_months)))


def read_costs(documents: Sequence[Mapping[str, Any]]) -> tuple[TariffCost, ...]:
    """Costs from the JSON documents of a tariff plan."""
    return msgspec.convert(documents, tuple[TariffCost, ...])


def costs_document(costs: Sequence[TariffCost]) -> list[dict[str, Any]]:
    """Costs as JSON documents."""
    documents: list[dict[str, Any]] = msgspec.to_builtins(costs)
    return documents


def cost_changes(
    before: Sequence[TariffCost], after: Sequence[TariffCost]
) -> tuple[CostChange, ...]:
    """What became dearer or cheaper, came, or went."""
    old, new = _by_place(before), _by_place(after)
    places = dict.fromkeys([*old, *new])
    return tuple(
        CostChange(months, resource_type, old.get(place), new.get(place))
        for place in places
        for resource_type, months in [place]
        if old.get(place) != new.get(place)
    )


def margins(terms: TariffTerms, costs: Sequence[TariffCost]) -> tuple[Margin, ...]:
    """The margin of each price that has a cost beside it."""
    known = _by_place(costs)
    found = []
    for term in terms.prices:
        if cost := known.get((None, term.period_months)):
            renewal = term.price if term.renewal_price is None else term.renewal_price
            found.append(_margin(term.period_months, None, term.price, renewal, cost))
    for addon in terms.addons:
        if addon.value_type is ValueType.ENUMERATION:
            continue
        for unit in addon.prices:
            if cost := known.get((addon.resource_type, unit.period_months)):
                found.append(
                    _margin(unit.period_months, addon.resource_type, unit.price, unit.price, cost)
                )
    return tuple(found)


def _margin(
    months: int, resource_type: str | None, price: Money, renewal: Money, cost: Money
) -> Margin:
    agree = price.currency == cost.currency
    return Margin(
        months,
        resource_type,
        price,
        cost,
        price - cost if agree else None,
        renewal - cost if agree else None,
    )


def _by_place(costs: Sequence[TariffCost]) -> dict[tuple[str | None, int], Money]:
    return {(cost.resource_type, cost.period_months): cost.cost for cost in costs}
