"""When what happens once a day is due: at an hour of the day, in each provider's time zone."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def latest_turn(now: datetime, at: time, time_zone: str) -> datetime:
    """The last instant up to ``now`` that was ``at`` o'clock in a time zone.

    An hour that the clocks skip in spring comes when it would have come without that.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    turn = datetime.combine(today, at, zone).astimezone(UTC)
    if turn <= now:
        return turn
    return datetime.combine(today - DAY, at, zone).astimezone(UTC)


def is_due(begun_at: datetime, now: datetime, at: time, time_zones: Collection[str]) -> bool:
    """Whether a turn has come in any of the time zones since the job was last begun.

    However many turns were missed, one begun now makes up for all of them. One that was begun
    more than a day from now was begun by a clock that has been put right since.
    """
    was_ahead = begun_at > now + DAY
    return any(was_ahead or begun_at < latest_turn(now, at, zone) for zone in time_zones)


def next_turn(now: datetime, at: time, time_zones: Collection[str]) -> datetime | None:
    """The first instant after ``now`` that is a turn somewhere; None where there is nowhere."""
    return next(turns_between(now, now + 2 * DAY, at, time_zones), None)


def turns_between(
    after: datetime, until: datetime, at: time, time_zones: Collection[str]
) -> Iterator[datetime]:
    """Every instant after ``after`` and up to ``until`` that is a turn somewhere, in order."""
    day = after.date() - 2 * DAY
    turns: set[datetime] = set()
    while day <= until.date() + 2 * DAY:
        turns |= {datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC) for zone in time_zones}
        day += DAY
    yield from (turn for turn in sorted(turns) if after < turn <= until)
