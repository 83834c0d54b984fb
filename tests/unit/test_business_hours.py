"""Business hours: open and closed by the clocks of a place, on days when they change too."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_kernel.domain.business_hours import (
    Interval,
    WeeklyHours,
    is_open,
    next_opening,
    overlapping,
    read_hours,
)

BERLIN = "Europe/Berlin"
WORKDAYS = [{"weekday": day, "from": "09:00", "to": "18:00"} for day in range(5)]
OFFICE = read_hours(BERLIN, WORKDAYS, ["2026-12-25"])


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opened", "opening"),
    [
        (at(2026, 3, 27, 16, 59), True, at(2026, 3, 30, 7)),
        (at(2026, 3, 27, 17), False, at(2026, 3, 30, 7)),
        (at(2026, 3, 30, 7), True, at(2026, 3, 31, 7)),
        (at(2026, 10, 24, 12), False, at(2026, 10, 26, 8)),
        (at(2026, 12, 24, 23), False, at(2026, 12, 28, 8)),
        (at(2026, 12, 25, 12), False, at(2026, 12, 28, 8)),
    ],
)
def test_an_office_keeps_its_hours_when_the_clocks_change(
    now: datetime, opened: bool, opening: datetime
) -> None:
    """Nine o'clock is an hour earlier in summer; on holidays nobody comes."""
    assert (is_open(OFFICE, now), next_opening(OFFICE, now)) == (opened, opening)


@pytest.mark.parametrize(
    ("day", "start", "end", "instants"),
    [
        (date(2026, 3, 29), 90, 210, (at(2026, 3, 29, 0, 30), at(2026, 3, 29, 1, 30))),
        (date(2026, 3, 29), 150, 240, (at(2026, 3, 29, 1, 30), at(2026, 3, 29, 2))),
        (date(2026, 3, 29), 130, 180, None),
        (date(2026, 10, 25), 120, 180, (at(2026, 10, 25, 0), at(2026, 10, 25, 2))),
        (date(2026, 10, 25), 1380, 1440, (at(2026, 10, 25, 22), at(2026, 10, 25, 23))),
    ],
)
def test_hours_in_the_night_of_the_change(
    day: date, start: int, end: int, instants: tuple[datetime, datetime] | None
) -> None:
    """A skipped hour isn't there; of one that is shown twice the first one counts."""
    hours = WeeklyHours(BERLIN, (Interval(day.weekday(), start, end),))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=4)
    opened = [
        now
        for minute in range(28 * 60)
        if is_open(hours, now := midnight + timedelta(minutes=minute))
    ]
    assert ((opened[0], opened[-1] + timedelta(minutes=1)) if opened else None) == instants


def test_who_never_opens_has_no_opening() -> None:
    """Looking for it ends."""
    assert next_opening(WeeklyHours(BERLIN, ()), at(2026, 1, 1)) is None


@st.composite
def weeks(draw: st.DrawFn) -> WeeklyHours:
    """Hours without overlaps, some of them around the changes of the clocks."""
    intervals = []
    for weekday in draw(st.sets(st.integers(0, 6), min_size=1, max_size=3)):
        edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=4)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        intervals += [Interval(weekday, start, end) for start, end in pairs]
    zone = draw(st.sampled_from([BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe"]))
    return WeeklyHours(zone, tuple(intervals))


@given(weeks(), st.integers(0, 365 * 24 * 60), st.floats(0, 1))
def test_between_now_and_the_next_opening_nobody_opens(
    hours: WeeklyHours, minute: int, share: float
) -> None:
    """A department that says when it opens is open then, and not before."""
    now = at(2026, 1, 1) + timedelta(minutes=minute)
    opening = next_opening(hours, now)
    if opening is None:
        return
    assert opening > now
    assert is_open(hours, opening)
    between = now + (opening - now) * share
    if not is_open(hours, now):
        assert between == opening or not is_open(hours, between)


def test_overlapping_hours_are_named() -> None:
    """Each later one of a pair, wherever it stands."""
    intervals = [Interval(0, 600, 700), Interval(0, 500, 601), Interval(1, 600, 700)]
    assert overlapping(intervals) == [0]
    assert overlapping([Interval(0, 0, 60), Interval(0, 60, 120)]) == []
