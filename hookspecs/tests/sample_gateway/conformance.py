"""The conformance test that the author of the sample gateway wrote."""

from collections.abc import Iterator

import pytest
from cashier import API_KEY, WEBHOOK_SECRET, Cashier
from driver import CashierGateway, PlainCashier, RefundingCashier

from billing_hookspecs.testing import PaymentGatewayConformance


class TestSample(PaymentGatewayConformance):
    @pytest.fixture
    def upstream(self) -> Iterator[Cashier]:
        with Cashier() as cashier:
            yield cashier

    @pytest.fixture
    def gateway(self) -> CashierGateway:
        return CashierGateway()

    @pytest.fixture
    def settings(self, upstream: Cashier) -> dict[str, str]:
        return {"api_base": upstream.url, "api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET}


class TestPlain(TestSample):
    """The same service without anything optional."""

    @pytest.fixture
    def gateway(self) -> PlainCashier:
        return PlainCashier()


class TestRefunding(TestSample):
    """It can refund, but it can't be asked."""

    @pytest.fixture
    def gateway(self) -> RefundingCashier:
        return RefundingCashier()
