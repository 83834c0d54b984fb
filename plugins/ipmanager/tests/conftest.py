"""A running IPmanager, a running stand-in, and connections to them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing_hookspecs import Context, IpAllocator, check_fields
from billing_hookspecs.testing import make_context
from billing_ipmanager.simulator import IpmanagerPanel, StandInPanel
from billing_ispsystem_api.simulator import USER, Panel, PanelServer

PASSWORD = "correct horse & battery:staple"


@pytest.fixture
def panel() -> IpmanagerPanel:
    panel = IpmanagerPanel()
    panel.add_user("bill", PASSWORD, USER)
    panel.add_addresses("192.0.2.10", "192.0.2.11", "2001:db8::10")
    panel.add_addresses("198.51.100.1", group="private")
    return panel


@pytest.fixture
def stand_in() -> StandInPanel:
    panel = StandInPanel()
    panel.add_user("bill", PASSWORD, USER)
    panel.addresses = {"192.0.2.90": "free", "192.0.2.80": "shared", "2001:db8::80": "assigned"}
    return panel


@pytest.fixture
def connect() -> Iterator[Callable[..., Context]]:
    """Driver, panel and changed settings → a context; the panel is served until the end."""
    servers: dict[int, PanelServer] = {}

    def make(driver: IpAllocator, panel: Panel, **changes: Any) -> Context:
        if id(panel) not in servers:
            servers[id(panel)] = PanelServer(panel).__enter__()
        entered = {
            "url": servers[id(panel)].endpoint,
            "username": "bill",
            "password": PASSWORD,
        }
        settings, errors = check_fields(driver.settings, entered | changes)
        assert errors == []
        return make_context(settings)

    yield make
    for server in servers.values():
        server.__exit__(None, None, None)
