"""Redis and RabbitMQ only wake workers: losing, repeating or forging messages changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import dramatiq
import pytest
from dramatiq.errors import ConnectionClosed
from structlog.testing import capture_logs
from tests.servers.brokers import BrokerServer
from tests.servers.diary import Diary
from tests.servers.worker_process import WorkerProcess

from billing_kernel.application.kernel import Kernel
from billing_kernel.messaging.actors import QUEUE, Crew
from billing_kernel.messaging.broker import message_for
from billing_kernel.messaging.connecting import LenientConsumer, connect_broker
from billing_kernel.messaging.outbox import Outbox
from billing_kernel.messaging.relay import Relay
from billing_kernel.messaging.worker import Worker
from billing_kernel.models import OutboxMessage
from billing_kernel.settings import Settings

Rows = Callable[[], list[OutboxMessage]]
Ask = Callable[..., None]
Embedded = Callable[..., Worker]
Hire = Callable[..., WorkerProcess]
Eventually = Callable[[Callable[[], bool]], None]

ON_A_SERVER = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
"""The slow ones: who needs a broker has several machines, and so a database server."""


@pytest.fixture
def outbox(kernel: Kernel, diary: Diary) -> Outbox:
    crew = Crew(kernel, diary.actors())
    return Outbox(kernel.database, kernel.settings.lease_s, crew.objection)


@pytest.fixture
def wire(broker_settings: Settings) -> Iterator[dramatiq.Broker]:
    """A connection to the broker, for messages that no relay would send."""
    connected = connect_broker(broker_settings.broker_url)
    yield connected
    connected.close()


def test_work_goes_through_the_broker_once(
    embedded: Embedded,
    broker_settings: Settings,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    ask("note", *range(150))
    embedded(broker_settings)
    ask("note", *range(150, 160))
    eventually(lambda: rows() == [])
    assert diary.done() == dict.fromkeys(range(160), 1)


@ON_A_SERVER
def test_work_of_a_killed_worker_comes_back_through_the_broker(
    hire: Hire,
    broker_settings: Settings,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    """By itself a broker notices a dead worker after a minute, or never."""
    first = hire(broker_settings)
    ask("linger", 1, 2, 3, 4, 5)
    eventually(lambda: len(diary.begun()) == 2)
    first.kill()
    diary.open_gate()
    hire(broker_settings)
    eventually(lambda: rows() == [])
    assert set(diary.done().values()) == {1}
    assert len(diary.done()) == 5


@ON_A_SERVER
def test_a_broker_that_lost_everything_loses_nothing(
    embedded: Embedded,
    broker: BrokerServer,
    broker_settings: Settings,
    outbox: Outbox,
    wire: dramatiq.Broker,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    """Messages lie in the broker when it is killed; their rows are in the database still."""
    ask("note", *range(50))
    assert Relay(outbox, wire).publish_all() == 50
    broker.kill()
    broker.start()
    broker.clear()
    embedded(broker_settings)
    eventually(lambda: rows() == [])
    assert diary.done() == dict.fromkeys(range(50), 1)


class GoneConsumer(dramatiq.Consumer):
    """A consumer whose broker went away while its message was worked on."""

    def ack(self, message: dramatiq.MessageProxy) -> None:
        raise ConnectionClosed("gone")

    nack = ack


def test_a_message_that_can_not_be_acknowledged_is_let_go() -> None:
    """Its row is settled; a thread that tried until the broker is back could not be stopped."""
    message = dramatiq.MessageProxy(dramatiq.Message(QUEUE, "note", (1, "token"), {}, {}))
    consumer = LenientConsumer(GoneConsumer())
    with capture_logs() as logs:
        consumer.ack(message)
        consumer.nack(message)
    assert [entry["event"] for entry in logs] == ["broker.not_acknowledged", "broker.not_rejected"]


@ON_A_SERVER
def test_a_worker_outlives_its_broker_and_stops_without_it(
    hire: Hire,
    broker: BrokerServer,
    broker_settings: Settings,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    """What is asked for while the broker is away is committed, and done when it comes back.

    And shutting a site down in the wrong order must not need SIGKILL.
    """
    worker = hire(broker_settings)
    ask("note", 1)
    eventually(lambda: diary.done()[1] == 1)
    broker.kill()
    ask("note", 2, 3)
    eventually(lambda: "loop.failed" in worker.log)
    eventually(lambda: {row.lease_owner for row in rows()} == {""})
    assert diary.done()[2] == 0
    broker.start()
    eventually(lambda: rows() == [])
    assert diary.done() == {1: 1, 2: 1, 3: 1}
    broker.kill()
    worker.tell_to_stop()
    assert worker.exit_code() == 0


def test_a_repeated_message_is_worked_on_once(
    embedded: Embedded,
    broker_settings: Settings,
    outbox: Outbox,
    wire: dramatiq.Broker,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    """Brokers deliver at least once; a copy may arrive while the work goes on and after it."""
    ask("linger", 1)
    (leased,) = outbox.hand_over("relay:test", 1)
    for _ in range(3):
        wire.enqueue(message_for(leased))
    worker = embedded(replace(broker_settings, worker_threads=4))
    eventually(lambda: diary.begun()[1] == 1)
    diary.open_gate()
    eventually(lambda: rows() == [])
    wire.enqueue(message_for(leased))
    ask("note", 2)
    eventually(lambda: diary.done()[2] == 1)
    worker.stop()
    assert diary.begun() == {1: 1, 2: 1}


def test_a_forged_message_has_no_authority(
    embedded: Embedded,
    broker_settings: Settings,
    wire: dramatiq.Broker,
    ask: Ask,
    rows: Rows,
    diary: Diary,
    eventually: Eventually,
) -> None:
    """Who can write to the broker can neither choose what is done nor stop it from being done."""
    ask("linger", 1)
    worker = embedded(broker_settings)
    eventually(lambda: diary.begun()[1] == 1)
    (row,) = rows()
    for actor, arguments, options in (
        ("note", (row.id, ""), {}),
        ("note", (row.id, "relay:guess"), {}),
        ("note", (row.id + 1, row.lease_owner), {}),
        ("note", (), {"number": 5}),
        ("nobody", (row.id, "relay:guess"), {}),
    ):
        wire.enqueue(dramatiq.Message(QUEUE, actor, arguments, options, {}))
    diary.open_gate()
    ask("note", 2)
    eventually(lambda: rows() == [])
    worker.stop()
    assert diary.begun() == {1: 1, 2: 1}
