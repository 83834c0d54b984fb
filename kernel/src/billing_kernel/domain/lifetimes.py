"""When services that nobody pays for end."""

from collections.abc import Callable
from datetime import date

from billing_kernel.domain.periods import days_after


def is_suspended_on(expires_on: date, today: date, keeps: Callable[[date], bool]) -> bool:
    """Whether an unpaid service is stopped today: it has expired, and no weekend keeps it."""
    return expires_on <= today and not keeps(today)


def deleted_on(
    expires_on: date, tariff_days: int | None, product_type_days: int | None
) -> date | None:
    """The first day that an expired service is deleted on; None keeps it.

    The tariff plan decides; where it says nothing, the product type; where that is silent too,
    expired services are kept.
    """
    days = product_type_days if tariff_days is None else tariff_days
    return None if days is None else days_after(expires_on, days)
