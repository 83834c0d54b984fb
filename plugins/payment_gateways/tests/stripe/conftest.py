"""A simulated Stripe over real HTTP, the driver, and the kernel's part of the conversation."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing_hookspecs import Context, Notification, Secret
from billing_hookspecs.testing import make_context
from billing_payment_gateways.simulation import Notice
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer
from billing_payment_gateways.stripe.simulator.signing import signed_headers

SECRET_KEY = "sk_test_canary_4eC39HqLyjWD"
WEBHOOK_SECRET = "whsec_canary_7f1b0c9e2d"


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with StripeServer(SECRET_KEY, WEBHOOK_SECRET) as running:
        yield running


@pytest.fixture
def upstream(server: StripeServer) -> SimulatedStripe:
    return server.app


@pytest.fixture
def settings(server: StripeServer) -> dict[str, Any]:
    return {
        "secret_key": Secret(SECRET_KEY),
        "webhook_secret": Secret(WEBHOOK_SECRET),
        "api_base": server.url,
    }


@pytest.fixture
def gateway() -> Stripe:
    return Stripe()


@pytest.fixture
def make(settings: dict[str, Any]) -> Iterator[Callable[..., Context]]:
    """Makes contexts; keywords as of ``make_context``, ``changes`` replaces settings."""
    made: list[Context] = []

    def context(changes: dict[str, Any] | None = None, **details: Any) -> Context:
        made.append(make_context({**settings, **(changes or {})}, **details))
        return made[-1]

    yield context
    for one in made:
        one.http.close()


@pytest.fixture
def context(make: Callable[..., Context]) -> Context:
    return make()


@pytest.fixture
def as_notification() -> Callable[..., Notification]:
    """Notice → the request that the kernel hands over, signed with the usual secret."""

    def posted(notice: Notice, **signing: Any) -> Notification:
        headers = signed_headers(notice.body, (WEBHOOK_SECRET,), **signing)
        lower = {name.lower(): value for name, value in headers.items()}
        return Notification("POST", lower, {}, notice.body)

    return posted
