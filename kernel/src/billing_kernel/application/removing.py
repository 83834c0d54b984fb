"""Delete what nothing uses; what is used is kept, and its users are named."""

from collections.abc import Iterator

from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session

from billing_kernel.application.finding import find
from billing_kernel.domain.errors import ConflictError
from billing_kernel.models import Base

NAMED_MAX = 5

WHOSE = {"payment_method_providers": "payment_method_id", "employee_departments": "employee_id"}
"""Tables of pairs that mean one of the two, and the column of that one."""


class InUseError(ConflictError):
    """Something uses it; the message names the users."""

    code = "in_use"


def delete_unused(
    session: Session, model: type[Base], row_id: int, *, own: frozenset[str] = frozenset()
) -> None:
    """Delete a row that no other row points to; raises MissingError, InUseError.

    ``own`` names tables whose rows are parts of this one and go with it.
    """
    row = find(session, model, row_id, lock=True)
    users = [
        _named(column.table, ids)
        for column in _columns_to(model)
        if column.table.name not in own and (ids := _ids(session, column, row_id))
    ]
    if users:
        raise InUseError(f"in use by {'; '.join(users)}")
    session.delete(row)
    session.flush()


def _columns_to(model: type[Base]) -> Iterator[Column[int]]:
    """Every column of any table that points to this model's rows."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == model.__tablename__:
                yield key.parent


def _ids(session: Session, column: Column[int], row_id: int) -> list[int]:
    """The first users: one more than are named, so that the rest can be hinted at."""
    table = column.table
    names = table.c[WHOSE.get(table.name, "id")]
    statement = select(names).where(column == row_id).order_by(names).limit(NAMED_MAX + 1)
    return list(session.scalars(statement))


def _named(table: Table, ids: list[int]) -> str:
    noun = WHOSE.get(table.name, table.name).removesuffix("_id").replace("_", " ")
    more = " and more" if len(ids) > NAMED_MAX else ""
    return f"{noun} {', '.join(map(str, ids[:NAMED_MAX]))}{more}"
