"""Where private test servers live and how they begin and end.

Whatever becomes of the tests, no server outlives them, and what a killed run left in memory is
removed by the next.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

READY_S = 60
WATCHED = """
began() { cut -d' ' -f22 /proc/$$/stat 2>/dev/null; }
began=$(began)
exec 3<&0
(read _ <&3; [ "$(began)" = "$began" ] && kill -s "$0" $$) &
exec "$@" < /dev/null 3<&-
"""
"""Ends with whoever began it. The number of a server that ended by itself may be anybody's by
then, so the moment at which its process began is compared."""

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3


class ServerFailedError(Exception):
    """A private server didn't come up; carries the end of what it logged."""


@contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """A folder with a short path, as sockets need, that is removed afterwards.

    It lies in memory where there is room: a database is made there in a tenth of the time,
    and killing a process loses as little as on a disk.
    """
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    parent = MEMORY if roomy else Path(tempfile.gettempdir())
    _remove_leftovers(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"billing-{os.getpid()}-{name}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(parent: Path) -> None:
    for folder in parent.glob("billing-[0-9]*-*"):
        try:
            os.kill(int(folder.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except PermissionError:
            continue


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cache_folder() -> Path:
    """Where fetched server programs are kept: with the environment, else with the user."""
    beside = Path(sys.prefix)
    if sys.prefix != sys.base_prefix and os.access(beside, os.W_OK):
        return beside / "test-servers"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "billing-test-servers"


@contextmanager
def one_process_at_a_time(lock: Path) -> Iterator[None]:
    """Hold a lock file: test processes that run side by side take turns."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def begin(
    command: Sequence[str | Path], log: Path, *, end_with: str = "KILL", **options: Any
) -> subprocess.Popen[bytes]:
    """Start a server that gets the signal ``end_with`` when this process ends, however it does.

    A shell waits for that at a pipe, and becomes the server itself.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            ["sh", "-c", WATCHED, end_with, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **options,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Send a server the signal it was begun with, and wait for its end."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait(READY_S)


def wait_for_answer(
    answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path
) -> None:
    """Return once ``answers`` says so; raises ServerFailedError when the process ends first."""
    deadline = time.monotonic() + READY_S
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailedError(log.read_text(errors="replace")[-2000:])
        time.sleep(0.05)
