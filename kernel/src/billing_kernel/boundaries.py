"""What may not happen while a database transaction is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

inside_transaction: ContextVar[bool] = ContextVar("inside_transaction", default=False)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Mark the block as being inside a database transaction; blocks may be nested."""
    token = inside_transaction.set(True)
    try:
        yield
    finally:
        inside_transaction.reset(token)


def forbid_inside_transaction(what: str) -> None:
    """Raise RuntimeError inside a unit of work: ``what`` may take long or fail on its own.

    A call that waits for the network would hold row locks for as long, and its effect would
    stay when the transaction is rolled back.
    """
    if inside_transaction.get():
        raise RuntimeError(f"{what} inside a database transaction: commit first")
