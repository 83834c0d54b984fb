"""A market on each database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.factories import NOON, make_client, make_kernel
from tests.markets import PROVIDER, RESELLER, HostingModule, Market, dollars

from billing_isp_licenses.simulator import PanelServer, SellingPanel
from billing_kernel.application.kernel import Kernel
from billing_kernel.models import Client, Provider
from billing_kernel.settings import Settings


@pytest.fixture
def module() -> HostingModule:
    return HostingModule()


@pytest.fixture
def kernel(settings: Settings, module: HostingModule) -> Iterator[Kernel]:
    built = make_kernel(settings, module)
    yield built
    built.database.close()


@pytest.fixture
def register(kernel: Kernel, enter: Callable[..., Any]) -> Callable[[int, str], Any]:
    """Logs in a new client of a provider."""

    def add(provider_id: int, email: str) -> Any:
        def work(session: Any) -> Client:
            return make_client(session, session.get_one(Provider, provider_id), email)

        return enter(kernel.database.run(work))

    return add


@pytest.fixture
def market(
    http: TestClient[Litestar], administrator: Any, register: Callable[[int, str], Any]
) -> Market:
    provider = administrator.done("POST", "/admin/providers", PROVIDER)
    module = administrator.done(
        "POST",
        "/admin/processing-modules",
        {
            "driver": HostingModule.key,
            "product_types": list(HostingModule.product_types),
            "name": {"en": "Panel"},
            "settings": {},
        },
    )
    client = register(provider["id"], "ann.example@client.test")
    gift = {"amount": dollars(100_000), "reason": "gift"}
    administrator.done("POST", f"/admin/clients/{client.id}/adjustments", gift)
    guest = type(administrator)(http)
    return Market(administrator, client, guest, provider["id"], module["id"])


@pytest.fixture
def vendor() -> SellingPanel:
    """Sells licences; its day is that of the installation."""
    panel = SellingPanel(activation_polls=0)
    panel.set_clock(NOON)
    panel.open_account(*RESELLER)
    return panel


@pytest.fixture
def address(vendor: SellingPanel) -> Iterator[str]:
    with PanelServer(vendor) as running:
        yield running.url
