"""A running ispmanager, a connection to it, and services to operate there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from billing_hookspecs import (
    Context,
    Done,
    OpenService,
    ServiceView,
    check_fields,
)
from billing_hookspecs.testing import make_context, sample_service
from billing_ispmanager_hosting.processing import IspmanagerHosting
from billing_ispmanager_hosting.simulator import IspmanagerPanel
from billing_ispsystem_api.simulator import ADMINISTRATOR, PanelServer

PASSWORD = "correct horse & battery:staple"


@pytest.fixture
def panel() -> IspmanagerPanel:
    panel = IspmanagerPanel()
    panel.add_user("root", PASSWORD, ADMINISTRATOR)
    panel.presets["start"] = {"limit_quota": "1024", "limit_db": "10", "limit_ssl": "on"}
    panel.presets["pro"] = {"limit_quota": "10240", "limit_db": "100", "limit_ssl": "on"}
    return panel


@pytest.fixture
def server(panel: IspmanagerPanel) -> Iterator[PanelServer]:
    with PanelServer(panel) as server:
        yield server


@pytest.fixture
def entered(server: PanelServer) -> dict[str, Any]:
    """Settings as an administrator enters them."""
    return {"url": f"{server.endpoint}/", "username": "root", "password": PASSWORD}


@pytest.fixture
def context_with(entered: dict[str, Any]) -> Callable[..., Context]:
    def make(**changes: Any) -> Context:
        settings, errors = check_fields(IspmanagerHosting.settings, entered | changes)
        assert errors == []
        return make_context(settings)

    return make


@pytest.fixture
def context(context_with: Callable[..., Context]) -> Context:
    return context_with()


@pytest.fixture
def service_of() -> Callable[..., ServiceView]:
    """Number and changes → a hosting service on the template ``start``."""

    def make(number: int = 510, **changes: Any) -> ServiceView:
        values = {
            "product_type": "shared_hosting",
            "account_template": "start",
            "resources": {"disk_space": 2048, "web_domain_limit": 10, "traffic": 5120},
        }
        return sample_service(number, **(values | changes))

    return make


@pytest.fixture
def opened(context: Context, service_of: Callable[..., ServiceView]) -> Callable[..., ServiceView]:
    """Opens a service and returns it as the kernel keeps it from then on."""

    def make(number: int = 510, **changes: Any) -> ServiceView:
        service = service_of(number, **changes)
        done = IspmanagerHosting().open_service(OpenService(service), context)
        assert isinstance(done, Done)
        return replace(service, upstream_id=done.upstream_id, facts=done.facts)

    return make
