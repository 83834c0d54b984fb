"""When work waits because the provider's own account at an upstream is short."""

from datetime import timedelta
from typing import Final

from billing_hookspecs import Money

SHORT: Final = "upstream_funds"
"""How the reason of an operation begins that waits for it."""

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)


def reason_to_wait(detail: str) -> str:
    """The reason that is written with an operation."""
    return f"{SHORT}: {detail}"


def waits_for_funds(reason: str) -> bool:
    """Whether an operation with this reason waits for its upstream's account."""
    return reason.startswith(SHORT)


def shortage(balance: Money, minimal: Money) -> str:
    """Why renewals have to wait, for people; empty where the balance is enough."""
    if balance.currency != minimal.currency:
        return f"the balance is in {balance.currency}, and its minimum in {minimal.currency}"
    if balance < minimal:
        return f"{balance} is left, and the minimum is {minimal}"
    return ""


def pause_after(waited: timedelta) -> timedelta:
    """The next pause: half of the time waited so far, from a minute to an hour."""
    return min(LONGEST, max(SHORTEST, waited // 2))
