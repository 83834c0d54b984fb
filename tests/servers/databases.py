"""Pytest plugin: fresh, migrated databases on SQLite and PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from tests.servers.places import private_folder
from tests.servers.postgresql import PostgresqlServer, running_postgresql

from billing_hookspecs import Secret
from billing_kernel.database import Database, make_engine
from billing_kernel.migrating import upgrade_schema
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

DATABASES = ("sqlite", "postgresql")
LOOPBACK = ("127.0.0.0/8", "::1/128")


class Databases(Protocol):
    """Makes databases for one test each and removes them afterwards; gives their URL."""

    def empty(self) -> AbstractContextManager[str]: ...

    def migrated(self) -> AbstractContextManager[str]: ...


def _migrate(url: str) -> None:
    engine = make_engine(url)
    upgrade_schema(engine)
    engine.dispose()


class SqliteDatabases:
    """Files, each in a folder of its own; a migrated one is a copy of a template."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite3"
        _migrate(f"sqlite:///{self._template}")

    @contextmanager
    def empty(self) -> Iterator[str]:
        with private_folder("sqlite") as folder:
            yield f"sqlite:///{folder / 'billing.sqlite3'}"

    @contextmanager
    def migrated(self) -> Iterator[str]:
        with self.empty() as url:
            shutil.copyfile(self._template, url.removeprefix("sqlite:///"))
            yield url


class PostgresqlDatabases:
    """Databases of one server; a migrated one is made from a template."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._template = server.create_database()
        _migrate(server.url(self._template))

    @contextmanager
    def empty(self) -> Iterator[str]:
        yield from self._copy_of("template0")

    @contextmanager
    def migrated(self) -> Iterator[str]:
        yield from self._copy_of(self._template)

    def _copy_of(self, template: str) -> Iterator[str]:
        name = self._server.create_database(template)
        try:
            yield self._server.url(name)
        finally:
            self._server.drop_database(name)


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[SqliteDatabases]:
    with private_folder("sqlite") as folder:
        yield SqliteDatabases(folder)


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    with private_folder("pg") as folder, running_postgresql(folder) as server:
        yield PostgresqlDatabases(server)


@pytest.fixture(params=DATABASES)
def databases(request: pytest.FixtureRequest) -> Databases:
    """The makers of databases, one kind after the other."""
    makers: Databases = request.getfixturevalue(f"{request.param}_databases")
    return makers


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A database without a schema, for tests of migrations."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated database of the test's own, on each kind of server."""
    with databases.migrated() as url:
        yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=Secret(database_url),
        secret_keys=(Secret(new_key()),),
        allowed_networks=LOOPBACK,
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings)
    yield opened
    opened.close()
