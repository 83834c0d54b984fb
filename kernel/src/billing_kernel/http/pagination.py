"""Lists in pages: an opaque cursor says after which row the next page begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from sqlalchemy import Select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.models.base import Row

LIMIT_DEFAULT = 50
LIMIT_MAX = 500

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 an item, as T is a type
O = TypeVar("O")  # noqa: E741 the other one of a pair
R = TypeVar("R", bound=Row)


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list, and the cursor of the next ones (null at the end)."""

    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page was asked for; ``after`` is the sort key of the last item before it."""

    limit: int = LIMIT_DEFAULT
    after: tuple[Any, ...] | None = None


GivenPaging: TypeAlias = NamedDependency[SkipValidation[Paging]]


def provide_paging(
    limit: Annotated[
        int, QueryParameter(ge=1, le=LIMIT_MAX, description="How many items at most.")
    ] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=1000, description="The next_cursor of the page before."),
    ] = None,
) -> Paging:
    """The page that a request asks for; raises InvalidInputError for a foreign cursor."""
    return Paging(limit, None if cursor is None else _read_cursor(cursor))


def page_of_rows(
    session: Session,
    statement: Select[R],
    model: type[R],
    paging: Paging,
    shape: Callable[[R], T],
    *,
    newest_first: bool = False,
) -> Page[T]:
    """The rows of a statement in the order of their ids."""
    if paging.after is not None:
        last = _row_id(paging.after)
        statement = statement.where(model.id < last if newest_first else model.id > last)
    order = model.id.desc() if newest_first else model.id.asc()
    rows = list(session.scalars(statement.order_by(order).limit(paging.limit + 1)))
    shown = rows[: paging.limit]
    more = len(rows) > paging.limit
    return Page([shape(row) for row in shown], _cursor((shown[-1].id,)) if more else None)


def page_of_pairs(
    session: Session,
    statement: Select[R, O],
    model: type[R],
    paging: Paging,
    shape: Callable[[R, O], T],
) -> Page[T]:
    """The rows of a statement with what was joined to each, newest first."""
    if paging.after is not None:
        statement = statement.where(model.id < _row_id(paging.after))
    rows = session.execute(statement.order_by(model.id.desc()).limit(paging.limit + 1)).all()
    shown = rows[: paging.limit]
    more = len(rows) > paging.limit
    return Page([shape(*row) for row in shown], _cursor((shown[-1][0].id,)) if more else None)


def page_of_items(
    items: Sequence[I], paging: Paging, key: Callable[[I], tuple[Any, ...]], shape: Callable[[I], T]
) -> Page[T]:
    """A page of what is already loaded, in the order of ``key``, which ends with the id."""
    ordered = sorted(items, key=key)
    if paging.after is not None:
        try:
            ordered = [item for item in ordered if key(item) > paging.after]
        except TypeError:
            raise _foreign_cursor() from None
    shown = ordered[: paging.limit]
    more = len(ordered) > paging.limit
    return Page([shape(item) for item in shown], _cursor(key(shown[-1])) if more else None)


def _cursor(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[Any, ...]:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return tuple(msgspec.json.decode(raw, type=list[str | int]))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise _foreign_cursor() from None


def _row_id(after: tuple[Any, ...]) -> int:
    match after:
        case (int() as row_id,) if 0 < row_id < 2**63:
            return row_id
    raise _foreign_cursor()


def _foreign_cursor() -> InvalidInputError:
    return InvalidInputError([FieldError("/cursor", "is not a cursor of this list")])
