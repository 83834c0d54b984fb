"""What a service was last paid for: it gives the daily cost, and the price of changes."""

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from billing_hookspecs import Money, PaidPeriod, Period, round_half_up


class Paid(msgspec.Struct, frozen=True):
    """The period last paid: list prices of the service itself and of each addon, for its days.

    ``way_back_plan_id`` is the tariff plan that was left by a downgrade without refund; the
    way back to it is free until the period ends. ``before`` are the periods that hadn't ended
    when this one was paid ahead of time, oldest first; each lasts until the next one begins.
    """

    start_on: date
    end_on: date
    months: int
    price: Money
    addons: dict[str, Money] = {}
    way_back_plan_id: int | None = None
    before: tuple["Paid", ...] = ()

    def period(self) -> PaidPeriod:
        """The whole of the period last paid."""
        amount = sum(self.addons.values(), self.price)
        return PaidPeriod(amount, Period(self.start_on, self.end_on), self.months)

    def rest(self, today: date, expires_on: date) -> PaidPeriod:
        """What gives the days from today to the expiry their cost.

        One period as it was paid; of several that were paid ahead of time what they are worth
        together, rounded half up, for exactly these days.
        """
        lasting = list(self.lasting(today, expires_on))
        if len(lasting) <= 1:
            return (lasting[0][0] if lasting else self).period()
        value = sum(
            (days.days * paid.period().daily_cost_minor() for paid, days in lasting), Fraction()
        )
        amount = Money(round_half_up(value), self.price.currency)
        return PaidPeriod(amount, Period(today, expires_on), self.months)

    def lasting(self, today: date, expires_on: date) -> Iterator[tuple["Paid", Period]]:
        """The paid periods that aren't over, oldest first, each with its days that are left."""
        periods = (*self.before, self)
        ends = (*(period.start_on for period in periods[1:]), expires_on)
        for period, end_on in zip(periods, ends, strict=True):
            start_on = max(today, period.start_on)
            if start_on < end_on:
                yield period, Period(start_on, end_on)

    def after(self, earlier: "Paid", today: date) -> "Paid":
        """The same, with those of the earlier periods before it that aren't over today."""
        periods = earlier.lasting(today, self.start_on)
        before = tuple(msgspec.structs.replace(paid, before=()) for paid, _ in periods)
        return msgspec.structs.replace(self, before=before)

    def each(self, change: Callable[["Paid"], "Paid"]) -> "Paid":
        """The same with every one of its periods changed."""
        before = tuple(change(paid) for paid in self.before)
        return msgspec.structs.replace(change(self), before=before)


def paid_document(paid: Paid) -> dict[str, Any]:
    """As a JSON document."""
    document: dict[str, Any] = msgspec.to_builtins(paid)
    return document


def read_paid(document: dict[str, Any] | None) -> Paid | None:
    """From the document of a service; None for one that has no end or wasn't paid yet."""
    return msgspec.convert(document, Paid) if document else None
