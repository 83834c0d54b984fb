"""The rows that one worker process holds, and the renewal of their leases."""

import itertools
import os
import socket
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import uuid4

import structlog

from billing_kernel.database import DatabaseUnavailableError
from billing_kernel.messaging.outbox import Leased, Outbox
from billing_kernel.models.outbox import Queue

log = structlog.get_logger(__name__)

HOLD_MAX_S = 1800
"""Longer than any driver may take: a thread that hung doesn't keep its row for ever."""


@dataclass(frozen=True, slots=True)
class Hold:
    leased: Leased
    since_s: float = field(default_factory=time.monotonic)


class Holder:
    """Claims rows for one process and keeps them until they are settled."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._worker = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid4().hex[:8]}"
        self._claims = itertools.count(1)
        self._holds: dict[int, Hold] = {}
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        return len(self._holds)

    def claim(self, limit: int, documents_max: int) -> list[Leased]:
        """Up to ``limit`` due rows, held from now on; ``documents_max`` counts those held too."""
        with self._lock:
            already = list(self._holds)
            at_documents = sum(
                hold.leased.queue == Queue.DOCUMENTS for hold in self._holds.values()
            )
        rows = self._outbox.claim(
            self._name_claim(), limit, already, documents_max=documents_max - at_documents
        )
        self._keep(rows)
        return rows

    def begin(self, outbox_id: int, token: str) -> Leased | None:
        """The row that a message points to, held from now on; None if the message is stale."""
        with self._lock:
            hold = self._holds.get(outbox_id)
        if hold is not None:
            # A message that a broker repeated points to a row that is being worked on here.
            return hold.leased if hold.leased.owner == token else None
        leased = self._outbox.take(outbox_id, token, self._name_claim())
        if leased is not None:
            self._keep([leased])
        return leased

    def finish(self, leased: Leased) -> None:
        """The row's work is done."""
        self._drop([leased])
        try:
            if not self._outbox.finish(leased):
                log.warning("outbox.taken_over", outbox_id=leased.outbox_id, actor=leased.actor)
        except DatabaseUnavailableError:
            # The lease runs out and the work is looked at again, which is harmless.
            log.warning("outbox.not_settled", outbox_id=leased.outbox_id, actor=leased.actor)

    def put_back(self, leased: Leased, failure: str) -> None:
        """The row's work failed; another attempt follows later."""
        self._drop([leased])
        try:
            self._outbox.put_back(leased, failure)
        except DatabaseUnavailableError:
            log.warning("outbox.not_settled", outbox_id=leased.outbox_id, actor=leased.actor)

    def release(self, outbox_ids: Collection[int]) -> None:
        """Give rows back whose work wasn't begun."""
        with self._lock:
            rows = [self._holds[row_id].leased for row_id in outbox_ids if row_id in self._holds]
        if not rows:
            return
        self._drop(rows)
        try:
            self._outbox.release(rows, begun=True)
        except DatabaseUnavailableError:
            log.warning("outbox.not_released", rows=len(rows))

    def renew(self) -> None:
        """Prolong all leases; what was lost or hangs is no longer held."""
        now_s = time.monotonic()
        with self._lock:
            holds = list(self._holds.values())
        hanging = [hold.leased for hold in holds if now_s - hold.since_s > HOLD_MAX_S]
        if hanging:
            log.error("outbox.worker_hangs", outbox_ids=[row.outbox_id for row in hanging])
            self._drop(hanging)
        rows = [hold.leased for hold in holds if hold.leased not in hanging]
        if rows:
            kept = self._outbox.renew(rows)
            self._drop([row for row in rows if row.outbox_id not in kept])

    def _name_claim(self) -> str:
        return f"{self._worker}:{next(self._claims)}"

    def _keep(self, rows: Collection[Leased]) -> None:
        with self._lock:
            self._holds.update({row.outbox_id: Hold(row) for row in rows})

    def _drop(self, rows: Collection[Leased]) -> None:
        with self._lock:
            for row in rows:
                if row.outbox_id in self._holds and self._holds[row.outbox_id].leased == row:
                    del self._holds[row.outbox_id]
