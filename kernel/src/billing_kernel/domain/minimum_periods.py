"""The shortest time that a tariff plan is sold for."""

from datetime import date

from billing_kernel.domain.periods import days_after, days_between, months_after, next_expiry
from billing_kernel.domain.policies.charging import NOMINAL_MONTH_DAYS
from billing_kernel.domain.tariffs import MinimumPeriod, PriceTerm, TariffTerms


def is_long_enough(minimum: MinimumPeriod | None, period_months: int, start_on: date) -> bool:
    """True if a period that begins on this day is no shorter than the minimum.

    Against days a month counts as 30, or as many as it really has, whichever is more: nobody
    is refused in February what can be bought in March. A period without end is always enough.
    """
    if minimum is None or period_months == 0:
        return True
    if minimum.unit == "months":
        return period_months >= minimum.length
    real_days = days_between(start_on, next_expiry(start_on, start_on, period_months))
    return max(real_days, NOMINAL_MONTH_DAYS * period_months) >= minimum.length


def end_of_minimum(minimum: MinimumPeriod, start_on: date) -> date:
    """The first day that a service which began on ``start_on`` may be deleted on."""
    if minimum.unit == "months":
        return months_after(start_on, minimum.length)
    return days_after(start_on, minimum.length)


def orderable_prices(terms: TariffTerms, today: date) -> tuple[PriceTerm, ...]:
    """The prices of the periods that new orders may be for."""
    return tuple(
        term
        for term in terms.prices
        if term.orderable and is_long_enough(terms.minimum_period, term.period_months, today)
    )
