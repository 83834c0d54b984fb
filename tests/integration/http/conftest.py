"""A served installation on each database, and the people who talk to it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from litestar.testing import TestClient
from tests.factories import FakeModule, Shop, make_client, make_kernel, make_shop
from tests.servers.applications import application
from tests.servers.places import free_port

from billing_hookspecs import Money
from billing_kernel.application.adjusting import AdjustBalance, adjust_balance
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import create_administrator, open_session
from billing_kernel.models import Administrator, Client
from billing_kernel.settings import Settings

Http = TestClient[Litestar]
PREFIX = "/api/v1"


@dataclass(frozen=True)
class Person:
    """Somebody at the API, logged in or not."""

    http: Http
    token: str = ""
    id: int = 0

    def send(
        self, method: str, path: str, json: Any = None, *, key: str = "", **headers: str
    ) -> httpx.Response:
        """A request to ``/api/v1``; ``key`` is its idempotency key."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if key:
            sent["Idempotency-Key"] = key
        return self.http.request(method, PREFIX + path, json=json, headers=sent)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.send("GET", path, **headers)

    def post(self, path: str, json: Any = None, *, key: str = "") -> httpx.Response:
        return self.send("POST", path, json, key=key)

    def patch(self, path: str, json: Any) -> httpx.Response:
        return self.send("PATCH", path, json)

    def put(self, path: str, json: Any) -> httpx.Response:
        return self.send("PUT", path, json)

    def delete(self, path: str) -> httpx.Response:
        return self.send("DELETE", path)

    def done(self, method: str, path: str, json: Any = None, *, key: str = "") -> Any:
        """The answer's JSON; fails the test with the problem if there was one."""
        answer = self.send(method, path, json, key=key)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture
def module() -> FakeModule:
    return FakeModule()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule) -> Iterator[Kernel]:
    made = make_kernel(settings, module)
    yield made
    made.database.close()


@pytest.fixture
def app(kernel: Kernel) -> Iterator[Litestar]:
    with application(kernel) as made:
        yield made


@pytest.fixture
def http(app: Litestar) -> Iterator[Http]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def root(kernel: Kernel) -> Administrator:
    return kernel.database.run(
        lambda session: create_administrator(session, "root@provider.test", "Root", "-")
    )


@pytest.fixture
def shop(kernel: Kernel, root: Administrator) -> Shop:
    """A provider that sells one tariff plan, and a client with 50.00 RUB."""
    made = make_shop(kernel, balance_minor=0)
    gift = AdjustBalance(made.client.id, root.id, Money(5000, "RUB"), "gift")
    kernel.database.run(lambda session: adjust_balance(session, gift))
    return made


@pytest.fixture
def guest(http: Http) -> Person:
    return Person(http)


@pytest.fixture
def log_in(kernel: Kernel, http: Http) -> Callable[[Client | Administrator], Person]:
    """Opens a session for somebody who exists, without a password's slow hash."""

    def enter(person: Client | Administrator) -> Person:
        opened = kernel.database.run(lambda session: open_session(session, person))
        return Person(http, opened.token, person.id)

    return enter


@pytest.fixture
def client(shop: Shop, log_in: Callable[[Client], Person]) -> Person:
    """The shop's client."""
    return log_in(shop.client)


@pytest.fixture
def stranger(kernel: Kernel, shop: Shop, log_in: Callable[[Client], Person]) -> Person:
    """Another client of the same provider, who has nothing."""
    made = kernel.database.run(
        lambda session: make_client(session, shop.provider, "stranger@client.test")
    )
    return log_in(made)


@pytest.fixture
def administrator(root: Administrator, log_in: Callable[[Administrator], Person]) -> Person:
    return log_in(root)


@pytest.fixture
def order(shop: Shop) -> dict[str, Any]:
    """The body of an order that the client can pay."""
    return {
        "tariff_plan_id": shop.plan.id,
        "period_months": 1,
        "parameters": {"name": "my thing"},
        "pay_with": {"balance": True},
    }


@pytest.fixture
def address(kernel: Kernel) -> Iterator[str]:
    """A real server with its own threads."""
    port = free_port()
    with application(kernel) as app:
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            thread.join(0.01)
        yield f"http://127.0.0.1:{port}/api/v1"
        server.should_exit = True
        thread.join()
