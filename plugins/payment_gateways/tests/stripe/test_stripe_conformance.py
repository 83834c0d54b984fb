"""The contract's own suite for Stripe."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from billing_hookspecs import Notification, PaymentStarted
from billing_hookspecs.testing import PaymentGatewayConformance
from billing_payment_gateways.simulation import Notice
from billing_payment_gateways.stripe.simulator import SimulatedStripe


class TestStripe(PaymentGatewayConformance):
    """``gateway``, ``upstream`` and ``settings`` are fixtures of this folder."""

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
    def notification(
        self, upstream: SimulatedStripe, as_notification: Callable[..., Notification]
    ) -> Callable[[PaymentStarted, bool], Notification]:
        def tell(started: PaymentStarted, signed: bool) -> Notification:
            session = upstream.account.find("checkout.session", started.external_id)
            event = {"object": "event", "type": "checkout.session.completed"}
            body = json.dumps({**event, "data": {"object": session}}).encode()
            true = as_notification(Notice("evt_1", "checkout.session.completed", body))
            if signed:
                return true
            return Notification("POST", {"stripe-signature": "t=1,v1=00"}, {}, body)

        return tell
