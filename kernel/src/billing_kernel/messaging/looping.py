"""Something done again and again in a thread of its own."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from billing_kernel.models import wall_clock

log = structlog.get_logger(__name__)


class Loop:
    """Calls ``work`` every ``every_s`` seconds, whatever it raises.

    It is called at once when woken, or after it returned True: there is more to do.
    """

    def __init__(self, name: str, every_s: float, work: Callable[[], bool | None]) -> None:
        self.name = name
        self.last_done_at: datetime | None = None
        self._every_s = every_s
        self._work = work
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self, timeout_s: float) -> None:
        """Let the call that is running end; begin no other."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            if not self._work_once():
                self._woken.wait(self._every_s)

    def _work_once(self) -> bool | None:
        try:
            more = self._work()
        except Exception as error:  # noqa: BLE001 the next round may succeed
            # Messages of unforeseen errors may hold data; what kind it was is enough here.
            log.warning("loop.failed", loop=self.name, error=type(error).__name__)
            return False
        self.last_done_at = wall_clock()
        return more
