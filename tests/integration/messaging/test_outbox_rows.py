"""Rows of the outbox: who holds them, for how long, and what becomes of bad ones."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from tests.servers.diary import Diary

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.messaging.actors import Crew
from billing_kernel.messaging.outbox import ATTEMPTS_MAX, Leased, Outbox
from billing_kernel.models import OutboxMessage, wall_clock
from billing_kernel.models.outbox import Queue

Rows = Callable[[], list[OutboxMessage]]
Ask = Callable[..., None]


@pytest.fixture
def outbox(kernel: Kernel, diary: Diary) -> Outbox:
    return Outbox(kernel.database, 30, Crew(kernel, diary.actors()).objection)


@pytest.fixture
def change(kernel: Kernel) -> Callable[..., None]:
    """Write columns of all rows, as time or an accident would."""

    def write(**columns: Any) -> None:
        kernel.database.run(lambda session: session.execute(update(OutboxMessage).values(columns)))

    return write


def ids(leased: list[Leased]) -> list[int]:
    return [row.outbox_id for row in leased]


def test_a_rolled_back_transaction_leaves_no_work_and_wakes_nobody(
    kernel: Kernel, rows: Rows
) -> None:
    """Work is asked for in the transaction it follows from, so it never outlives its reason."""
    woken: list[bool] = []
    kernel.database.on_work(lambda: woken.append(True))

    def fail(session: Any) -> None:
        enqueue(session, "note", {"number": 1})
        session.flush()
        raise LookupError

    with pytest.raises(LookupError):
        kernel.database.run(fail)
    assert rows() == []
    assert woken == []


def test_documents_wait_until_everything_else_is_taken(
    outbox: Outbox, ask: Ask, rows: Rows
) -> None:
    """Whoever bought a service waits for it; the document of the invoice can come later."""
    ask("note", 1, 2, queue=Queue.DOCUMENTS)
    ask("note", 3)
    taken = outbox.claim("worker", 3, documents_max=1)
    assert [row.arguments["number"] for row in taken] == [3, 1]
    assert outbox.claim("worker", 3, documents_max=0) == []
    assert [row.arguments["number"] for row in outbox.hand_over("token", 3)] == [2]


def test_workers_that_claim_at_once_never_get_the_same_row(outbox: Outbox, ask: Ask) -> None:
    """Sharing a queue must not mean doing its work twice."""
    ask("note", *range(40))
    claimed: list[int] = []
    together = threading.Barrier(4)

    def claim(name: str) -> None:
        together.wait()
        for _ in range(10):
            claimed.extend(ids(outbox.claim(name, 2)))

    threads = [threading.Thread(target=claim, args=(f"worker-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 40


def test_rows_are_claimed_in_the_order_in_which_they_became_due(outbox: Outbox, ask: Ask) -> None:
    """A busy queue must not let anybody's work starve."""
    ask("note", 1, 2, 3)
    assert [row.arguments["number"] for row in outbox.claim("worker", 2)] == [1, 2]


def test_work_that_is_not_due_yet_stays(outbox: Outbox, kernel: Kernel) -> None:
    """Delays are kept in the row: nothing waits in a process that may die."""
    kernel.database.run(
        lambda session: enqueue(session, "note", {"number": 1}, delay=timedelta(hours=1))
    )
    assert outbox.claim("worker", 5) == []
    assert outbox.hand_over("token", 5) == []
    assert outbox.backlog().due == 0


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_changes_nothing(
    outbox: Outbox, ask: Ask, rows: Rows, change: Callable[..., None]
) -> None:
    """A worker that was frozen wakes up late: its acknowledgement must not delete work that
    another one is in the middle of.
    """
    ask("note", 1)
    (stale,) = outbox.claim("frozen", 1)
    change(lease_until=wall_clock() - timedelta(seconds=1))
    (current,) = outbox.claim("successor", 1)

    assert outbox.finish(stale) is False
    assert outbox.put_back(stale, "late") is False
    assert outbox.renew([stale]) == set()
    outbox.release([stale], begun=True)

    (row,) = rows()
    assert (row.lease_owner, row.attempts, row.failure) == ("successor", 2, "")
    assert outbox.finish(current) is True
    assert rows() == []


def test_a_renewed_lease_is_not_taken_over(
    outbox: Outbox, ask: Ask, change: Callable[..., None]
) -> None:
    """Work may take longer than a lease as long as its worker lives."""
    ask("note", 1)
    claimed = outbox.claim("worker", 1)
    change(lease_until=wall_clock() - timedelta(seconds=1))
    assert outbox.renew(claimed) == set(ids(claimed))
    assert outbox.claim("other", 1) == []


def test_a_worker_does_not_claim_what_it_is_still_at(
    outbox: Outbox, ask: Ask, change: Callable[..., None]
) -> None:
    """After an outage longer than the lease it would otherwise race against itself."""
    ask("note", 1)
    held = ids(outbox.claim("worker", 1))
    change(lease_until=wall_clock() - timedelta(seconds=1))
    assert outbox.claim("worker", 5, held) == []


def test_released_rows_are_as_if_they_had_never_been_claimed(
    outbox: Outbox, ask: Ask, rows: Rows
) -> None:
    """A restart in the middle of a queue is not an attempt."""
    ask("note", 1, 2)
    outbox.release(outbox.claim("worker", 2), begun=True)
    assert [(row.lease_owner, row.lease_until, row.attempts) for row in rows()] == [
        ("", None, 0),
        ("", None, 0),
    ]
    outbox.release(outbox.hand_over("token", 2), begun=False)
    assert [(row.lease_owner, row.attempts) for row in rows()] == [("", 0), ("", 0)]


@pytest.mark.parametrize(
    ("actor", "arguments", "reason"),
    [
        ("nobody", {"number": 1}, "there is no actor nobody"),
        ("note", {}, "note takes number"),
        ("note", {"number": 1, "more": 2}, "note takes number"),
        ("note", {"number": "1"}, "note takes whole numbers"),
        ("note", {"number": True}, "note takes whole numbers"),
        ("note", [1], "note takes number"),
    ],
)
@pytest.mark.parametrize("way", ["claim", "hand_over"])
def test_poison_is_put_aside_with_its_reason_and_the_queue_moves_on(
    outbox: Outbox,
    kernel: Kernel,
    ask: Ask,
    rows: Rows,
    way: str,
    actor: str,
    arguments: Any,
    reason: str,
) -> None:
    """What can never be worked on must neither be tried for ever nor stop what lies behind."""
    kernel.database.run(
        lambda session: session.add(
            OutboxMessage(actor=actor, arguments=arguments, due_at=wall_clock())
        )
    )
    ask("note", 7)

    (good,) = getattr(outbox, way)("owner", 5)

    assert good.arguments == {"number": 7}
    bad = rows()[0]
    assert bad.died_at is not None
    assert bad.failure == reason
    assert outbox.backlog().died == 1
    assert getattr(outbox, way)("owner", 5) == []


def test_failed_work_waits_longer_each_time_and_is_put_aside_at_last(
    outbox: Outbox, ask: Ask, rows: Rows, change: Callable[..., None]
) -> None:
    """A fault that passes heals itself; one that doesn't ends with a person, not in a loop."""
    ask("note", 1)
    pauses: list[timedelta] = []
    for _ in range(ATTEMPTS_MAX):
        change(due_at=wall_clock())
        (leased,) = outbox.claim("worker", 1)
        before = wall_clock()
        assert outbox.put_back(leased, "it broke") is True
        (row,) = rows()
        pauses.append(row.due_at - before)

    assert pauses == sorted(pauses)
    assert pauses[1] > pauses[0]
    assert row.died_at is not None
    assert (row.failure, row.attempts) == ("it broke", ATTEMPTS_MAX)
    change(due_at=wall_clock())
    assert outbox.claim("worker", 1) == []


def test_a_row_that_kills_its_workers_is_put_aside(
    outbox: Outbox, ask: Ask, rows: Rows, change: Callable[..., None]
) -> None:
    """A crash leaves no failure behind; the number of leases that ran out tells."""
    ask("note", 1)
    change(attempts=ATTEMPTS_MAX, lease_until=wall_clock() - timedelta(seconds=1))
    assert outbox.claim("worker", 1) == []
    (row,) = rows()
    assert row.died_at is not None
    assert "workers died over it" in row.failure


def test_a_handed_over_row_is_taken_once_and_only_with_its_token(
    outbox: Outbox, ask: Ask, rows: Rows
) -> None:
    """A broker may deliver a message twice, and anybody in its network can forge one."""
    ask("note", 1)
    (handed,) = outbox.hand_over("relay:token", 5)
    assert outbox.take(handed.outbox_id, "", "forger") is None
    assert outbox.take(handed.outbox_id, "relay:guess", "forger") is None

    taken = outbox.take(handed.outbox_id, "relay:token", "worker")

    assert taken is not None
    assert (taken.arguments, taken.attempt) == ({"number": 1}, 1)
    assert outbox.take(handed.outbox_id, "relay:token", "twin") is None
    assert rows()[0].lease_owner == "worker"


def test_a_row_that_a_broker_lost_is_handed_over_again_ever_more_patiently(
    outbox: Outbox, ask: Ask, rows: Rows, change: Callable[..., None]
) -> None:
    """What is lost comes back; what merely waits in a long queue isn't multiplied."""
    ask("note", 1)
    outbox.hand_over("first", 1)
    assert outbox.hand_over("second", 1) == []
    change(
        lease_until=wall_clock() - timedelta(seconds=1), due_at=wall_clock() - timedelta(minutes=5)
    )

    (again,) = outbox.hand_over("second", 1)

    assert outbox.take(again.outbox_id, "first", "worker") is None
    (row,) = rows()
    assert row.lease_until is not None
    assert row.lease_until - wall_clock() > timedelta(minutes=4)


def test_an_idle_look_waits_for_nobody_who_writes(outbox: Outbox, kernel: Kernel) -> None:
    """A worker with nothing to do must not stand in a queue for the write lock of SQLite."""
    with kernel.database.engine.connect() as writer, writer.begin():
        writer.execute(update(OutboxMessage).values(attempts=0))
        assert outbox.claim("worker", 1) == []


def test_the_backlog_tells_how_much_waits_and_since_when(
    outbox: Outbox, ask: Ask, rows: Rows
) -> None:
    """An operator sees that nobody works before the clients do."""
    assert outbox.backlog().oldest_due_at is None
    ask("note", 1, 2)
    backlog = outbox.backlog()
    assert (backlog.due, backlog.died) == (2, 0)
    assert backlog.oldest_due_at == rows()[0].due_at
