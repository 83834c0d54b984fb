"""Now has a zone, whoever tells it."""

from datetime import UTC, datetime, timedelta

from billing_kernel.clock import FixedClock, SystemClock


def test_the_system_clock_tells_aware_utc() -> None:
    """A naive instant would be read in the zone of whichever machine looks at it."""
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)


def test_a_fixed_clock_stands_until_it_is_set() -> None:
    """Whole years are tried by setting it."""
    clock = FixedClock(datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 1, 31, 12, tzinfo=UTC)
    clock.instant += timedelta(days=28)
    assert clock.now() == datetime(2026, 2, 28, 12, tzinfo=UTC)
