"""Many rows at once: COPY and arrays on PostgreSQL, ``executemany`` on SQLite.

Rows are mappings of column names to what the columns of the model take. They pass the same
constraints and triggers as rows that are written one by one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Select,
    Table,
    any_,
    func,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing_kernel.models import Base

Values: TypeAlias = Mapping[str, Any]
Encode: TypeAlias = Callable[[Iterable[Any]], list[Any]]
"""A column's values, as a driver takes them."""

LOOKING_UP = text(
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY["
    "'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material']) AS name"
)


def look_up_by_key(session: Session) -> None:
    """Keep this transaction to index look-ups.

    The planner knows nothing of an array's values: by itself it reads whole tables for them.
    Nor does it know what a night has written since the tables were analysed last.
    """
    if _is_postgresql(session):
        session.execute(LOOKING_UP)


def writes_alone(session: Session) -> bool:
    """Whether nobody else can write while this transaction does: SQLite has one writer."""
    return not _is_postgresql(session)


def among(
    session: Session, column: InstrumentedAttribute[Any], ids: Sequence[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many ids: one statement, whatever their number."""
    if _is_postgresql(session):
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    return column.in_(ids)


def as_indexed(condition: str) -> ColumnElement[bool]:
    """A condition in the words of a partial index: the planner doesn't look into parameters.

    Without a type, or SQLite would be asked whether it equals 1, which no index answers.
    """
    return literal_column(condition)


def has_none(statement: Select[Any]) -> ColumnElement[bool]:
    """Whether a statement about each row of another one finds nothing; by a look-up for each.

    As ``NOT EXISTS`` it would be a join: after thousands of rows were written, and before their
    table is analysed again, each of them is compared with each row of the other one.
    """
    return statement.limit(1).scalar_subquery().is_(None)


def draw_ids(session: Session, model: type[Base], count: int) -> list[int]:
    """Ids for rows that others of the same transaction refer to, in growing order."""
    table = model.__tablename__
    if _is_postgresql(session):
        drawn = select(func.nextval(func.pg_get_serial_sequence(table, "id"))).select_from(
            func.generate_series(1, count).alias()
        )
        return sorted(session.scalars(drawn))
    # SQLite numbers rows on from the highest, and we are the only writer.
    column = _table(model).c.id
    highest = session.scalar(select(func.coalesce(func.max(column), 0))) or 0
    return list(range(highest + 1, highest + 1 + count))


def bulk_write(session: Session, model: type[Base], rows: Sequence[Values]) -> None:
    """Insert rows that all name the same columns; what they leave out gets its default."""
    if not rows:
        return
    session.flush()
    given = tuple(rows[0])
    layout = _layout(model, given, session.get_bind().dialect)
    defaults = {name: make() for name, make in layout.defaults}
    # Column by column: most of a night's time in Python goes by here.
    columns = [
        *(layout.encoded(name, map(itemgetter(name), rows)) for name in given),
        *(layout.encoded(name, [value]) * len(rows) for name, value in defaults.items()),
    ]
    lines = list(zip(*columns, strict=True))
    table, names = layout.table.name, ", ".join(f'"{name}"' for name in (*given, *defaults))
    if _is_postgresql(session):
        driver: Any = session.connection().connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 names of our own
    session.connection().exec_driver_sql(statement, lines)


def bulk_update(session: Session, model: type[Base], rows: Sequence[Values]) -> None:
    """Set columns of the rows with these ``id``\\ s; the caller has locked them."""
    if not rows:
        return
    session.flush()
    table = _table(model)
    names = [name for name in rows[0] if name != "id"]
    if not _is_postgresql(session):
        layout = _layout(model, tuple(rows[0]), session.get_bind().dialect)
        columns = [layout.encoded(name, map(itemgetter(name), rows)) for name in (*names, "id")]
        setting = ", ".join(f'"{name}" = ?' for name in names)
        statement = f"UPDATE {table.name} SET {setting} WHERE id = ?"  # noqa: S608 as above
        session.connection().exec_driver_sql(statement, list(zip(*columns, strict=True)))
        return
    arrays = [
        literal([row[name] for row in rows], ARRAY(table.c[name].type)) for name in ("id", *names)
    ]
    given = func.unnest(*arrays).table_valued("id", *names, name="given").render_derived()
    session.execute(
        update(table)
        .where(table.c.id == given.c.id)
        .values({name: given.c[name] for name in names})
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How rows with some columns are written: what others begin as, and what the driver takes."""

    table: Table
    defaults: tuple[tuple[str, Callable[[], Any]], ...]
    encoders: Mapping[str, Encode]

    def encoded(self, name: str, values: Iterable[Any]) -> list[Any]:
        """A column's values, as the driver takes them."""
        encode = self.encoders.get(name)
        return encode(values) if encode else list(values)


@cache
def _layout(model: type[Base], given: tuple[str, ...], dialect: Dialect) -> _Layout:
    table = _table(model)
    defaults = tuple(
        (column.name, _default(column))
        for column in table.columns
        if column.name not in given and column.default is not None
    )
    encoders = {
        column.name: encode
        for column in table.columns
        if (encode := _encoder(column, dialect)) is not None
    }
    return _Layout(table, defaults, encoders)


def _encoder(column: Column[Any], dialect: Dialect) -> Encode | None:
    if isinstance(column.type, JSON):
        return _as_json
    if column.type.python_type is str:
        return _as_text
    # psycopg writes dates and instants by itself.
    if dialect.name == "postgresql":
        return None
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return partial(_each_once, process) if process else None


def _default(column: Column[Any]) -> Callable[[], Any]:
    default: Any = column.default
    return lambda: default.arg(None) if default.is_callable else default.arg


def _as_json(values: Iterable[Any]) -> list[Any]:
    encode = msgspec.json.encode
    return [None if value is None else encode(value).decode() for value in values]


def _as_text(values: Iterable[Any]) -> list[Any]:
    return [value.value if isinstance(value, Enum) else value for value in values]


def _each_once(process: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    """Dates and instants of a page are few, and dear to write down."""
    found = list(values)
    written = {value: process(value) for value in set(found)}
    return [written[value] for value in found]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table of its own")
    return table


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
