"""Payment in cash or the like: an administrator confirms what came."""

from typing import Final

from billing_hookspecs import (
    Context,
    FormField,
    GatewayCapability,
    PaymentGateway,
    PaymentStarted,
    StartPayment,
    text_in,
)

AMOUNT: Final = {"en": "Amount", "ru": "Сумма"}
REFERENCE: Final = {"en": "Payment number", "ru": "Номер платежа"}


class ManualPayment(PaymentGateway):
    """Any way of paying that no machine tells of, such as cash at the office."""

    key = "manual"
    title = {"en": "By hand", "ru": "Ручной приём"}
    settings = (
        FormField(
            "instructions",
            {"en": "Instructions for the payer", "ru": "Указания плательщику"},
            required=False,
            length_max=2000,
            hint={
                "en": "Such as: pay in cash at our office, 9:00 to 18:00",
                "ru": "Например: оплата наличными в офисе, с 9:00 до 18:00",
            },
        ),
    )
    capabilities = frozenset({GatewayCapability.CONFIRMED_BY_HAND})

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        lines = [
            context.settings.get("instructions", ""),
            f"{text_in(AMOUNT, context.language)}: {request.amount}",
            f"{text_in(REFERENCE, context.language)}: {request.reference}",
        ]
        return PaymentStarted(instructions="\n".join(line for line in lines if line))
