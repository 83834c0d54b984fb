"""Amounts of money among a policy's parameters."""

from collections.abc import Mapping
from typing import Final

from billing_hookspecs import Json, Money

AMOUNT_MAX_MINOR: Final = 10**12
"""As much as a price may be; sums of it still fit the books."""


def money_of(parameter: Mapping[str, Json]) -> Money:
    """What ``{"amount_minor": 500, "currency": "EUR"}`` means."""
    return Money(parameter["amount_minor"], parameter["currency"])
