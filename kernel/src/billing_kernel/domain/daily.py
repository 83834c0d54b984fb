"""Which days of a service that is charged daily are due."""

from collections.abc import Collection, Iterator
from datetime import date

from billing_hookspecs import Period
from billing_kernel.domain.periods import day_after, days_after, is_day_charged


def due_days(
    charged_until: date,
    today: date,
    free: Collection[Period] = (),
    served_until: date | None = None,
    *,
    charge_while_suspended: bool = False,
) -> Iterator[date]:
    """The days from ``charged_until`` to ``today``, both counted, that are to be charged.

    ``free`` are suspensions that ended: nobody pays for them any more. ``served_until`` is the
    half-open end of what a suspended service was used for, None for a running one.
    """
    day = after_free(charged_until, free)
    while day <= today and (
        served_until is None
        or is_day_charged(
            day, days_after(served_until, -1), None, charge_while_suspended=charge_while_suspended
        )
    ):
        yield day
        day = after_free(day_after(day), free)


def after_free(day: date, free: Collection[Period]) -> date:
    """The first day from ``day`` on that isn't free."""
    for period in sorted(free, key=lambda period: period.start_on):
        if day in period:
            day = period.end_on
    return day
