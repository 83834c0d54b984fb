"""A kernel on SQLite with one shop, and workers that carry out what waits in the outbox."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import select
from tests.factories import FakeModule, Shop, make_kernel, make_shop
from tests.zones import work_off

from billing_kernel.application.kernel import Kernel
from billing_kernel.models import Message
from billing_kernel.settings import Settings

Work = Callable[..., None]


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue(f"{request.param}_databases")


@pytest.fixture
def module() -> FakeModule:
    return FakeModule()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule) -> Iterator[Kernel]:
    built = make_kernel(settings, module)
    yield built
    built.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    return make_shop(kernel)


@pytest.fixture
def work(kernel: Kernel) -> Work:
    """Do what is due; what is for actors that are named waits."""
    return partial(work_off, kernel)


@pytest.fixture
def written(kernel: Kernel) -> Callable[[], list[Message]]:
    """Every message, oldest first."""

    def read() -> list[Message]:
        with kernel.database.reading() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    return read
