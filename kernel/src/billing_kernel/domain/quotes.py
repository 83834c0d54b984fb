"""Quotes: lines with what they are for, and their sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing_hookspecs import Money
from billing_kernel.domain.pricing import PricedLine


@dataclass(frozen=True, slots=True)
class QuotePart:
    """A line, the tariff plan that prices it, and the service if there is one yet."""

    line: PricedLine
    tariff_plan_id: int
    service_id: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Totals are the sums of the lines; ``expires_on`` where all of it has one end."""

    parts: tuple[QuotePart, ...]
    net: Money
    tax: Money
    total: Money
    expires_on: date | None


def quote_of(parts: Sequence[QuotePart], currency: str, expires_on: date | None = None) -> Quote:
    """The lines with their sums; raises CurrencyMismatchError for one of another currency."""
    zero = Money.zero(currency)
    return Quote(
        tuple(parts),
        sum((part.line.net for part in parts), zero),
        sum((part.line.tax for part in parts), zero),
        sum((part.line.total for part in parts), zero),
        expires_on,
    )
