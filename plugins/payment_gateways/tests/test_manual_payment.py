"""Cash and the like, confirmed by an administrator."""

from collections.abc import Callable

from pluggy import PluginManager

from billing_hookspecs import PROJECT, Context, GatewayCapability, StartPayment, hooks
from billing_payment_gateways.manual import ManualPayment
from billing_payment_gateways.plugin import PaymentGatewaysPlugin


def test_the_plugin_hands_over_its_gateways_by_key() -> None:
    """Configured payment methods name their driver by these keys for ever."""
    manager = PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(PaymentGatewaysPlugin())
    manager.check_pending()
    (gateways,) = manager.hook.billing_payment_gateways()
    keys = [gateway.key for gateway in gateways]
    assert keys == ["bank_transfer", "manual", "stripe", "yookassa"]


def test_the_payer_reads_the_administrator_s_words_the_sum_and_the_number(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """The number is what the cashier writes down, so that the right payment is confirmed."""
    context = context_with(instructions="Pay in cash at our office.")
    started = ManualPayment().start_payment(payment_of(), context)
    assert started.instructions.splitlines() == [
        "Pay in cash at our office.",
        "Amount: 1299.00 RUB",
        "Payment number: b1-p7",
    ]
    assert (started.external_id, started.redirect_url) == ("", "")


def test_without_words_of_the_administrator_sum_and_number_remain(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """The method must be usable before anybody thinks about its text."""
    started = ManualPayment().start_payment(payment_of(), context_with(language="ru"))
    assert started.instructions == "Сумма: 1299.00 RUB\nНомер платежа: b1-p7"


def test_payments_by_hand_are_confirmed_by_hand() -> None:
    """The kernel offers confirmation only for methods that declare it."""
    assert ManualPayment.capabilities == {GatewayCapability.CONFIRMED_BY_HAND}
