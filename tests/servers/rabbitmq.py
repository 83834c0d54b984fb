"""A private RabbitMQ: the one on PATH, else Debian's packages unpacked into the cache."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from dramatiq.brokers.rabbitmq import RabbitmqBroker
from tests.servers.debian import unpack_package
from tests.servers.places import (
    begin,
    cache_folder,
    end,
    free_port,
    one_process_at_a_time,
    wait_for_answer,
)


def obtain_rabbitmq() -> Path:
    """The ``rabbitmq-server`` script to start; raises NotObtainableError.

    A package's own start script wants the user ``rabbitmq``; the one underneath doesn't.
    """
    installed = [*Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server")]
    if found := installed or [Path(name) for name in [shutil.which("rabbitmq-server")] if name]:
        return found[0]
    root = cache_folder() / "rabbitmq"
    with one_process_at_a_time(root.with_suffix(".lock")):
        if not root.exists():
            staged = root.with_name("rabbitmq.part")
            unpack_package("rabbitmq-server", staged)
            _settle(staged, root)
            staged.rename(root)
    return next(root.glob("usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server"))


def _settle(staged: Path, root: Path) -> None:
    """Erlang's start script names the folder it was built for; and what is never used goes.

    Erlang looks for each of its modules in every folder there is: without the folders of
    plugins that nobody enables the server is up in half the time.
    """
    script = staged / "usr/lib/erlang/bin/erl"
    if script.exists():
        script.write_text(script.read_text().replace("=/usr/lib/erlang", f"={root}/usr/lib/erlang"))
    for plugin in staged.glob("usr/lib/rabbitmq/lib/*/plugins/rabbitmq_*"):
        if not plugin.name.startswith("rabbitmq_prelaunch"):
            shutil.rmtree(plugin)


class RabbitmqServer:
    """One broker with durable queues in ``folder``; ``kill`` and ``start`` try its absence."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"
        self._program = program
        self._folder = folder
        self._log = folder / "rabbitmq.log"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._environment = _environment(program, folder, self.port)
        (folder / "enabled_plugins").write_text("[].\n")

    @property
    def is_running(self) -> bool:
        return bool(self._processes)

    def start(self) -> None:
        # Erlang's port mapper would otherwise be left behind as a daemon.
        self._spawn("epmd")
        wait_for_answer(self._answers, self._spawn(str(self._program)), self._log)

    def kill(self) -> None:
        """End it as a power cut would; what is in its folder stays."""
        while self._processes:
            end(self._processes.pop())

    def clear(self) -> None:
        broker = RabbitmqBroker(url=self.url)
        for queue in ("billing", "billing.DQ", "billing.XQ"):
            broker.channel.queue_delete(queue)
        broker.close()

    def _spawn(self, program: str) -> subprocess.Popen[bytes]:
        path = shutil.which(program, path=self._environment["PATH"])
        process = begin([path or program], self._log, cwd=self._folder, env=self._environment)
        self._processes.append(process)
        return process

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(connection.recv(1))
        except OSError:
            return False


def _environment(program: Path, folder: Path, port: int) -> dict[str, str]:
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.file = false\nlog.console = true\n"
    )
    unpacked = program.parents[4] / "erlang/bin"
    return {
        "PATH": f"{unpacked}:/usr/lib/erlang/bin:/usr/sbin:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"billing-{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "ERL_EPMD_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_CRASH_DUMP_SECONDS": "0",
        # The start script then becomes the server instead of standing in front of it.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
