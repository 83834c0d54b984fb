"""A till on each kind of database; whatever a test does, the books are right at its end."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from tests.factories import Shop
from tests.tills import SilentGateway, Till, make_till

from billing_hookspecs import BillingError
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.settings import Settings

T = TypeVar("T")
AtOnce = Callable[[list[Callable[[], T]]], list[T | BillingError]]


def assert_right(kernel: Kernel) -> None:
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()


@pytest.fixture
def till(settings: Settings) -> Iterator[Till]:
    made = make_till(settings)
    yield made
    assert_right(made.kernel)
    made.kernel.database.close()


@pytest.fixture
def silent(settings: Settings) -> Iterator[Till]:
    """A till whose gateway can't be asked, only heard."""
    made = make_till(settings, SilentGateway())
    yield made
    assert_right(made.kernel)
    made.kernel.database.close()


@pytest.fixture
def kernel(till: Till) -> Kernel:
    return till.kernel


@pytest.fixture
def shop(till: Till) -> Shop:
    return till.shop


@pytest.fixture
def at_once() -> AtOnce[T]:
    """Run functions in threads that start at the same moment; results or our own errors."""

    def run(functions: list[Callable[[], T]]) -> list[T | BillingError]:
        barrier = Barrier(len(functions))

        def start(function: Callable[[], T]) -> T | BillingError:
            barrier.wait()
            try:
                return function()
            except BillingError as error:
                return error

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(start, functions))

    return run
