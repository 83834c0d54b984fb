"""The part of a gateway's conformance that needs nobody at the other end."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from billing_hookspecs.gateways import (
    ChargeStored,
    FetchPayment,
    Notification,
    PaymentGateway,
    RefundPayment,
)
from billing_hookspecs.money import Money, minor_units
from billing_hookspecs.testing.contexts import make_context
from billing_hookspecs.testing.declarations import (
    assert_form,
    assert_key,
    assert_refused,
    assert_settings,
    assert_title,
    checked_settings,
    is_overridden,
)
from billing_hookspecs.testing.gateways.rehearsal import METHODS
from billing_hookspecs.testing.samples import sample_start_payment
from billing_hookspecs.testing.suite import ConformanceSuite
from billing_hookspecs.values import Secret


class GatewayDeclarations(ConformanceSuite):
    """What a payment gateway says of itself."""

    @pytest.fixture
    def gateway(self) -> PaymentGateway:
        raise NotImplementedError("write the fixture gateway: an instance of the driver")

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        raise NotImplementedError("write the fixture settings: the payment method's, as entered")

    def test_the_driver_has_a_key_and_a_title(self, gateway: PaymentGateway) -> None:
        """Configurations name it by its key, people choose it by its title."""
        assert_key(gateway.key, "driver")
        assert_title(gateway.title, f"driver {gateway.key}")

    def test_the_settings_make_a_form(self, gateway: PaymentGateway) -> None:
        """Administrators fill the form in before anything else works."""
        assert_form(gateway.settings, f"driver {gateway.key}")
        assert_form(gateway.payer_fields, f"the payer's bank of driver {gateway.key}")

    def test_addresses_and_secrets_are_declared_as_such(self, gateway: PaymentGateway) -> None:
        """Only a declared secret is encrypted, masked and never read back."""
        assert_settings(gateway.settings, f"driver {gateway.key}")

    def test_good_settings_are_not_objected_to(
        self, gateway: PaymentGateway, settings: Mapping[str, Any]
    ) -> None:
        """Otherwise the payment method could never be created."""
        objections = gateway.check_settings(checked_settings(gateway.settings, dict(settings)))
        assert not objections, f"the settings are objected to: {objections}"

    def test_currencies_are_of_iso_4217(self, gateway: PaymentGateway) -> None:
        """Amounts are counted in minor units, whose size the standard knows."""
        for currency in gateway.currencies:
            assert minor_units(currency) >= 0

    def test_declared_capabilities_are_overridden(self, gateway: PaymentGateway) -> None:
        """What is declared is offered to payers at once."""
        for capability in gateway.capabilities:
            for method in METHODS[capability]:
                assert is_overridden(gateway, method), f"{capability} is declared without {method}"

    def test_undeclared_capabilities_are_refused(self, gateway: PaymentGateway) -> None:
        """The kernel must be able to tell *can't* from *didn't*; a forgotten claim shows here."""
        for capability in set(METHODS) - gateway.capabilities:
            for method in METHODS[capability]:
                assert_refused(partial(call_optional, gateway, method), f"{capability} ({method})")


def call_optional(gateway: PaymentGateway, method: str) -> object:
    """Call one of the optional methods with a sample of what it takes."""
    context, amount, token = make_context({}), Money(100, "EUR"), Secret("sample-token")
    charge = ChargeStored(1, "sample-1", amount, "sample", token)
    refund = RefundPayment("1", "sample-refund-1", amount, "sample")
    calls: dict[str, Callable[[], object]] = {
        "handle_notification": partial(
            gateway.handle_notification, Notification("POST", {}, {}, b""), context
        ),
        "fetch_payment": partial(
            gateway.fetch_payment, FetchPayment(1, "sample-1", amount), context
        ),
        "charge_stored": partial(gateway.charge_stored, charge, context),
        "store_method": partial(gateway.store_method, sample_start_payment(), context),
        "forget_method": partial(gateway.forget_method, token, context),
        "refund": partial(gateway.refund, refund, context),
    }
    return calls[method]()
