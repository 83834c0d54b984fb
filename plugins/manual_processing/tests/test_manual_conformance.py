"""The contract's own suites for what people do by hand."""

from collections.abc import Sequence
from typing import Any

import pytest

from billing_hookspecs import ProcessingModule, ProductType
from billing_hookspecs.testing import (
    ManualModuleConformance,
    PluginConformance,
    ProductTypeConformance,
)
from billing_manual_processing.plugin import ManualProcessingPlugin
from billing_manual_processing.processing import ManualProcessing
from billing_manual_processing.product_types import DEDICATED_SERVER, VPS


class TestPlugin(PluginConformance):
    @pytest.fixture
    def plugin(self) -> type[Any]:
        return ManualProcessingPlugin


class TestProductTypes(ProductTypeConformance):
    @pytest.fixture
    def product_types(self) -> Sequence[ProductType]:
        return (VPS, DEDICATED_SERVER)


class TestDriver(ManualModuleConformance):
    @pytest.fixture
    def module(self) -> ProcessingModule:
        return ManualProcessing()

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {}
