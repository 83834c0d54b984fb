"""What the payer is told; pure text from a request and the settings."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from billing_hookspecs import FormField, StartPayment, text_in

REFERENCE: Final = "@REFERENCE@"
DESCRIPTION: Final = "@DESCRIPTION@"
PURPOSE_LENGTH_MAX: Final = 140
"""What a SEPA transfer carries; other systems carry more."""

AMOUNT: Final = {"en": "Amount", "ru": "Сумма"}
PURPOSE: Final = {"en": "Payment purpose", "ru": "Назначение платежа"}
CLOSING: Final = {
    "en": "State the purpose exactly like this: the payment is recognised by it.",
    "ru": "Укажите назначение платежа в точности так: по нему мы узнаём платёж.",
}


def transfer_instructions(
    request: StartPayment,
    settings: Mapping[str, Any],
    account_fields: Sequence[FormField],
    language: str,
) -> str:
    """Lines of "label: value" that can be copied into a bank's form, and why to copy exactly."""
    lines = [f"{text_in(AMOUNT, language)}: {request.amount}"]
    lines += [
        f"{text_in(field.title, language)}: {settings[field.name]}"
        for field in account_fields
        if settings.get(field.name)
    ]
    template = settings.get("purpose") or REFERENCE
    purpose = payment_purpose(template, request.reference, request.description)
    lines += [f"{text_in(PURPOSE, language)}: {purpose}", text_in(CLOSING, language)]
    return "\n".join(lines)


def payment_purpose(template: str, reference: str, description: str) -> str:
    """``template`` with its macros replaced; a long description is cut, the reference never.

    Replaced in one pass, so that a description which looks like a macro stays what it is.
    """
    used = len(template.replace(REFERENCE, reference).replace(DESCRIPTION, ""))
    room = max(0, PURPOSE_LENGTH_MAX - used) // max(1, template.count(DESCRIPTION))
    values = {REFERENCE: reference, DESCRIPTION: " ".join(description.split())[:room]}
    return re.sub("|".join(values), lambda macro: values[macro[0]], template).strip()
