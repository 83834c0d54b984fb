"""Stripe's units of money and ours. Pure.

We count in the minor units of ISO 4217; Stripe mostly does. Where it doesn't, an amount sent
unchanged would be a hundred times too big or too small.
"""

from typing import Final

from billing_hookspecs import (
    Money,
    OutcomeUnknownError,
    UnknownCurrencyError,
    UpstreamRefusedError,
    minor_units,
)

ZERO_DECIMAL: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()
)
"""Counted in whole units; for MGA, ISO 4217 has two decimals."""

THREE_DECIMAL: Final = frozenset("BHD JOD KWD OMR TND".split())
"""Counted in thousandths, of which the last digit must be zero."""

PADDED: Final = frozenset({"ISK"})
"""Whole units that are written with two decimals, always 00: 5 ISK are 500."""

POWERS: Final = (1, 10, 100, 1000)


def to_stripe(amount: Money) -> int:
    """The integer that Stripe calls ``amount``.

    Raises UpstreamRefusedError for a currency whose units aren't certain, and for an amount
    that Stripe can't count: nothing is rounded.
    """
    decimals = stripe_decimals(amount.currency)
    ours = minor_units(amount.currency)
    if decimals >= ours:
        counted, rest = amount.amount_minor * POWERS[decimals - ours], 0
    else:
        counted, rest = divmod(amount.amount_minor, POWERS[ours - decimals])
    if rest or (amount.currency in THREE_DECIMAL and counted % 10):
        raise UpstreamRefusedError("amount", f"Stripe can't take {amount} to the last decimal")
    return counted


def from_stripe(counted: int, currency: str) -> Money:
    """Stripe's ``amount`` in our minor units; ``currency`` in either case.

    Raises OutcomeUnknownError for what has no exact counterpart: it is never guessed.
    """
    code = currency.upper()
    try:
        decimals, ours = stripe_decimals(code), minor_units(code)
    except (UpstreamRefusedError, UnknownCurrencyError):
        raise OutcomeUnknownError(f"Stripe answers in {code[:10]!r}, of unknown units") from None
    if ours >= decimals:
        return Money(counted * POWERS[ours - decimals], code)
    amount_minor, rest = divmod(counted, POWERS[decimals - ours])
    if rest:
        raise OutcomeUnknownError(f"Stripe's amount {counted} is no whole number of {code}")
    return Money(amount_minor, code)


def stripe_decimals(currency: str) -> int:
    """How many decimals Stripe's integers have; UpstreamRefusedError where it isn't certain."""
    if currency in ZERO_DECIMAL:
        return 0
    if currency in THREE_DECIMAL:
        return 3
    if currency in PADDED:
        return 2
    # UGX is among these: Stripe's page has it without decimals and, further down, with two.
    if minor_units(currency) != 2:
        raise UpstreamRefusedError("currency", f"it isn't certain how Stripe counts {currency}")
    return 2
