"""Broken: fails when it is asked for its drivers."""

from billing_hookspecs import PaymentGateway, PluginManifest, impl


class Plugin:
    MANIFEST = PluginManifest(
        name="failing_registration", title="Failing registration", api=">=1.0,<2"
    )

    @impl
    def billing_payment_gateways(self) -> tuple[PaymentGateway, ...]:
        raise KeyError("api_key")
