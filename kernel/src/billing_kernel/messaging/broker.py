"""A dramatiq broker whose queue is the outbox table; nothing to install, nothing to lose."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, NoReturn

import structlog
from dramatiq import Broker, Consumer, Message, MessageProxy

from billing_kernel.database import Database, DatabaseUnavailableError
from billing_kernel.messaging.actors import QUEUE
from billing_kernel.messaging.holding import Holder
from billing_kernel.messaging.outbox import Leased

POLL_S = 1.0
"""How long rows of other processes may lie unseen; this process's own wake it at once."""

log = structlog.get_logger(__name__)


def message_for(leased: Leased) -> Message[Any]:
    """What travels: the name of an actor and where to look, nothing that could be misused."""
    return Message(
        queue_name=QUEUE,
        actor_name=leased.actor,
        args=(leased.outbox_id, leased.owner),
        kwargs={},
        options={},
    )


class OutboxBroker(Broker):
    """Hands the outbox's due rows to the worker threads of this process."""

    def __init__(self, database: Database, holder: Holder, threads: int) -> None:
        super().__init__(middleware=[])
        self._holder = holder
        self._threads = threads
        self._woken = threading.Event()
        database.on_work(self._woken.set)

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = queue_name
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30000) -> Consumer:
        return OutboxConsumer(self._holder, self._woken, self._threads, timeout / 1000)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> NoReturn:
        raise NotImplementedError("leave a row with application.publishing.enqueue")


class OutboxConsumer(Consumer):
    """Claims as many rows as there are idle threads: others stay for other processes."""

    def __init__(
        self, holder: Holder, woken: threading.Event, threads: int, timeout_s: float
    ) -> None:
        self._holder = holder
        self._woken = woken
        self._threads = threads
        self._timeout_s = timeout_s
        self._claimed: deque[Leased] = deque()
        self._look_at_s = 0.0
        self._is_away = False

    def __next__(self) -> MessageProxy | None:
        if not self._claimed:
            self._claim()
        if self._claimed:
            return MessageProxy(message_for(self._claimed.popleft()))
        self._woken.wait(self._timeout_s)
        return None

    def ack(self, message: MessageProxy) -> None:
        """A thread is idle again; its actor has settled the row already."""
        self._woken.set()

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        self._holder.release([message.args[0] for message in messages])

    def close(self) -> None:
        self._holder.release([leased.outbox_id for leased in self._claimed])
        self._claimed.clear()

    def _claim(self) -> None:
        idle = self._threads - self._holder.held
        if idle <= 0 or not (self._woken.is_set() or time.monotonic() >= self._look_at_s):
            return
        # Cleared before the look, so that what is committed during it isn't overlooked.
        self._woken.clear()
        self._look_at_s = time.monotonic() + POLL_S
        try:
            # Half of the threads never wait for a renderer.
            self._claimed.extend(self._holder.claim(idle, max(1, self._threads // 2)))
            self._is_away = False
        except DatabaseUnavailableError as error:
            if not self._is_away:
                log.warning("outbox.unreachable", reason=error.message)
            self._is_away = True
