"""A kernel on SQLite with one shop, and workers that carry out what waits in the outbox."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, select
from tests.factories import FakeModule, Shop, make_kernel, make_shop

from billing_kernel.application.kernel import Kernel
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.models import Message, OutboxMessage
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
    """Do what waits, whenever it is due, until nothing that isn't held back waits any more."""

    def until_empty(*held: str) -> None:
        done: set[int] = set()
        while True:
            with kernel.database.reading() as session:
                waiting = session.execute(
                    select(OutboxMessage.id, OutboxMessage.actor, OutboxMessage.arguments)
                    .where(OutboxMessage.actor.not_in(held), OutboxMessage.id.not_in(done))
                    .order_by(OutboxMessage.id)
                ).all()
            if not waiting:
                return
            for row_id, actor, arguments in waiting:
                done.add(row_id)
                ACTORS[actor](kernel, **arguments)
                remove = delete(OutboxMessage).where(OutboxMessage.id == row_id)
                kernel.database.run(lambda session, remove=remove: session.execute(remove))

    return until_empty


@pytest.fixture
def written(kernel: Kernel) -> Callable[[], list[Message]]:
    """Every message, oldest first."""

    def read() -> list[Message]:
        with kernel.database.reading() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    return read
