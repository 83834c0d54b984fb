"""What the tests of this plugin share."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from billing_hookspecs import Context, Money, StartPayment


def _no_network(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"nobody is to be asked, yet {request.url} was")


@pytest.fixture
def context_with() -> Iterator[Callable[..., Context]]:
    """Makes contexts with the given settings; their HTTP client fails the test when used."""
    with httpx.Client(transport=httpx.MockTransport(_no_network)) as http:

        def make(language: str = "en", **settings: Any) -> Context:
            return Context(
                operation_id="payment-7",
                deadline=datetime.now(UTC) + timedelta(seconds=30),
                settings=settings,
                http=http,
                log=logging.getLogger("tests.payment_gateways"),
                language=language,
            )

        yield make


@pytest.fixture
def payment_of() -> Callable[..., StartPayment]:
    def make(amount_minor: int = 129900, currency: str = "RUB", **fields: Any) -> StartPayment:
        values: dict[str, Any] = {
            "payment_id": 7,
            "reference": "b1-p7",
            "amount": Money(amount_minor, currency),
            "description": "Invoice 12",
            "return_url": "https://billing.example.com/invoices/12",
            "notification_url": "https://billing.example.com/api/v1/notifications/1",
        }
        return StartPayment(**values | fields)

    return make
