"""The conformance test that the author of the sample driver wrote."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from driver import PanelVps, PatientPanel
from panel import TOKEN, Panel

from billing_hookspecs import ServiceView
from billing_hookspecs.testing import ProcessingModuleConformance, sample_service


class TestSample(ProcessingModuleConformance):
    @pytest.fixture
    def upstream(self) -> Iterator[Panel]:
        with Panel() as panel:
            yield panel

    @pytest.fixture
    def module(self) -> PanelVps:
        return PanelVps()

    @pytest.fixture
    def settings(self, upstream: Panel) -> dict[str, str]:
        return {"url": upstream.url, "token": TOKEN}

    @pytest.fixture
    def new_service(self) -> Callable[[int], ServiceView]:
        return lambda number: sample_service(number, product_type="panel_vps", tariff_code="small")

    @pytest.fixture
    def changed(self) -> Callable[[ServiceView], ServiceView]:
        return lambda service: replace(service, tariff_code="large")

    @pytest.fixture
    def let_time_pass(self, upstream: Panel) -> Callable[[], None]:
        return upstream.work


class TestPatient(ProcessingModuleConformance):
    """A panel in a closed network: no token, no options, and servers that stand at once."""

    @pytest.fixture
    def upstream(self) -> Iterator[Panel]:
        with Panel(token="") as panel:
            panel.builds_at_once = True
            yield panel

    @pytest.fixture
    def module(self) -> PatientPanel:
        return PatientPanel()

    @pytest.fixture
    def settings(self, upstream: Panel) -> dict[str, str]:
        return {"url": upstream.url}

    @pytest.fixture
    def new_service(self) -> Callable[[int], ServiceView]:
        return lambda number: sample_service(
            number, product_type="panel_vps", tariff_code="small", paid_until=None
        )
