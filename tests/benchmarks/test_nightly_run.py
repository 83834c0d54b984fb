"""How fast a night is, against the bare driver that writes the same rows.

``BILLING_BENCH_SERVICES`` is how many services fall due (5,000), ``BILLING_BENCH_MANY`` the
larger number of them where growth is measured (five times as many). Figures hold for one machine
and one run; the ratios can be compared.
"""

import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from tests.benchmarks.nightly_floor import on_postgresql, on_sqlite, patterns_of
from tests.factories import FakeModule, make_kernel, make_shop
from tests.nights import EXPIRES_ON, NIGHT, Crowd, run_night, seed
from tests.servers.databases import SqliteDatabases
from tests.servers.places import private_folder
from tests.servers.postgresql import PostgresqlServer, running_postgresql

from billing_hookspecs import Adjustment, PluginManifest, QuoteView, Secret, impl
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.database import make_engine, sqlite_driver
from billing_kernel.migrating import upgrade_schema
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

SERVICES = int(os.environ.get("BILLING_BENCH_SERVICES", "5000"))
MANY = int(os.environ.get("BILLING_BENCH_MANY", "0")) or 5 * SERVICES
ROUNDS = int(os.environ.get("BILLING_BENCH_ROUNDS", "3"))
KEY = Secret(new_key())

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.killed_nights"])


class Failing:
    """Has no price for one client."""

    MANIFEST = PluginManifest("failing", "Failing", ">=1.0,<2")

    @impl
    def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
        if quote.client_id == 100:
            raise RuntimeError("no idea")
        return ()


def discount(number: int) -> object:
    """One of many plugins that lower a price by a kopeck."""

    class Discount:
        MANIFEST = PluginManifest(f"discount_{number}", "Discount", ">=1.0,<2")

        @impl
        def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
            return (Adjustment(-1, "A kopeck off", "discount.kopeck"),)

    return Discount()


PLUGINS: dict[str, Callable[[], tuple[object, ...]]] = {
    "none": tuple,
    "five": lambda: tuple(discount(number) for number in range(5)),
    "failing": lambda: (Failing(),),
}


@dataclass(frozen=True)
class Night:
    """What a run told of itself: how long, how much memory at its peak, and its counts."""

    seconds: float
    peak_mib: float
    counts: dict[str, int]


def settings_at(url: str) -> Settings:
    return Settings(database_url=Secret(url), secret_keys=(KEY,))


def _night(url: str, plugins: str, as_of: date | None, gate: Any, told: Any) -> None:
    kernel = make_kernel(
        settings_at(url), FakeModule(), clock=FixedClock(NIGHT), plugins=PLUGINS[plugins]()
    )
    gate.wait()
    began = time.perf_counter()
    run = run_night(kernel, as_of=as_of)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.put(Night(seconds, peak, dict(run.counts)))
    kernel.database.close()


def nights(
    url: str, runs: int = 1, plugins: str = "none", as_of: date | None = None
) -> list[Night]:
    """Runs at once, each in a process of its own; how each went."""
    gate, told = processes.Barrier(runs), processes.Queue()
    working = [
        processes.Process(target=_night, args=(url, plugins, as_of, gate, told))
        for _ in range(runs)
    ]
    for process in working:
        process.start()
    found = [told.get(timeout=3600) for _ in working]
    for process in working:
        process.join()
    return found


def renewed(found: Sequence[Night]) -> int:
    return sum(night.counts["renewed"] for night in found)


def prepare(url: str, services: int) -> None:
    """A shop with a service that was renewed for the floor to see, and a crowd."""
    kernel = make_kernel(settings_at(url), FakeModule(), clock=FixedClock(NIGHT))
    shop = make_shop(kernel, time_zone="UTC")
    seed(kernel, shop, Crowd(1))
    run_night(kernel)
    seed(kernel, shop, Crowd(services))
    kernel.database.close()


class Copies:
    """Fresh copies of a prepared database."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._templates: dict[int, str] = {}

    @contextmanager
    def of(self, services: int) -> Iterator[str]:
        if services not in self._templates:
            name = self._templates[services] = self._server.create_database()
            engine = make_engine(self._server.url(name))
            upgrade_schema(engine)
            prepare(self._server.url(name), services)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
            engine.dispose()
        copy = self._server.create_database(self._templates[services])
        yield self._server.url(copy)
        self._server.drop_database(copy)


@pytest.fixture(scope="module")
def copies() -> Iterator[Copies]:
    with private_folder("pg") as folder, running_postgresql(folder) as server:
        yield Copies(server)


def floor_on_postgresql(url: str) -> float:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        floor = on_postgresql(connection)
        patterns = patterns_of(floor.execute)
        began = time.perf_counter()
        assert floor.night(patterns, EXPIRES_ON) == SERVICES
        return time.perf_counter() - began


def check(url: str) -> None:
    """The books verify after that."""
    kernel = make_kernel(settings_at(url), FakeModule())
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()
    kernel.database.close()


def show(name: str, seconds: Sequence[float], services: int = SERVICES) -> None:
    rates = [services / each for each in seconds]
    print(f"{name}: {statistics.median(rates):.0f} services/s (of {len(rates)})")


@pytest.mark.benchmark
def test_a_night_on_postgresql_against_the_driver(copies: Copies) -> None:
    """One process, two, five adjusting plugins, one service that fails; and the night again."""
    kinds = ("floor", "one", "two", "five plugins", "one fails")
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    again: list[float] = []
    idle: list[float] = []
    for turn in range(ROUNDS):
        with copies.of(SERVICES) as url:
            took["floor"].append(floor_on_postgresql(url))
            if turn == 0:
                check(url)
        with copies.of(SERVICES) as url:
            idle.append(nights(url, as_of=EXPIRES_ON - timedelta(days=20))[0].seconds)
            found = nights(url)
            assert renewed(found) == SERVICES
            took["one"].append(found[0].seconds)
            again.append(nights(url)[0].seconds)
            if turn == 0:
                check(url)
        with copies.of(SERVICES) as url:
            found = nights(url, 2)
            assert renewed(found) == SERVICES
            took["two"].append(max(night.seconds for night in found))
        with copies.of(SERVICES) as url:
            took["five plugins"].append(nights(url, plugins="five")[0].seconds)
        with copies.of(SERVICES) as url:
            found = nights(url, plugins="failing")
            assert found[0].counts["failed"] == 1
            assert renewed(found) == SERVICES - 1
            took["one fails"].append(found[0].seconds)
    print()
    for kind in kinds:
        show(kind, took[kind])
    for kind, other, name in (
        ("one", "floor", "floor / kernel"),
        ("one", "two", "two processes / one"),
        ("five plugins", "one", "five plugins cost"),
        ("one fails", "one", "one that fails costs"),
    ):
        pairs = zip(took[kind], took[other], strict=True)
        print(f"ratio {name}: {statistics.median(a / b for a, b in pairs):.2f}")
    print(f"a night with nothing due: {statistics.median(idle):.2f} s")
    print(f"the night again, before workers came: {statistics.median(again):.2f} s")


@pytest.mark.benchmark
def test_a_night_on_sqlite_against_the_driver(sqlite_databases: SqliteDatabases) -> None:
    """The same with ``executemany``."""
    floor, kernel = [], []
    for _ in range(ROUNDS):
        with sqlite_databases.migrated() as url:
            prepare(url, SERVICES)
            connection = sqlite_driver().connect(url.removeprefix("sqlite:///"))
            connection.isolation_level = None
            for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
                connection.execute(f"PRAGMA {pragma}")
            writer = on_sqlite(connection)
            patterns = patterns_of(writer.execute)
            began = time.perf_counter()
            assert writer.night(patterns, EXPIRES_ON) == SERVICES
            floor.append(time.perf_counter() - began)
            connection.close()
            check(url)
        with sqlite_databases.migrated() as url:
            prepare(url, SERVICES)
            found = nights(url)
            assert renewed(found) == SERVICES
            kernel.append(found[0].seconds)
    print()
    show("floor", floor)
    show("kernel", kernel)
    ratio = statistics.median(a / b for a, b in zip(kernel, floor, strict=True))
    print(f"ratio floor / kernel: {ratio:.2f}")


@pytest.mark.benchmark
def test_time_and_memory_by_the_number_of_services(copies: Copies) -> None:
    """Time for each service and the peak of memory, with few services and with many.

    Before it a night that finds nothing due, after it the same night again.
    """
    found: dict[int, list[Night]] = {SERVICES: [], MANY: []}
    idle: dict[int, float] = {}
    again: dict[int, float] = {}
    for services in (SERVICES, MANY, SERVICES):
        with copies.of(services) as url:
            idle[services] = nights(url, as_of=EXPIRES_ON - timedelta(days=20))[0].seconds
            found[services] += nights(url)
            again[services] = nights(url)[0].seconds
    assert renewed(found[MANY]) == MANY
    print()
    each = {}
    for services, told in found.items():
        seconds = statistics.median(night.seconds for night in told)
        each[services] = seconds / services
        peak = max(night.peak_mib for night in told)
        print(f"{services} services: {1e6 * each[services]:.0f} us each, peak {peak:.1f} MiB")
        print(f"  nothing due: {idle[services]:.2f} s; again: {again[services]:.2f} s")
    print(f"ratio of time for each: {each[MANY] / each[SERVICES]:.2f}")
