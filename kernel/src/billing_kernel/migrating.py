"""Bring a database to this version's schema, or say how it differs."""

import io
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from billing_hookspecs import BillingError

MIGRATION_LOCK = 0x62696C6C


class SchemaMismatchError(BillingError):
    """The database's schema isn't this version's."""

    code = "database.schema_mismatch"


def upgrade_schema(engine: Engine, revision: str = "head") -> list[str]:
    """Apply what is missing, one process at a time; the names of the revisions applied."""
    with engine.connect() as connection:
        before = schema_revision(connection)
        if (before, revision) == (newest_revision(), "head"):
            return []
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            command.upgrade(_config(connection), revision)
        after = schema_revision(connection)
    return [] if before == after else [after or ""]


def check_schema(engine: Engine) -> None:
    """Raise SchemaMismatchError, saying what to do, unless the schema is this version's."""
    head = newest_revision()
    with engine.connect() as connection:
        present = schema_revision(connection)
        if present != head:
            raise SchemaMismatchError(
                f"the database is at revision {present or 'none'}, this version needs {head}: "
                "run `billing db upgrade`"
            )
        try:
            command.check(_config(connection))
        except CommandError as error:
            raise SchemaMismatchError(f"the schema differs from this version's: {error}") from None


def schema_revision(connection: Connection) -> str | None:
    """The revision that a database is at; None for an empty one."""
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return revision


@cache
def newest_revision() -> str | None:
    """The revision that this version needs."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(connection: Connection | None) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
