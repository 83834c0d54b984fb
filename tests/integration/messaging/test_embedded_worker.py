"""The worker inside `billing serve`: it wakes by itself, reports, and stops cleanly."""

from collections.abc import Callable
from dataclasses import replace

import dramatiq
import pytest
from structlog.testing import capture_logs
from tests.servers.diary import SECRET, Diary

from billing_hookspecs import Secret
from billing_kernel.application.kernel import Kernel
from billing_kernel.messaging import broker as broker_module
from billing_kernel.messaging.broker import OutboxBroker
from billing_kernel.messaging.holding import Holder
from billing_kernel.messaging.outbox import Outbox
from billing_kernel.messaging.worker import Worker
from billing_kernel.models import OutboxMessage
from billing_kernel.models.outbox import Queue

Rows = Callable[[], list[OutboxMessage]]
Ask = Callable[..., None]
Embedded = Callable[..., Worker]
Eventually = Callable[[Callable[[], bool]], None]


def test_work_is_done_once_and_its_row_goes(
    embedded: Embedded, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    embedded()
    ask("note", *range(20))
    eventually(lambda: rows() == [])
    assert diary.done() == dict.fromkeys(range(20), 1)


def test_a_commit_wakes_the_worker_and_so_does_each_finished_message(
    embedded: Embedded,
    ask: Ask,
    diary: Diary,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Polling would add a second to each step of a sale that somebody watches."""
    monkeypatch.setattr(broker_module, "POLL_S", 3600)
    worker = embedded()
    eventually(lambda: worker.status().last_sweep_at is not None)
    ask("note", *range(10))
    eventually(lambda: len(diary.done()) == 10)


def test_failed_work_is_logged_with_its_ids_and_without_its_secrets(
    embedded: Embedded, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """The text of an unforeseen error may hold anything; its kind and place are enough."""
    with capture_logs() as logs:
        embedded()
        ask("stumble", 5)
        eventually(lambda: any(row.failure for row in rows()))
    (row,) = rows()
    assert (row.failure, row.attempts, row.lease_owner, row.died_at) == (
        "RuntimeError",
        1,
        "",
        None,
    )
    (failed,) = [entry for entry in logs if entry["event"] == "outbox.failed"]
    assert (failed["actor"], failed["arguments"]) == ("stumble", {"number": 5})
    assert any("diary.py" in place for place in failed["places"])
    assert SECRET not in str(logs)


def test_an_actor_that_tries_to_leave_keeps_neither_its_row_nor_its_thread(
    embedded: Embedded, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """A plugin may raise SystemExit; the worker goes on."""
    worker = embedded()
    ask("leave", 1, 2, 3)
    eventually(lambda: [row.failure for row in rows()] == ["SystemExit"] * 3)
    ask("note", 9)
    eventually(lambda: diary.done()[9] == 1)
    assert worker.status().alive


def test_long_work_keeps_its_lease(
    embedded: Embedded, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """An upstream may answer after many leases; nobody else begins meanwhile."""
    embedded()
    ask("linger", 1)
    eventually(lambda: diary.begun()[1] == 1)
    first = rows()[0].lease_until
    embedded()
    eventually(lambda: rows()[0].lease_until > first)
    assert diary.begun()[1] == 1
    diary.open_gate()
    eventually(lambda: rows() == [])
    assert diary.done()[1] == 1


def test_stopping_ends_what_has_begun_and_leaves_the_rest_ready(
    kernel: Kernel, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """A restart loses nothing and counts as no attempt."""
    worker = Worker(kernel, diary.actors())
    worker.start()
    ask("linger", *range(6))
    eventually(lambda: len(diary.begun()) == kernel.settings.worker_threads)
    diary.open_gate()
    worker.stop()
    left = rows()
    assert len(left) + len(diary.done()) == 6
    assert diary.begun() == diary.done()
    assert {(row.lease_owner, row.lease_until, row.attempts) for row in left} <= {("", None, 0)}


def test_the_status_tells_whether_threads_live_and_sweeps_happen(
    kernel: Kernel, diary: Diary, eventually: Eventually, ask: Ask
) -> None:
    """Readiness must not claim that a worker works which doesn't."""
    worker = Worker(kernel, diary.actors())
    assert not worker.status().alive
    worker.start()
    eventually(lambda: worker.status().alive and worker.status().last_sweep_at is not None)
    worker.stop()
    ask("note", 1)
    assert not worker.status().alive
    assert worker.status().backlog.due == 1


def test_a_sweep_that_fails_does_not_end_sweeping(
    kernel: Kernel, diary: Diary, eventually: Eventually
) -> None:
    """The sweeper is what heals everything else: it has to outlive any error."""
    rounds: list[int] = []

    def sweep(_kernel: Kernel) -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError(f"password={SECRET}")
        return 0

    with capture_logs() as logs:
        worker = Worker(kernel, diary.actors(), sweep)
        worker.start()
        eventually(lambda: len(rounds) > 1)
        worker.stop()
    assert worker.status().last_sweep_at is not None
    assert {
        "event": "loop.failed",
        "loop": "scheduler",
        "error": "RuntimeError",
        "log_level": "warning",
    } in logs
    assert SECRET not in str(logs)


def test_the_only_way_in_is_the_outbox(kernel: Kernel) -> None:
    """A message that isn't part of a transaction could be done before its reason is there."""
    outbox = Outbox(kernel.database, 30, lambda *_: "")
    queue = OutboxBroker(kernel.database, Holder(outbox), threads=1)

    @dramatiq.actor(broker=queue)
    def greet(number: int) -> None: ...

    with pytest.raises(NotImplementedError, match="enqueue"):
        greet.send(1)


@pytest.mark.parametrize(
    ("url", "modules", "extra"),
    [
        ("redis://127.0.0.1:1/0", ["redis", "dramatiq.brokers.redis"], "redis"),
        ("amqp://127.0.0.1:1/", ["pika", "dramatiq.brokers.rabbitmq"], "rabbitmq"),
    ],
)
def test_a_missing_client_library_is_named_with_its_cure(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, url: str, modules: list[str], extra: str
) -> None:
    """The default installation has neither; whoever sets a URL is told what to install."""
    for module in modules:
        monkeypatch.setitem(__import__("sys").modules, module, None)
    settings = replace(kernel.settings, broker_url=Secret(url))
    with pytest.raises(Exception, match=rf"pip install billing-kernel\[{extra}\]") as raised:
        Worker(replace(kernel, settings=settings))
    assert getattr(raised.value, "code", "") == "settings.invalid"


def test_slow_documents_hold_up_nothing_else(
    embedded: Embedded, ask: Ask, rows: Rows, diary: Diary, eventually: Eventually
) -> None:
    """A renderer that hangs keeps half of the threads at most; services are opened meanwhile."""
    ask("linger", *range(10), queue=Queue.DOCUMENTS)
    embedded()
    eventually(lambda: len(diary.begun()) == 1)
    ask("note", *range(20, 40))
    eventually(lambda: len(diary.done()) == 20)
    assert len(diary.begun()) == 21
    diary.open_gate()
    eventually(lambda: rows() == [])
    assert set(diary.done().values()) == {1}
