"""A kernel with one shop on each kind of database; its driver answers what a test writes down."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import TypeVar

import pytest
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    make_kernel,
    make_method,
    make_shop,
    money_of,
    open_one,
    pay,
    place,
    sell_under,
)
from tests.integration.kernel.attacks import Sold
from tests.servers.databases import DATABASES

from billing_hookspecs import BillingError, Secret
from billing_kernel.application.catching_up import charge_due
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

T = TypeVar("T")
AtOnce = Callable[[list[Callable[[], T]]], list[T | BillingError]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An upstream that may work on a request for a minute after its answer was lost."""
    return replace(settings, quiet_period_s=60)


@pytest.fixture
def module() -> FakeModule:
    return FakeModule()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule) -> Iterator[Kernel]:
    """Whatever a test does, the books are right at its end."""
    built = make_kernel(settings, module)
    yield built
    with built.database.reading() as session:
        verdict = verify_ledger(session)
    built.database.close()
    assert verdict.problems == ()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    return make_shop(kernel)


@pytest.fixture
def service_id(kernel: Kernel, shop: Shop) -> int:
    """A paid service that waits to be opened."""
    return buy(kernel, shop).services[0].id


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


@pytest.fixture(scope="module", params=DATABASES)
def sold(request: pytest.FixtureRequest) -> Iterator[Sold]:
    """One for all attacks of a kind of database: what is refused leaves nothing behind."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.migrated() as url:
        settings = Settings(database_url=Secret(url), secret_keys=(Secret(new_key()),))
        kernel = make_kernel(settings, FakeModule())
        shop = make_shop(kernel)
        open_one(kernel, shop)
        buy(kernel, shop)
        method = make_method(kernel, shop)
        pay(kernel, shop, place(kernel, shop).invoice.id, method.id)
        assert money_of(kernel, shop) == (3000, 1000)
        sell_under(
            kernel,
            shop,
            charging={"policy": "daily", "price": {"amount_minor": 10, "currency": "RUB"}},
        )
        daily = open_one(kernel, shop)
        kernel.database.run(lambda session: charge_due(session, kernel, daily, date(2026, 2, 1)))
        yield Sold(kernel.database.engine, request.param == "sqlite")
        kernel.database.close()
