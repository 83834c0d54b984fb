"""The contract's own suites for payments that are confirmed by hand."""

from typing import Any

import pytest

from billing_hookspecs import PaymentGateway
from billing_hookspecs.testing import ManualGatewayConformance, PluginConformance
from billing_payment_gateways.bank_transfer.gateway import BankTransfer
from billing_payment_gateways.manual import ManualPayment
from billing_payment_gateways.plugin import PaymentGatewaysPlugin


class TestPlugin(PluginConformance):
    @pytest.fixture
    def plugin(self) -> type[Any]:
        return PaymentGatewaysPlugin


class TestBankTransfer(ManualGatewayConformance):
    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        return BankTransfer()

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {
            "recipient": "Example Hosting LLC",
            "bank_name": "Example Bank",
            "bic": "044525225",
            "account": "40702810900000000001",
        }


class TestManualPayment(ManualGatewayConformance):
    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        return ManualPayment()

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"instructions": "Pay in cash at our office."}
