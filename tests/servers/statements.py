"""Pytest plugin: what SQLAlchemy compiled for one test's database, it needn't compile for the next.

In earnest an installation has one engine, whose statements are compiled once. Here every test has
one of its own, and compiling would take half of the time that tests spend in databases.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

STATEMENTS_MAX = 5000


def speak_alike(one: Dialect, other: object) -> bool:
    """Whether statements compiled for one dialect are those of the other: compared as keys."""
    if type(one) is not type(other):
        return False
    return (one.dbapi, one.server_version_info) == (other.dbapi, other.server_version_info)


@pytest.fixture(scope="session", autouse=True)
def shared_statements() -> Iterator[None]:
    compiled: LRUCache[Any, Any] = LRUCache(STATEMENTS_MAX)

    def sharing(url: str, **options: Any) -> Any:
        return create_engine(url, execution_options={"compiled_cache": compiled}, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("billing_kernel.database.create_engine", sharing)
        for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
            patch.setattr(dialect, "__eq__", speak_alike)
            patch.setattr(dialect, "__hash__", lambda dialect: hash(type(dialect)))
        yield
