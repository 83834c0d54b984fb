"""The contract's own suite for YooKassa."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from billing_hookspecs import Notification, PaymentStarted, StartPayment
from billing_hookspecs.testing import PaymentGatewayConformance


class TestYooKassa(PaymentGatewayConformance):
    """``gateway``, ``upstream``, ``settings`` and ``new_payment`` are fixtures of this folder."""

    @pytest.fixture
    def gateway(self, gateway: Any) -> Any:
        return gateway

    @pytest.fixture
    def upstream(self, upstream: Any) -> Any:
        return upstream

    @pytest.fixture
    def settings(self, settings: Any) -> Any:
        return settings

    @pytest.fixture
    def new_payment(self, new_payment: Callable[[int], StartPayment]) -> Any:
        return new_payment

    @pytest.fixture
    def notification(self) -> Callable[[PaymentStarted, bool], Notification]:
        """Nothing is signed here, so a forged one is as good as a true one: both only make
        the driver ask."""

        def tell(started: PaymentStarted, signed: bool) -> Notification:
            claim = {"id": started.external_id, "status": "succeeded", "paid": True}
            news = {"type": "notification", "event": "payment.succeeded", "object": claim}
            return Notification("POST", {}, {}, json.dumps(news).encode())

        return tell
