"""When people are there: weekly hours by the clocks of a time zone, holidays apart."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

MINUTES_OF_DAY = 24 * 60
LOOK_AHEAD_DAYS = 400
"""How far an opening is looked for: past more than a year of holidays."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Minutes ``[start, end)`` of the day of a weekday, Monday being 0; ``end`` may be 24:00."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    time_zone: str
    intervals: tuple[Interval, ...]
    holidays: frozenset[date] = frozenset()


def read_hours(
    time_zone: str, intervals: Iterable[Mapping[str, Any]], holidays: Iterable[str]
) -> WeeklyHours:
    """Hours as they are kept: intervals as ``read_interval`` takes them, holidays in ISO."""
    return WeeklyHours(
        time_zone,
        tuple(map(read_interval, intervals)),
        frozenset(map(date.fromisoformat, holidays)),
    )


def read_interval(document: Mapping[str, Any]) -> Interval:
    """The interval of ``{"weekday": 0, "from": "09:00", "to": "18:00"}``."""
    return Interval(document["weekday"], _minutes(document["from"]), _minutes(document["to"]))


def is_open(hours: WeeklyHours, now: datetime) -> bool:
    """Whether somebody is there at an aware instant."""
    today = now.astimezone(ZoneInfo(hours.time_zone)).date()
    return any(start <= now < end for start, end in _on_days(hours, today, 2))


def next_opening(hours: WeeklyHours, now: datetime) -> datetime | None:
    """The first instant after ``now`` at which an interval begins; UTC, None for never."""
    if not hours.intervals:
        return None
    today = now.astimezone(ZoneInfo(hours.time_zone)).date()
    return next(
        (start for start, _ in _on_days(hours, today, LOOK_AHEAD_DAYS) if start > now), None
    )


def overlapping(intervals: Sequence[Interval]) -> list[int]:
    """The places of intervals that begin before an earlier one of their day has ended."""
    places = sorted(range(len(intervals)), key=lambda place: _beginning(intervals[place]))
    return sorted(
        later
        for earlier, later in pairwise(places)
        if intervals[earlier].weekday == intervals[later].weekday
        and intervals[later].start < intervals[earlier].end
    )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _beginning(interval: Interval) -> tuple[int, int]:
    return interval.weekday, interval.start


def _on_days(hours: WeeklyHours, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The intervals of some days from the one before ``first`` on, as instants, in order."""
    zone = ZoneInfo(hours.time_zone)
    for day in (first + timedelta(days=offset) for offset in range(-1, days)):
        if day not in hours.holidays:
            todays = (each for each in hours.intervals if each.weekday == day.weekday())
            instants = (
                (_instant(day, each.start, zone), _instant(day, each.end, zone)) for each in todays
            )
            yield from sorted((start, end) for start, end in instants if start < end)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """When the clocks show that time; the first time where they show it twice.

    A time that the clocks skip is that much later, and what would lie within the skipped hour
    isn't there.
    """
    days, rest = divmod(minutes, MINUTES_OF_DAY)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return wall.astimezone(UTC)
