"""A worker as a process of its own that tests may stop, hold up and kill.

Run as ``python -m tests.servers.worker_process FOLDER`` it works for the diary in FOLDER.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.servers.diary import Diary

from billing_kernel.bootstrap import build_kernel
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.messaging.worker import Worker, run_until_stopped
from billing_kernel.settings import Settings, read_settings

ROOT = Path(__file__).parents[2]
STOP_S = 30


def environment(settings: Settings) -> dict[str, str]:
    """``BILLING_*`` variables from which another process reads the same settings."""
    given = {
        "DATABASE_URL": settings.database_url,
        "BROKER_URL": settings.broker_url,
        "SECRET_KEYS": ",".join(settings.secret_keys),
        "ALLOWED_NETWORKS": ",".join(settings.allowed_networks),
        "WORKER_THREADS": settings.worker_threads,
        "LEASE_S": settings.lease_s,
        "SWEEP_S": settings.sweep_s,
    }
    return {f"BILLING_{name}": str(value) for name, value in given.items()}


class WorkerProcess:
    """One running worker; its log is kept in ``folder``."""

    def __init__(self, settings: Settings, folder: Path, **variables: str) -> None:
        self._log = folder / f"worker-{len(list(folder.glob('worker-*.log')))}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.worker_process", str(folder)],
                cwd=ROOT,
                env={**os.environ, **environment(settings), **variables},
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def hold_up(self) -> None:
        """Stop its clock: it neither works nor renews what it holds."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def tell_to_stop(self) -> None:
        self._process.terminate()

    def exit_code(self) -> int:
        """How it ended; raises subprocess.TimeoutExpired if it doesn't."""
        return self._process.wait(STOP_S)


if __name__ == "__main__":
    kernel = build_kernel(read_settings())
    run_until_stopped(Worker(kernel, {**ACTORS, **Diary(Path(sys.argv[1])).actors()}))
    kernel.database.close()
