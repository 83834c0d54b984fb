"""What every worker process looks after now and then, and only one of them does."""

import os
import socket
from collections.abc import Callable
from typing import TypeAlias
from uuid import uuid4

import structlog

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.leading import lead, resign
from billing_kernel.application.scheduling import LEADERSHIP, begin_due_jobs
from billing_kernel.database import DatabaseUnavailableError

Sweep: TypeAlias = Callable[[Kernel], int]

log = structlog.get_logger(__name__)


class Scheduler:
    """Sweeps for lost work and begins the jobs that are due, while its process leads.

    A leader that dies is replaced when its lease ends; what it had left undone is found due.
    """

    def __init__(self, kernel: Kernel, sweep: Sweep) -> None:
        self._kernel = kernel
        self._sweep = sweep
        self._owner = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid4().hex[:8]}"
        # A leader that looks as often as it is told to stays one.
        self._lease_s = max(kernel.settings.lease_s, 3 * kernel.settings.sweep_s)

    def look(self) -> None:
        """Do what is due, if this process leads."""
        if not lead(self._kernel.database, LEADERSHIP, self._owner, self._lease_s):
            return
        if put := self._sweep(self._kernel):
            log.info("sweeper.found_work", messages=put)
        for job in begin_due_jobs(self._kernel):
            log.info("scheduler.began", job=job)

    def resign(self) -> None:
        """Let another process lead; its lease would end by itself."""
        try:
            resign(self._kernel.database, LEADERSHIP, self._owner)
        except DatabaseUnavailableError:
            log.warning("scheduler.not_resigned")
