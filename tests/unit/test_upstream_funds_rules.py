"""When renewals wait for the provider's own money, and for how long."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money
from billing_kernel.domain.upstream_funds import (
    LONGEST,
    SHORTEST,
    pause_after,
    reason_to_wait,
    shortage,
    waits_for_funds,
)

MINUTES = st.integers(0, 10**6).map(lambda minutes: timedelta(minutes=minutes))


@given(balance=st.integers(-(10**6), 10**6), minimal=st.integers(0, 10**6))
def test_less_than_the_minimum_is_short(balance: int, minimal: int) -> None:
    """The minimum itself is enough; the text says both amounts."""
    text = shortage(Money(balance, "EUR"), Money(minimal, "EUR"))
    assert bool(text) is (balance < minimal)
    assert not text or str(Money(minimal, "EUR")) in text


def test_amounts_in_two_currencies_are_never_enough() -> None:
    """A thousand roubles say nothing about ten euros."""
    assert "RUB" in shortage(Money(10**6, "RUB"), Money(1, "EUR"))


@given(waited=MINUTES, more=MINUTES)
def test_pauses_grow_from_a_minute_to_an_hour(waited: timedelta, more: timedelta) -> None:
    """Soon at first, and never so rarely that money lies there unused for long."""
    assert SHORTEST <= pause_after(waited) <= pause_after(waited + more) <= LONGEST


def test_whoever_reads_a_reason_knows_what_is_waited_for() -> None:
    """The alarm ends with the last one that waits for money, not for anything else."""
    assert waits_for_funds(reason_to_wait("top up"))
    assert not waits_for_funds("busy")
