"""The conformance test that the author of the sample plugin wrote."""

import pytest
from driver import SERVER, SamplePlugin

from billing_hookspecs import ProductType
from billing_hookspecs.testing import PluginConformance, ProductTypeConformance


class TestSample(PluginConformance, ProductTypeConformance):
    @pytest.fixture
    def plugin(self) -> type[SamplePlugin]:
        return SamplePlugin

    @pytest.fixture
    def product_types(self) -> tuple[ProductType, ...]:
        return (SERVER,)
