"""What the tests of this plugin share."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from billing_hookspecs import ClientView, Context, ServiceView


def _no_network(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"a person does the work, yet {request.url} was asked")


@pytest.fixture
def context() -> Iterator[Context]:
    """A call's circumstances whose HTTP client fails the test as soon as it is used."""
    with httpx.Client(transport=httpx.MockTransport(_no_network)) as http:
        yield Context(
            operation_id="operation-1",
            deadline=datetime.now(UTC) + timedelta(seconds=30),
            settings={},
            http=http,
            log=logging.getLogger("tests.manual_processing"),
        )


@pytest.fixture
def service() -> ServiceView:
    return ServiceView(
        id=510,
        reference="b1-510",
        product_type="vps",
        tariff_code="",
        name="A server",
        period_months=1,
        client=ClientView(id=1, name="Ann", email="ann@example.com", country="DE"),
        resources={"disk_space": 20, "control_panel": "55228"},
    )
