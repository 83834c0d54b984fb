"""What happens once a day: at its hour, in each provider's zone, made up for when missed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from billing_kernel.domain.schedules import is_due, latest_turn, turns_between

ZONES = ("UTC", "Europe/Berlin", "Asia/Tokyo", "America/Sao_Paulo", "Africa/Cairo", "Asia/Gaza")
AT = time(0, 10)

instants = st.integers(0, 6 * 366 * 24 * 3600).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES)


def test_a_turn_is_the_hour_of_the_providers_own_day() -> None:
    """Ten past midnight in Tokyo is ten past three in the afternoon before in Greenwich."""
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert latest_turn(noon, AT, "Asia/Tokyo") == datetime(2026, 6, 30, 15, 10, tzinfo=UTC)
    assert latest_turn(noon, AT, "UTC") == datetime(2026, 7, 1, 0, 10, tzinfo=UTC)


@given(instants, zones)
def test_there_is_one_turn_a_day_and_no_later_one(now: datetime, zone: str) -> None:
    """Also where the clocks change over the hour: midnight doesn't exist in Cairo once a year."""
    turn = latest_turn(now, AT, zone)
    assert turn <= now < turn + timedelta(hours=26)
    assert latest_turn(turn, AT, zone) == turn
    ahead = latest_turn(turn + timedelta(hours=26), AT, zone)
    assert ahead.astimezone(ZoneInfo(zone)).date() > turn.astimezone(ZoneInfo(zone)).date()


def test_a_job_is_due_once_its_hour_has_come_anywhere() -> None:
    """A run that begins at ten past midnight in Berlin doesn't serve Tokyo's next day."""
    begun = datetime(2026, 7, 1, 0, 10, tzinfo=UTC)
    assert not is_due(begun, datetime(2026, 7, 1, 15, 9, tzinfo=UTC), AT, ZONES[:1])
    assert not is_due(begun, datetime(2026, 7, 1, 15, 9, tzinfo=UTC), AT, {"UTC", "Asia/Tokyo"})
    assert is_due(begun, datetime(2026, 7, 1, 15, 10, tzinfo=UTC), AT, {"UTC", "Asia/Tokyo"})
    assert not is_due(begun, begun + timedelta(days=9), AT, ())


@given(instants, zones)
def test_missed_hours_are_made_up_for_by_one_turn(now: datetime, zone: str) -> None:
    """After a week without any process one run is due, not seven."""
    week_ago = now - timedelta(days=7)
    assert is_due(week_ago, now, AT, {zone})
    assert not is_due(now, now, AT, {zone})


@given(instants, zones)
def test_a_clock_that_was_ahead_stops_no_night(now: datetime, zone: str) -> None:
    """Put right by years, it must not leave the jobs waiting for as long."""
    assert is_due(now + timedelta(days=400), now, AT, {zone})
    assert not is_due(now + timedelta(hours=1), now, AT, {zone})


@given(instants, st.sets(zones, min_size=1), st.integers(0, 40))
def test_turns_come_in_order_and_none_is_left_out(
    after: datetime, where: set[str], days: int
) -> None:
    """A clock that is moved passes every night of every provider."""
    until = after + timedelta(days=days)
    turns = list(turns_between(after, until, AT, where))
    assert turns == sorted(set(turns))
    assert all(after < turn <= until for turn in turns)
    for zone in where:
        local = {turn.astimezone(ZoneInfo(zone)).date() for turn in turns}
        assert len(local) >= days - 1
    latest = max(latest_turn(until, AT, zone) for zone in where)
    assert (latest in turns) == (latest > after)
