"""What the plain resources of administration have in common: rows are rows."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.organising import change, create
from billing_kernel.application.removing import delete_unused
from billing_kernel.http.idempotency import Once
from billing_kernel.http.pagination import Page, Paging, page_of_rows
from billing_kernel.http.shapes.base import Body, given
from billing_kernel.models.base import Row

R = TypeVar("R", bound=Row)
T = TypeVar("T")


def listed(
    kernel: Kernel,
    model: type[R],
    paging: Paging,
    shape: Callable[[R], T],
    *,
    newest_first: bool = False,
    among: Select[R] | None = None,
    **wanted: Any,
) -> Page[T]:
    """A page of rows, all or those ``among``; ``wanted`` are column values, None for any."""
    rows = select(model) if among is None else among
    statement: Select[R] = rows.filter_by(
        **{name: value for name, value in wanted.items() if value is not None}
    )
    with kernel.database.reading() as session:
        return page_of_rows(session, statement, model, paging, shape, newest_first=newest_first)


def shown(kernel: Kernel, model: type[R], row_id: int, shape: Callable[[R], T]) -> T:
    """One row; raises MissingError."""
    with kernel.database.reading() as session:
        return shape(find(session, model, row_id))


def created(once: Once, model: type[R], data: Body, shape: Callable[[R], T]) -> Response[T]:
    """A new row of what was sent."""
    columns = msgspec.structs.asdict(data)
    return once.answer(lambda session: shape(create(session, model, columns)))


def changed(kernel: Kernel, model: type[R], row_id: int, data: Body, shape: Callable[[R], T]) -> T:
    """A row with what was sent in place of what it had."""

    def work(session: Session) -> T:
        return shape(change(session, model, row_id, given(data)))

    return kernel.database.run(work)


def removed(kernel: Kernel, model: type[R], row_id: int) -> None:
    """Delete a row that nothing uses; raises MissingError, InUseError."""
    kernel.database.run(lambda session: delete_unused(session, model, row_id))
