"""Pytest plugin: private Redis and RabbitMQ servers, as far as the machine can have them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest
from tests.servers.debian import NotObtainableError
from tests.servers.places import cache_folder, private_folder
from tests.servers.rabbitmq import RabbitmqServer, obtain_rabbitmq
from tests.servers.redis import RedisServer, obtain_redis

REMEMBER_S = 600


class BrokerServer(Protocol):
    """A running broker. ``kill`` and ``start`` try its loss; ``clear`` empties it."""

    url: str

    @property
    def is_running(self) -> bool: ...

    def start(self) -> None: ...

    def kill(self) -> None: ...

    def clear(self) -> None: ...


SERVERS: dict[str, Callable[[Path], BrokerServer]] = {
    "redis": lambda folder: RedisServer(obtain_redis(), folder),
    "rabbitmq": lambda folder: RabbitmqServer(obtain_rabbitmq(), folder),
}
OBTAIN: dict[str, Callable[[], object]] = {"redis": obtain_redis, "rabbitmq": obtain_rabbitmq}


def why_not(name: str) -> str:
    """Why a server can't be had; empty when it can. A no is remembered for all processes."""
    note = _note(name)
    if note.exists() and time.time() - note.stat().st_mtime < REMEMBER_S:
        return note.read_text()
    try:
        OBTAIN[name]()
    except NotObtainableError as error:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(str(error))
        return str(error)
    note.unlink(missing_ok=True)
    return ""


def _note(name: str) -> Path:
    return cache_folder() / f"{name}.not-obtainable"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``broker`` with each kind, each kind in one process."""
    if "broker_name" in metafunc.fixturenames:
        metafunc.parametrize(
            "broker_name",
            [
                pytest.param(name, marks=pytest.mark.xdist_group(f"broker-{name}"))
                for name in SERVERS
                if not why_not(name)
            ],
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in SERVERS:
        if _note(name).exists():
            terminalreporter.write_line(f"not tested with {name}: {_note(name).read_text()}")


@pytest.fixture(scope="session")
def broker_servers() -> Iterator[Callable[[str], BrokerServer]]:
    """One server of each kind for all tests of a process, made at first use."""
    with ExitStack() as until_the_end:

        @cache
        def make(name: str) -> BrokerServer:
            server = SERVERS[name](until_the_end.enter_context(private_folder(name)))
            until_the_end.callback(server.kill)
            return server

        yield make


@pytest.fixture
def broker(broker_name: str, broker_servers: Callable[[str], BrokerServer]) -> BrokerServer:
    """An empty Redis or RabbitMQ, whatever the test before did to it."""
    server = broker_servers(broker_name)
    if not server.is_running:
        server.start()
    server.clear()
    return server
