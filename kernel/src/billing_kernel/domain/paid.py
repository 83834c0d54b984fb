"""What a service was last paid for: it gives the daily cost, and the price of changes."""

from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec

from billing_hookspecs import Money, PaidPeriod, Period


class Paid(msgspec.Struct, frozen=True):
    """The period last paid: list prices of the service itself and of each addon, for its days.

    ``way_back_plan_id`` is the tariff plan that was left by a downgrade without refund; the
    way back to it is free until the period ends.
    """

    start_on: date
    end_on: date
    months: int
    price: Money
    addons: dict[str, Money] = {}
    way_back_plan_id: int | None = None

    def period(self, without: Collection[str] = ()) -> PaidPeriod:
        """The whole of it, but for some addons."""
        kept = (price for name, price in self.addons.items() if name not in without)
        return PaidPeriod(sum(kept, self.price), Period(self.start_on, self.end_on), self.months)


def paid_document(paid: Paid) -> dict[str, Any]:
    """As a JSON document."""
    document: dict[str, Any] = msgspec.to_builtins(paid)
    return document


def read_paid(document: dict[str, Any] | None) -> Paid | None:
    """From the document of a service; None for one that has no end or wasn't paid yet."""
    return msgspec.convert(document, Paid) if document else None
