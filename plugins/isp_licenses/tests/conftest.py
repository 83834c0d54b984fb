"""A seller over real HTTP, a driver, and the kernel's part of the conversation."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing_hookspecs import Context, ServiceView
from billing_hookspecs.testing import make_context, sample_service
from billing_hookspecs.values import Secret
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.simulator import PanelServer, SellingPanel

USERNAME = "reseller@example.com"
PASSWORD = "reseller-pa55:word"


@pytest.fixture
def seller() -> SellingPanel:
    """Sells at once; tests of slow activation set the polls themselves."""
    panel = SellingPanel(activation_polls=0)
    panel.open_account(USERNAME, PASSWORD)
    return panel


@pytest.fixture
def server(seller: SellingPanel) -> Iterator[PanelServer]:
    with PanelServer(seller) as running:
        yield running


@pytest.fixture
def settings(server: PanelServer) -> dict[str, Any]:
    return {"url": server.url, "username": USERNAME, "password": Secret(PASSWORD)}


@pytest.fixture
def make(settings: dict[str, Any]) -> Iterator[Callable[..., Context]]:
    """Makes contexts; keywords as of ``make_context``, ``password`` replaces the right one."""
    made: list[Context] = []

    def context(**details: Any) -> Context:
        used = {**settings, "password": Secret(details.pop("password", PASSWORD))}
        made.append(make_context(used, **details))
        return made[-1]

    yield context
    for one in made:
        one.http.close()


@pytest.fixture
def context(make: Callable[..., Context]) -> Context:
    return make()


@pytest.fixture
def driver() -> IspLicenses:
    return IspLicenses()


@pytest.fixture
def new_service() -> Callable[..., ServiceView]:
    """Number → a licence to order, with an address of its own."""

    def make_service(number: int = 1, **changes: Any) -> ServiceView:
        ip = changes.pop("ip", f"192.0.2.{number}")
        fields = {
            "product_type": "isp_license",
            "tariff_code": "55227",
            "reference": f"billing-{number}",
            "parameters": {"name": "Web server", "ip": ip},
            "paid_until": None,
        }
        return sample_service(number, **{**fields, **changes})

    return make_service
