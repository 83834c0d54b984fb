"""Payment intents: one attempt at moving one amount."""

from typing import Any

from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.cards import attempt, declined
from billing_payment_gateways.stripe.simulator.errors import invalid
from billing_payment_gateways.stripe.simulator.form import Form, currency_of

CREATE = (
    "amount",
    "automatic_payment_methods.allow_redirects",
    "automatic_payment_methods.enabled",
    "confirm",
    "currency",
    "customer",
    "description",
    "metadata.*",
    "off_session",
    "payment_method",
    "return_url",
)
AMOUNT_MAX = 99_999_999
AMOUNT_MIN = 30


def new_intent(account: Account, amount: int, currency: str, **fields: Any) -> Object:
    return account.make(
        "payment_intent",
        **{
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "currency": currency,
            "customer": None,
            "description": None,
            "last_payment_error": None,
            "latest_charge": None,
            "payment_method": None,
            "setup_future_usage": None,
            "status": "requires_payment_method",
            **fields,
        },
    )


def create_intent(account: Account, form: Form) -> Object:
    """Create and confirm an intent off session: the only way in which it is asked for here."""
    amount = checked_amount(form.integer("amount"), currency_of(form.text("currency")))
    if not form.flag("confirm") or not form.flag("off_session"):
        raise invalid("parameter_invalid", "This simulator confirms intents off session.")
    redirects = form.choice("automatic_payment_methods.allow_redirects", ("never",), "always")
    if redirects == "always":
        form.url("return_url")
    method = account.find("payment_method", form.text("payment_method"), "payment_method")
    customer = account.find("customer", form.text("customer"), "customer")
    if method["customer"] != customer["id"]:
        raise invalid("", "The payment method does not belong to the customer.", "payment_method")
    intent = new_intent(
        account,
        amount,
        form.text("currency"),
        customer=customer["id"],
        description=form.text("description", ""),
        metadata=form.metadata(),
    )
    account.tell("payment_intent.created", intent)
    attempt(account, intent, method, off_session=True)
    if intent["status"] == "requires_payment_method":
        raise declined(account, intent)
    return intent


def checked_amount(amount: int, currency: str) -> int:
    if amount < AMOUNT_MIN and currency not in ("jpy", "krw"):
        raise invalid("amount_too_small", "Amount is below the minimum.", "amount")
    if amount > AMOUNT_MAX:
        raise invalid("amount_too_large", "Amount must be no more than 8 digits.", "amount")
    if currency in ("isk", "ugx") and amount % 100:
        message = "Amounts in this currency must be evenly divisible by 100."
        raise invalid("invalid_charge_amount_no_decimal_compatible", message, "amount")
    if currency in ("bhd", "jod", "kwd", "omr", "tnd") and amount % 10:
        raise invalid("parameter_invalid_integer", "The last digit must be 0.", "amount")
    return amount
