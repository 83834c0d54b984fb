"""Conformance of payment gateways whose payments people confirm."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from billing_hookspecs.gateways import (
    GatewayCapability,
    PaymentGateway,
    PaymentStarted,
    StartPayment,
)
from billing_hookspecs.testing.contexts import make_context
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.gateways.declarations import GatewayDeclarations
from billing_hookspecs.testing.samples import sample_start_payment
from billing_hookspecs.testing.wire import assert_plain


class ManualGatewayConformance(GatewayDeclarations):
    """What a gateway does that declares CONFIRMED_BY_HAND: it tells the payer what to do.

    Fixtures to write: ``gateway``, ``settings``, and where the default doesn't fit
    ``new_payment`` (number → StartPayment).
    """

    @pytest.fixture
    def new_payment(self) -> Callable[[int], StartPayment]:
        return sample_start_payment

    def test_people_confirm_its_payments(self, gateway: PaymentGateway) -> None:
        """Only then may an administrator confirm them."""
        assert GatewayCapability.CONFIRMED_BY_HAND in gateway.capabilities

    def test_starting_needs_no_network_and_says_the_same_each_time(
        self,
        gateway: PaymentGateway,
        settings: Mapping[str, Any],
        new_payment: Callable[[int], StartPayment],
    ) -> None:
        """Whoever opens the invoice again must see the same details."""
        connection = checked_settings(gateway.settings, dict(settings))
        request = new_payment(1)
        answers = [
            gateway.start_payment(replaced, make_context(connection, "http://nowhere.invalid"))
            for replaced in (request, replace(request))
        ]
        assert isinstance(answers[0], PaymentStarted)
        assert answers[0] == answers[1]
        assert_plain(answers[0], "PaymentStarted")
