"""Reminders: each wanted stage once, the newest one after a pause, none for what has just begun."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_kernel.domain.reminders import (
    DEFAULT_STAGES,
    MONTHS_LEAST,
    STAGES,
    announces_deletion,
    balance_stage,
    days_covered,
    is_reminded_at,
    stage_on,
    waiting_stage,
    windows_on,
)

EXPIRY = date(2026, 3, 31)


def reminded(wanted: tuple[int, ...], nights: list[int], months: int) -> list[int]:
    """On how many days before expiry somebody is reminded by runs on ``nights``."""
    given_on, done = [], set[int]()
    for left in nights:
        stage = stage_on(EXPIRY, EXPIRY - timedelta(days=left), months)
        if stage is None or stage in done:
            continue
        if is_reminded_at(stage, months, wanted, done):
            given_on.append(left)
        done.add(stage)
    return given_on


@pytest.mark.parametrize(
    ("months", "days"), [(1, [7, 3, 1]), (2, [14, 7, 3, 1]), (12, [14, 7, 3, 1])]
)
def test_nightly_runs_remind_on_the_days_themselves(months: int, days: list[int]) -> None:
    """Fourteen days before the end of a month's service is in its middle."""
    assert reminded(DEFAULT_STAGES, list(range(40, -3, -1)), months) == days


@pytest.mark.parametrize(
    ("wanted", "nights", "days"),
    [
        (DEFAULT_STAGES, [6, 5, 2], [6, 2]),
        (DEFAULT_STAGES, [2], [2]),
        (DEFAULT_STAGES, [0, -1], []),
        ((30,), [20, 10, 5, 1], [20]),
        ((30, 1), [5, 1], [5, 1]),
        ((7,), [10, 3, 2, 1], [3]),
        ((), [14, 7, 3, 1], []),
    ],
)
def test_after_a_pause_only_the_newest_stage_is_made_up_for(
    wanted: tuple[int, ...], nights: list[int], days: list[int]
) -> None:
    """Three reminders in one night would be two too many."""
    assert reminded(wanted, nights, 12) == days


@settings(max_examples=60)
@given(
    st.sets(st.sampled_from(STAGES)),
    st.sets(st.integers(-5, 40)),
    st.sampled_from([1, 2, 3, 6, 12]),
)
def test_whenever_runs_are_every_wanted_stage_is_served_once(
    wanted: set[int], nights: set[int], months: int
) -> None:
    """At most once each, and the last reminder is for the last wanted stage that a run reached."""
    days = reminded(tuple(wanted), sorted(nights, reverse=True), months)
    allowed = {stage for stage in wanted if months >= MONTHS_LEAST[stage]}
    assert len(days) <= len(allowed)
    reached = [
        stage
        for stage in allowed
        for left in nights
        if stage_on(EXPIRY, EXPIRY - timedelta(days=left), months) and 0 < left <= stage
    ]
    assert bool(days) == bool(reached)
    if reached:
        assert min(days) <= min(reached)


@given(st.integers(-3, 35))
def test_what_is_looked_for_is_what_is_decided(left: int) -> None:
    """A date outside of its stage's window would never be found, or again each night."""
    today = EXPIRY - timedelta(days=left)
    found = [it.stage for it in windows_on(today) if it.first_on <= EXPIRY <= it.last_on]
    stage = stage_on(EXPIRY, today, 12)
    assert found == ([] if stage is None else [stage])


def test_a_deletion_is_told_of_on_the_three_days_before_it() -> None:
    """Not on the day itself: by then it is under way."""
    days = [EXPIRY - timedelta(days=left) for left in range(-1, 6) if left]
    near = [EXPIRY - day for day in days if announces_deletion(EXPIRY, day)]
    assert [it.days for it in near] == [1, 2, 3]
    assert not announces_deletion(EXPIRY, EXPIRY)


def test_a_balance_is_told_of_while_it_covers_a_week_at_most() -> None:
    """What covers a day to the last cent covers it; a credit limit that is gone covers none."""
    covered = [days_covered(money, 100) for money in (-5, 0, 99, 100, 799, 800)]
    assert covered == [0, 0, 0, 1, 7, None]
    assert days_covered(0, 0) is None
    stages = [balance_stage(days, DEFAULT_STAGES) for days in (0, 1, 2, 3, 4, 7)]
    assert stages == [1, 1, 3, 3, 7, 7]
    assert (balance_stage(2, (30, 14)), balance_stage(2, ())) == (None, None)


def test_a_quick_order_is_asked_for_at_its_last_stage() -> None:
    """A night that comes late asks once, not three times."""
    assert [waiting_stage(days) for days in (0, 2, 3, 9, 10, 30, 365)] == [
        None, None, 3, 3, 10, 30, 30,
    ]  # fmt: skip
