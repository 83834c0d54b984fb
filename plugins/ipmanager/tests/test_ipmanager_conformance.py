"""The contract's own suite, run against the simulated IPmanager."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing_hookspecs import IpAllocator
from billing_hookspecs.testing import IpAllocatorConformance, PluginConformance
from billing_ipmanager.ipmanager import Ipmanager
from billing_ipmanager.plugin import IpmanagerPlugin
from billing_ipmanager.simulator import IpmanagerPanel
from billing_ispsystem_api.simulator import USER, PanelServer

PASSWORD = "correct horse & battery:staple"


class TestPlugin(PluginConformance):
    @pytest.fixture
    def plugin(self) -> type[Any]:
        return IpmanagerPlugin


class TestIpmanager(IpAllocatorConformance):
    @pytest.fixture
    def allocator(self) -> IpAllocator:
        return Ipmanager()

    @pytest.fixture
    def upstream(self) -> Iterator[PanelServer]:
        panel = IpmanagerPanel()
        panel.add_user("bill", PASSWORD, USER)
        panel.add_addresses(*(f"192.0.2.{number}" for number in range(10, 30)))
        panel.add_addresses(*(f"2001:db8::{number}" for number in range(10, 30)))
        with PanelServer(panel) as server:
            yield server

    @pytest.fixture
    def settings(self, upstream: PanelServer) -> dict[str, Any]:
        return {"url": upstream.endpoint, "username": "bill", "password": PASSWORD}

    @pytest.fixture
    def upstream_addresses(self, upstream: PanelServer) -> Callable[[], dict[str, str]]:
        """What is held; an address that was given back rests, and is nobody's."""
        panel = upstream.panel

        def read() -> dict[str, str]:
            state = panel.state()
            return {it: row["note"] for it, row in state.items() if row["state"] == "held"}

        return read
