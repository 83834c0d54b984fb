"""The conformance test that the author of the sample policies wrote."""

import pytest
from driver import Fortnight, LateShare, MarketTax, Weekly

from billing_hookspecs import PricingPolicy
from billing_hookspecs.testing import PricingPolicyConformance


class TestSample(PricingPolicyConformance):
    @pytest.fixture
    def policies(self) -> tuple[PricingPolicy, ...]:
        return (Weekly(), LateShare(), Fortnight(), MarketTax())
