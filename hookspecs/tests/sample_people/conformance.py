"""The conformance test that the author of the sample drivers wrote."""

import pytest
from driver import BankTransfer, ByHand

from billing_hookspecs.testing import ManualGatewayConformance, ManualModuleConformance


class TestSample(ManualModuleConformance):
    @pytest.fixture
    def module(self) -> ByHand:
        return ByHand()


class TestGateway(ManualGatewayConformance):
    @pytest.fixture
    def gateway(self) -> BankTransfer:
        return BankTransfer()

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"account": "DE02120300000000202051"}
