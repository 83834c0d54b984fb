"""The suites that every plugin, product type and processing module passes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from billing_hookspecs import ProductType, ServiceView
from billing_hookspecs.testing import (
    PluginConformance,
    ProcessingModuleConformance,
    ProductTypeConformance,
    sample_service,
)
from billing_isp_licenses.plugin import IspLicensesPlugin
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.product_types import ISP_LICENSE
from billing_isp_licenses.simulator import PanelServer, SellingPanel

USERNAME = "reseller@example.com"
PASSWORD = "conformance-pa55-word"


class TestIspLicenses(ProcessingModuleConformance):
    @pytest.fixture
    def module(self) -> IspLicenses:
        return IspLicenses()

    @pytest.fixture
    def upstream(self) -> SellingPanel:
        """Licences take three looks until they have a key."""
        panel = SellingPanel(activation_polls=3)
        panel.open_account(USERNAME, PASSWORD, balance_minor=10_000_000)
        return panel

    @pytest.fixture
    def settings(self, upstream: SellingPanel) -> Iterator[Mapping[str, Any]]:
        with PanelServer(upstream) as server:
            yield {"url": server.url, "username": USERNAME, "password": PASSWORD}

    @pytest.fixture
    def new_service(self) -> Callable[[int], ServiceView]:
        def numbered(number: int) -> ServiceView:
            return sample_service(
                number,
                product_type="isp_license",
                tariff_code="55230",
                parameters={"name": "Web server", "ip": f"198.51.100.{number}"},
                resources={"addon_55236": 2},
            )

        return numbered

    @pytest.fixture
    def changed(self) -> Callable[[ServiceView], ServiceView]:
        def moved(service: ServiceView) -> ServiceView:
            number = str(service.parameters["ip"]).rpartition(".")[2]
            parameters = {"name": "Renamed", "ip": f"203.0.113.{number}"}
            return replace(service, parameters=parameters, resources={"addon_55236": 5})

        return moved

    @pytest.fixture
    def let_time_pass(self, upstream: SellingPanel) -> Callable[[], None]:
        return upstream.finish_opening


class TestThePlugin(PluginConformance):
    @pytest.fixture
    def plugin(self) -> type[Any]:
        return IspLicensesPlugin


class TestTheProductTypes(ProductTypeConformance):
    @pytest.fixture
    def product_types(self) -> Sequence[ProductType]:
        return (ISP_LICENSE,)
