"""Engines, transactions and their retries, on SQLite and PostgreSQL alike."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError
from billing_kernel.boundaries import unit_of_work
from billing_kernel.settings import Settings

T = TypeVar("T")

SAFE_WAL_VERSION = (3, 51, 3)
"""Earlier SQLite versions can corrupt a write-ahead log under two writers."""

BUSY_TIMEOUT_MS = 20_000
TRIES_MAX = 6
RETRIED_STATES = frozenset({"40001", "40P01", "55P03"})
POSTGRESQL_OPTIONS = "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000"


class DatabaseUnavailableError(BillingError):
    """The database can't be reached, or stayed locked through every retry."""

    code = "database.unavailable"


def sqlite_driver() -> Any:
    """The SQLite library to use: the newer of the packaged one and Python's own."""
    import sqlite3

    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2 if dbapi2.sqlite_version_info >= sqlite3.sqlite_version_info else sqlite3


def make_engine(url: str, *, pool_size: int = 16) -> Engine:
    """An engine whose transactions are safe for money."""
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=pool_size,
            max_overflow=8,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": POSTGRESQL_OPTIONS},
        )
    driver = sqlite_driver()
    engine = create_engine(
        url,
        module=driver,
        pool_size=pool_size,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )
    journal = "WAL" if driver.sqlite_version_info >= SAFE_WAL_VERSION else "DELETE"

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"journal_mode={journal}",
            "synchronous=FULL",
            "foreign_keys=ON",
            # Without it REPLACE deletes rows past the triggers that keep them.
            "recursive_triggers=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later can't be retried by SQLite itself.
        reads = connection.get_execution_options().get("billing_readonly")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


class Database:
    """Units of work: everything commits together or not at all."""

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(str(settings.database_url))
        self._reader = self.engine.execution_options(billing_readonly=True)
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def on_work(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each commit that left work in the outbox."""
        self._listeners.append(listener)

    def run(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in one transaction, again from the start where it lost a race.

        ``work`` must do nothing but database work. Raises DatabaseUnavailableError when the
        database is away or stays locked.
        """
        for attempt in range(1, TRIES_MAX + 1):
            try:
                return self._run_once(work)
            except DBAPIError as error:
                if not _may_retry(error):
                    if _is_away(error):
                        raise DatabaseUnavailableError("the database can't be reached") from error
                    raise
                if attempt == TRIES_MAX:
                    raise DatabaseUnavailableError("the database stayed locked") from error
            # Spreads the repeats of several processes; nothing secret depends on it.
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311
        raise AssertionError("unreachable")

    def _run_once(self, work: Callable[[Session], T]) -> T:
        with unit_of_work(), Session(self.engine, expire_on_commit=False) as session:
            with session.begin():
                result = work(session)
            left_work = session.info.get("left_work")
        if left_work:
            for listener in self._listeners:
                listener()
        return result

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only looks; it never blocks writers."""
        try:
            with unit_of_work(), Session(self._reader, expire_on_commit=False) as session:
                yield session
        except OperationalError as error:
            if not _is_away(error):
                raise
            raise DatabaseUnavailableError("the database can't be reached") from error

    def close(self) -> None:
        self.engine.dispose()


def _may_retry(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in RETRIED_STATES:
        return True
    return "database is locked" in str(error.orig) or "database is busy" in str(error.orig)


def _is_away(error: DBAPIError) -> bool:
    """True if no server answered, or it went away; a statement that is wrong is our own fault.

    SQLite reports missing tables and columns as operational errors too.
    """
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError) or getattr(error.orig, "sqlstate", None):
        return False
    return not str(error.orig).startswith(("no such ", "near "))
