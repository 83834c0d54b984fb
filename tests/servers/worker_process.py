"""Workers as processes of their own, which tests may stop, hold up and kill."""

import os
import signal
from pathlib import Path

from tests.servers.copies import processes, speak_into
from tests.servers.diary import Diary

from billing_kernel.bootstrap import build_kernel
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.messaging.worker import Worker, run_until_stopped
from billing_kernel.settings import Settings

STOP_S = 90


def _work(settings: Settings, folder: Path, log: Path, variables: dict[str, str]) -> None:
    speak_into(log, log)
    os.environ.update(variables)
    kernel = build_kernel(settings)
    run_until_stopped(Worker(kernel, {**ACTORS, **Diary(folder).actors()}))
    kernel.database.close()


class WorkerProcess:
    """One running worker; its log and its diary are in ``folder``."""

    def __init__(self, settings: Settings, folder: Path, **variables: str) -> None:
        self._log = folder / f"worker-{len(list(folder.glob('worker-*.log')))}.log"
        self._log.touch()
        self._process = processes.Process(
            target=_work, args=(settings, folder, self._log, variables)
        )
        self._process.start()

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._process.kill()
        self._process.join()

    def hold_up(self) -> None:
        """Stop its clock: it neither works nor renews what it holds."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def tell_to_stop(self) -> None:
        self._process.terminate()

    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None if it doesn't end."""
        self._process.join(STOP_S)
        return self._process.exitcode
