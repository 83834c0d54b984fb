"""What an author has who has just begun: the suites, and hardly a fixture."""

import pytest
from driver import Allocator, Gateway, Module

from billing_hookspecs.testing import (
    IpAllocatorConformance,
    ManualGatewayConformance,
    PaymentGatewayConformance,
    PluginConformance,
    PricingPolicyConformance,
    ProcessingModuleConformance,
    ProductTypeConformance,
)


class TestModule(ProcessingModuleConformance): ...


class TestModuleWithoutSettings(ProcessingModuleConformance):
    @pytest.fixture
    def module(self) -> Module:
        return Module()


class TestModuleWithoutUpstream(TestModuleWithoutSettings):
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"url": "http://127.0.0.1:9"}


class TestGateway(PaymentGatewayConformance): ...


class TestGatewayWithoutSettings(PaymentGatewayConformance):
    @pytest.fixture
    def gateway(self) -> Gateway:
        return Gateway()


class TestGatewayWithoutUpstream(TestGatewayWithoutSettings):
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"url": "http://127.0.0.1:9"}


class TestTransfer(ManualGatewayConformance): ...


class TestAllocator(IpAllocatorConformance): ...


class TestAllocatorWithoutSettings(IpAllocatorConformance):
    @pytest.fixture
    def allocator(self) -> Allocator:
        return Allocator()


class TestAllocatorWithoutUpstream(TestAllocatorWithoutSettings):
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"url": "http://127.0.0.1:9"}


class TestPlugin(PluginConformance): ...


class TestTypes(ProductTypeConformance): ...


class TestPolicies(PricingPolicyConformance): ...
