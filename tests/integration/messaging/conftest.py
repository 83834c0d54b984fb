"""A queue with test actors: rows to work on, a diary of the work, workers in processes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.servers.brokers import BrokerServer
from tests.servers.diary import Diary
from tests.servers.worker_process import WorkerProcess

from billing_hookspecs import Secret
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.bootstrap import build_kernel
from billing_kernel.messaging.worker import Worker
from billing_kernel.models import OutboxMessage
from billing_kernel.models.outbox import Queue
from billing_kernel.settings import Settings

PATIENCE_S = 90

Ask = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Leases so short that a dead worker's work is soon taken over."""
    return replace(settings, lease_s=2, sweep_s=1, worker_threads=2)


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    built = build_kernel(settings)
    yield built
    built.database.close()


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path)


@pytest.fixture
def ask(kernel: Kernel) -> Ask:
    """Leave rows for an actor, one for each number."""

    def leave(actor: str, *numbers: int, queue: Queue = Queue.DEFAULT) -> None:
        def put(session: Session) -> None:
            for number in numbers:
                enqueue(session, actor, {"number": number}, queue=queue)

        kernel.database.run(put)

    return leave


@pytest.fixture
def rows(kernel: Kernel) -> Callable[[], list[OutboxMessage]]:
    """The rows of the outbox as they are now."""

    def read() -> list[OutboxMessage]:
        with kernel.database.reading() as session:
            return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))

    return read


@pytest.fixture
def eventually() -> Eventually:
    """Wait until something is so; fail if it never is."""

    def wait(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.02)

    return wait


@pytest.fixture
def embedded(kernel: Kernel, diary: Diary) -> Iterator[Callable[..., Worker]]:
    """Start workers inside this process; they are stopped afterwards."""
    started: list[Worker] = []

    def start(settings: Settings | None = None) -> Worker:
        worker = Worker(replace(kernel, settings=settings or kernel.settings), diary.actors())
        worker.start()
        started.append(worker)
        return worker

    yield start
    diary.open_gate()
    for worker in started:
        worker.stop()


@pytest.fixture
def hire(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Start workers in processes of their own; none outlives the test."""
    hired: list[WorkerProcess] = []

    def start(using: Settings | None = None, **variables: str) -> WorkerProcess:
        worker = WorkerProcess(using or settings, tmp_path, **variables)
        hired.append(worker)
        return worker

    yield start
    for worker in hired:
        worker.kill()
        print(f"log of worker {worker.pid}:\n{worker.log}")


@pytest.fixture
def broker_settings(settings: Settings, broker: BrokerServer) -> Settings:
    """As ``settings``, with Redis or RabbitMQ between the outbox and the workers."""
    return replace(settings, broker_url=Secret(broker.url))
