"""A served installation on each database, spoken to over HTTP alone."""

from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.factories import FakeModule, make_kernel
from tests.people import Person
from tests.servers.applications import served

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import create_administrator, open_session
from billing_kernel.models import Administrator, Client
from billing_kernel.settings import Settings


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    built = make_kernel(settings, FakeModule())
    yield built
    built.database.close()


@pytest.fixture
def http(kernel: Kernel) -> Iterator[TestClient[Litestar]]:
    with served(kernel) as client:
        yield client


@pytest.fixture
def enter(kernel: Kernel, http: TestClient[Litestar]) -> Callable[..., Person]:
    """Opens a session for somebody who exists, without a password's slow hash."""

    def log_in(person: Client | Administrator) -> Person:
        opened = kernel.database.run(lambda session: open_session(session, person))
        return Person(http, opened.token, person.id)

    return log_in


@pytest.fixture
def administrator(kernel: Kernel, enter: Callable[..., Person]) -> Person:
    return enter(
        kernel.database.run(
            lambda session: create_administrator(session, "root@provider.test", "Root", "-")
        )
    )
