"""The driver for bank transfers, and the fields that describe a bank account."""

from collections.abc import Mapping
from typing import Any, Final

from stdnum import iban

from billing_hookspecs import (
    Context,
    FieldError,
    FormField,
    GatewayCapability,
    PaymentGateway,
    PaymentStarted,
    StartPayment,
)
from billing_payment_gateways.bank_transfer.instructions import REFERENCE, transfer_instructions

RECIPIENT: Final = FormField("recipient", {"en": "Recipient", "ru": "Получатель"})
BANK_NAME: Final = FormField("bank_name", {"en": "Bank name", "ru": "Банк"})
BIC: Final = FormField("bic", {"en": "BIC", "ru": "БИК"}, length_max=11)
ACCOUNT: Final = FormField(
    "account", {"en": "Account", "ru": "Расчётный счёт"}, required=False, length_max=34
)
CORRESPONDENT_ACCOUNT: Final = FormField(
    "correspondent_account",
    {"en": "Correspondent account", "ru": "Корреспондентский счёт"},
    required=False,
    length_max=34,
)
IBAN: Final = FormField("iban", {"en": "IBAN", "ru": "IBAN"}, required=False, length_max=42)
PURPOSE: Final = FormField(
    "purpose",
    {"en": "Payment purpose", "ru": "Назначение платежа"},
    default=REFERENCE,
    length_max=80,
    hint={
        "en": "@REFERENCE@ and @DESCRIPTION@ are replaced; the reference must be there",
        "ru": "@REFERENCE@ и @DESCRIPTION@ заменяются; номер платежа должен присутствовать",
    },
)


class BankTransfer(PaymentGateway):
    """Tell the payer where to send the money; people confirm that it came.

    Nothing is asked of a bank, so starting one payment twice tells the same thing twice.
    """

    key = "bank_transfer"
    title = {"en": "Bank transfer", "ru": "Банковский перевод"}
    settings = (RECIPIENT, BANK_NAME, BIC, ACCOUNT, CORRESPONDENT_ACCOUNT, IBAN, PURPOSE)
    payer_fields = (RECIPIENT, BANK_NAME, BIC, ACCOUNT, CORRESPONDENT_ACCOUNT, IBAN)
    capabilities = frozenset({GatewayCapability.CONFIRMED_BY_HAND})

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[FieldError, ...]:
        errors = []
        if not settings.get("account") and not settings.get("iban"):
            errors.append(FieldError("/account", "an account number or an IBAN is needed"))
        if settings.get("iban") and not iban.is_valid(settings["iban"]):
            errors.append(FieldError("/iban", "is not a valid IBAN"))
        if REFERENCE not in settings.get("purpose", REFERENCE):
            errors.append(FieldError("/purpose", f"must contain {REFERENCE}"))
        return tuple(errors)

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        labels = (RECIPIENT, BANK_NAME, BIC, ACCOUNT, CORRESPONDENT_ACCOUNT, IBAN)
        return PaymentStarted(
            instructions=transfer_instructions(request, context.settings, labels, context.language)
        )
