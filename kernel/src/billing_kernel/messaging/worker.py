"""A process's worker: inside ``billing serve``, or alone as ``billing worker``."""

import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import dramatiq
import structlog
from dramatiq import Broker

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.sweeping import sweep
from billing_kernel.messaging.actors import ACTORS, Crew, Work
from billing_kernel.messaging.broker import POLL_S, OutboxBroker
from billing_kernel.messaging.connecting import connect_broker
from billing_kernel.messaging.holding import Holder
from billing_kernel.messaging.looping import Loop
from billing_kernel.messaging.outbox import Backlog, Outbox
from billing_kernel.messaging.relay import Relay
from billing_kernel.messaging.scheduler import Scheduler, Sweep

IDLE_MS = 200
STOP_S = 20
"""How long work that has begun may go on when the process is told to stop."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """``alive``: every thread runs. ``last_sweep_at``: None before the first one."""

    alive: bool
    last_sweep_at: datetime | None
    backlog: Backlog


class Worker:
    """Works on the outbox until it is stopped; any number of processes may have one.

    Without a broker the rows are claimed in the database. With one, a relay publishes them and
    whichever worker receives a message takes the row. Either way a row is done by who holds
    its lease, so messages may be lost or repeated. Nothing is interrupted when it takes long:
    calls to upstreams have deadlines of their own, and an actor torn off in the middle of one
    would leave its outcome unknown.
    """

    def __init__(
        self,
        kernel: Kernel,
        actors: Mapping[str, Work] = ACTORS,
        sweep: Sweep = sweep,
    ) -> None:
        settings = kernel.settings
        crew = Crew(kernel, actors)
        self._outbox = Outbox(kernel.database, settings.lease_s, crew.objection)
        holder = Holder(self._outbox)
        self._scheduler = Scheduler(kernel, sweep)
        self._timer = Loop("scheduler", settings.sweep_s, self._scheduler.look)
        self._keeper = Loop("lease-keeper", settings.lease_s / 3, holder.renew)
        self._loops = [self._timer, self._keeper]
        self._broker: Broker
        if settings.broker_url:
            self._broker = connect_broker(settings.broker_url)
            relay = Loop("relay", POLL_S, Relay(self._outbox, self._broker).publish_batch)
            kernel.database.on_work(relay.wake)
            self._loops.append(relay)
        else:
            self._broker = OutboxBroker(kernel.database, holder, settings.worker_threads)
        crew.declare(self._broker, holder)
        self._threads = dramatiq.Worker(
            self._broker, worker_threads=settings.worker_threads, worker_timeout=IDLE_MS
        )

    def start(self) -> None:
        self._broker.emit_after("process_boot")
        self._threads.start()
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Let work that has begun end, within STOP_S; give back what hasn't."""
        for loop in self._loops:
            if loop is not self._keeper:
                loop.stop(STOP_S)
        self._scheduler.resign()
        try:
            self._threads.stop(timeout=STOP_S * 1000)
            self._broker.close()
        except Exception as error:  # noqa: BLE001 a broker that is away can't be said goodbye to
            log.warning("worker.broker_not_closed", error=type(error).__name__)
        self._keeper.stop(STOP_S)

    def status(self) -> WorkerStatus:
        """How the worker is; raises DatabaseUnavailableError."""
        threads = [*self._threads.workers, *self._threads.consumers.values()]
        alive = bool(threads) and all(thread.is_alive() for thread in threads)
        alive = alive and all(loop.is_alive for loop in self._loops)
        return WorkerStatus(alive, self._timer.last_done_at, self._outbox.backlog())


def run_until_stopped(worker: Worker) -> None:
    """Work until SIGTERM or SIGINT arrives; only in the main thread."""
    told = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: told.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    worker.start()
    log.info("worker.started")
    try:
        told.wait()
    finally:
        worker.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
        log.info("worker.stopped")
