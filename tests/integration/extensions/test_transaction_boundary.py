"""The mark that says that a database transaction is open."""

from threading import Thread

import pytest

from billing_kernel.boundaries import forbid_inside_transaction, inside_transaction, unit_of_work


def test_the_mark_is_gone_when_the_unit_of_work_ends() -> None:
    """Even one that failed: the next call of the same thread must go out."""
    with unit_of_work():
        with pytest.raises(ValueError, match="undone"), unit_of_work():
            raise ValueError("undone")
        assert inside_transaction.get(), "the outer one is still open"

    forbid_inside_transaction("a driver call")


def test_the_mark_is_each_threads_own() -> None:
    """A worker that commits must not stop another that calls an upstream."""
    seen: list[bool] = []

    with unit_of_work():
        thread = Thread(target=lambda: seen.append(inside_transaction.get()))
        thread.start()
        thread.join()

    assert seen == [False]


def test_the_error_names_what_was_attempted() -> None:
    """It is a mistake in the kernel, and its author must find the place."""
    with unit_of_work(), pytest.raises(RuntimeError, match="a driver call inside a database"):
        forbid_inside_transaction("a driver call")
