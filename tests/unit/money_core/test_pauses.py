"""Pauses between tries: short at first, never longer than an hour, a day's worth in all."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from billing_kernel.domain.pauses import FIRST, LONGEST, TRIES_MAX, pause_after


def test_pauses_grow_to_an_hour() -> None:
    """A gateway that is away for a minute is soon asked again, one that is down isn't hammered."""
    pauses = [pause_after(tries) for tries in range(1, TRIES_MAX + 1)]
    assert pauses[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert all(first <= second for first, second in pairwise(pauses))
    assert pauses[-1] == LONGEST


def test_all_tries_together_are_within_a_day() -> None:
    """A gateway may forget the name of a request after that, and a repetition would pay twice."""
    total = sum((pause_after(tries) for tries in range(1, TRIES_MAX + 1)), timedelta())
    assert timedelta(hours=12) < total < timedelta(hours=24)


@given(st.integers(-5, 10**6))
def test_no_number_of_tries_breaks_it(tries: int) -> None:
    """Neither a first try that wasn't counted nor a very long story."""
    assert FIRST <= pause_after(tries) <= LONGEST
