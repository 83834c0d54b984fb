"""The entry point: what the kernel finds when this distribution is installed."""

from billing_hookspecs import PaymentGateway, PluginManifest, impl
from billing_payment_gateways.bank_transfer.gateway import BankTransfer
from billing_payment_gateways.manual import ManualPayment
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.yookassa.gateway import YooKassa


class PaymentGatewaysPlugin:
    MANIFEST = PluginManifest(name="payment_gateways", title="Payment gateways", api=">=1.0,<2")

    @impl
    def billing_payment_gateways(self) -> tuple[PaymentGateway, ...]:
        return (BankTransfer(), ManualPayment(), Stripe(), YooKassa())
