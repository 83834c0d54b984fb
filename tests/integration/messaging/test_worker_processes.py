"""Workers as processes of their own, killed, held up and stopped while they work."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select
from tests.servers.diary import Diary
from tests.servers.worker_process import WorkerProcess

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.scheduling import JOBS
from billing_kernel.crashpoints import POINTS
from billing_kernel.models import OutboxMessage, Schedule
from billing_kernel.settings import Settings

Rows = Callable[[], list[OutboxMessage]]
Ask = Callable[..., None]
Hire = Callable[..., WorkerProcess]
Eventually = Callable[[Callable[[], bool]], None]


def test_two_workers_share_the_work_and_do_no_row_twice(
    hire: Hire, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """A second machine must make it faster, not double."""
    hire()
    hire()
    ask("linger", 1, 2, 3, 4)
    eventually(lambda: len(diary.begun()) == 4)
    assert len(diary.workers()) == 2
    ask("note", *range(10, 60))
    diary.open_gate()
    eventually(lambda: rows() == [])
    assert set(diary.begun().values()) == set(diary.done().values()) == {1}
    assert len(diary.done()) == 54


def test_work_of_a_killed_worker_is_done_by_the_next(
    hire: Hire, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """SIGKILL leaves no time for anything: only the lease tells that nobody is at it."""
    first = hire()
    ask("linger", 1)
    eventually(lambda: diary.begun()[1] == 1)
    first.kill()
    diary.open_gate()
    hire()
    eventually(lambda: rows() == [])
    assert (diary.begun()[1], diary.done()[1]) == (2, 1)


def test_a_worker_killed_between_its_claim_and_the_work_loses_nothing(
    hire: Hire, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """The narrowest gap there is: the row is leased, the actor hasn't begun."""
    assert "outbox.claimed" in POINTS
    first = hire(BILLING_CRASH_AT="outbox.claimed")
    ask("note", 1)
    assert first.exit_code() == -9
    assert diary.begun()[1] == 0
    hire()
    eventually(lambda: rows() == [])
    assert diary.done()[1] == 1


def test_a_worker_that_was_frozen_beyond_its_lease_does_not_take_back_what_it_lost(
    kernel: Kernel,
    settings: Settings,
    hire: Hire,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    """A machine that was suspended wakes up in the middle of somebody else's work."""
    frozen = hire(replace(settings, sweep_s=3600))

    def has_looked_at_the_schedule() -> bool:
        with kernel.database.reading() as session:
            return len(session.scalars(select(Schedule)).all()) == len(JOBS)

    # Frozen in the middle of a transaction it would keep all others from an SQLite file.
    eventually(has_looked_at_the_schedule)
    ask("linger", 1)
    eventually(lambda: diary.begun()[1] == 1)
    frozen.hold_up()
    hire()
    eventually(lambda: diary.begun()[1] == 2)
    holder = rows()[0].lease_owner
    frozen.go_on()
    diary.open_gate()
    eventually(lambda: diary.done()[1] == 2)
    eventually(lambda: rows() == [])
    eventually(lambda: "outbox.taken_over" in frozen.log)
    assert f":{frozen.pid}:" not in holder


def test_told_to_stop_a_worker_ends_what_it_began_and_leaves_the_rest(
    hire: Hire, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """A deployment is no accident: nothing waits for a lease to run out."""
    worker = hire()
    ask("linger", *range(8))
    eventually(lambda: len(diary.begun()) == 2)
    worker.tell_to_stop()
    diary.open_gate()
    assert worker.exit_code() == 0
    left = rows()
    assert len(left) + len(diary.done()) == 8
    assert diary.begun() == diary.done()
    assert {(row.lease_owner, row.attempts) for row in left} <= {("", 0)}


def test_an_idle_worker_stops_when_it_is_told_to(
    hire: Hire, ask: Ask, diary: Diary, eventually: Eventually, settings: Settings
) -> None:
    """Long pauses between sweeps and renewals must not hold a stop up."""
    worker = hire(replace(settings, sweep_s=3600, lease_s=3600))
    ask("note", 1)
    eventually(lambda: diary.done()[1] == 1)
    worker.tell_to_stop()
    assert worker.exit_code() == 0
