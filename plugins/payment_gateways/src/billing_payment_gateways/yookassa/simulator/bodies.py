"""Checks of what is posted, as strict as the documentation."""

import re
from collections.abc import Collection
from typing import Any

from billing_payment_gateways.yookassa.simulator.shop import invalid

CREATE_PAYMENT = {
    "amount",
    "capture",
    "confirmation",
    "description",
    "metadata",
    "payment_method_id",
    "save_payment_method",
}
CREATE_METHOD = {"confirmation", "metadata", "type"}
CREATE_REFUND = {"amount", "description", "payment_id"}

DESCRIPTION_MAX, REFUND_DESCRIPTION_MAX = 128, 250
METADATA_MAX, METADATA_NAME_MAX, METADATA_VALUE_MAX = 16, 32, 512


def only(body: dict[str, Any], known: Collection[str]) -> None:
    for name in body:
        if name not in known:
            raise invalid(f"Unknown parameter {name}", name)


def checked_amount(body: dict[str, Any]) -> dict[str, str]:
    amount = body.get("amount")
    if not isinstance(amount, dict) or set(amount) != {"value", "currency"}:
        raise invalid("Amount is required", "amount")
    value, currency = amount["value"], amount["currency"]
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,9}\.[0-9]{2}", value):
        raise invalid("Incorrect amount", "amount.value")
    if currency != "RUB":
        raise invalid("Incorrect currency", "amount.currency")
    if value == "0.00":
        raise invalid("Amount is too small", "amount.value")
    return {"value": value, "currency": currency}


def checked_text(body: dict[str, Any], name: str, length_max: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > length_max:
        raise invalid(f"Incorrect {name}", name)
    return value


def checked_metadata(body: dict[str, Any]) -> dict[str, str]:
    metadata = body.get("metadata", {})
    fits = isinstance(metadata, dict) and len(metadata) <= METADATA_MAX
    fits = fits and all(
        len(name) <= METADATA_NAME_MAX
        and isinstance(value, str)
        and len(value) <= METADATA_VALUE_MAX
        for name, value in metadata.items()
    )
    if not fits:
        raise invalid("Incorrect metadata", "metadata")
    return dict(metadata)


def checked_return_url(body: dict[str, Any]) -> str:
    confirmation = body.get("confirmation")
    if not isinstance(confirmation, dict) or confirmation.get("type") != "redirect":
        raise invalid("Confirmation is required", "confirmation")
    url = confirmation.get("return_url")
    if not isinstance(url, str) or not re.match(r"https?://[^/\s]+", url):
        raise invalid("Incorrect return_url", "confirmation.return_url")
    return url
