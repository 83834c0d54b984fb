"""The contract's own suites, run against the simulated panel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from billing_hookspecs import ProcessingModule, ProductType, ServiceView
from billing_hookspecs.testing import (
    PluginConformance,
    ProcessingModuleConformance,
    ProductTypeConformance,
)
from billing_ispmanager_hosting.plugin import IspmanagerHostingPlugin
from billing_ispmanager_hosting.processing import IspmanagerHosting
from billing_ispmanager_hosting.product_types import SHARED_HOSTING
from billing_ispmanager_hosting.simulator import IspmanagerPanel


class TestPlugin(PluginConformance):
    @pytest.fixture
    def plugin(self) -> type[Any]:
        return IspmanagerHostingPlugin


class TestSharedHosting(ProductTypeConformance):
    @pytest.fixture
    def product_types(self) -> Sequence[ProductType]:
        return (SHARED_HOSTING,)


class TestDriver(ProcessingModuleConformance):
    @pytest.fixture
    def module(self) -> ProcessingModule:
        return IspmanagerHosting()

    @pytest.fixture
    def upstream(self, panel: IspmanagerPanel) -> IspmanagerPanel:
        return panel

    @pytest.fixture
    def settings(self, entered: dict[str, Any]) -> dict[str, Any]:
        return entered

    @pytest.fixture
    def upstream_services(self, panel: IspmanagerPanel) -> Callable[[], dict[str, Any]]:
        def read() -> dict[str, Any]:
            users: dict[str, Any] = panel.state()["users"]
            return users

        return read

    @pytest.fixture
    def new_service(self, service_of: Callable[..., ServiceView]) -> Callable[[int], ServiceView]:
        return service_of

    @pytest.fixture
    def refused_service(self, service_of: Callable[..., ServiceView]) -> ServiceView:
        return service_of(99, account_template="no such template")

    @pytest.fixture
    def changed(self) -> Callable[[ServiceView], ServiceView]:
        def change(service: ServiceView) -> ServiceView:
            return replace(service, account_template="pro", resources={"disk_space": 4096})

        return change
