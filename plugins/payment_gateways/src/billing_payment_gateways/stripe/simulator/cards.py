"""Customers, their cards, and what happens when one is charged."""

from enum import StrEnum

from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.errors import ApiError, invalid


class Card(StrEnum):
    GOOD = "good"
    DECLINED = "declined"
    AUTHENTICATION_REQUIRED = "authentication_required"
    """Refused without the payer's presence; good on the page."""
    REQUIRES_ACTION = "requires_action"
    """Left waiting for an action of the payer."""
    DELAYED = "delayed"
    """Not a card: a bank debit whose money comes, or doesn't, days later."""


def new_customer(account: Account, email: str | None) -> Object:
    return account.make("customer", email=email)


def new_method(account: Account, card: Card, customer: str | None) -> Object:
    if card is Card.DELAYED:
        details = {"type": "sepa_debit", "sepa_debit": {"last4": "3000", "country": "DE"}}
    else:
        shown = {"brand": "visa", "last4": "4242", "exp_month": 2, "exp_year": 2031}
        details = {"type": "card", "card": {**shown, "country": "US", "funding": "credit"}}
    method = account.make("payment_method", customer=customer, **details)
    account.cards[method["id"]] = card
    return method


def detach(account: Account, method_id: str) -> Object:
    method = account.find("payment_method", method_id)
    if method["customer"] is None:
        raise invalid("", "The payment method you provided is not attached to a customer.")
    method["customer"] = None
    account.tell("payment_method.detached", method)
    return method


def attempt(account: Account, intent: Object, method: Object, *, off_session: bool) -> None:
    """Charge ``method`` for ``intent``, which then says what came of it."""
    card = account.cards[method["id"]]
    intent["payment_method"] = method["id"]
    if card is Card.DECLINED:
        _fail(account, intent, "card_declined", "insufficient_funds", "Your card was declined.")
    elif card is Card.AUTHENTICATION_REQUIRED and off_session:
        code = "authentication_required"
        _fail(account, intent, code, code, "This transaction requires authentication.")
    elif card is Card.REQUIRES_ACTION and off_session:
        intent["status"] = "requires_action"
        account.tell("payment_intent.requires_action", intent)
    elif card is Card.DELAYED:
        intent["status"] = "processing"
        account.tell("payment_intent.processing", intent)
    else:
        succeed(account, intent)


def succeed(account: Account, intent: Object) -> None:
    charge = _charge(account, intent, "succeeded")
    intent["status"] = "succeeded"
    intent["amount_received"] = intent["amount"]
    intent["last_payment_error"] = None
    account.tell("charge.succeeded", charge)
    account.tell("payment_intent.succeeded", intent)


def fail_later(account: Account, intent: Object) -> None:
    _fail(account, intent, "payment_method_provider_decline", "", "The debit was returned.")


def declined(account: Account, intent: Object) -> ApiError:
    """The answer to whoever asked for the charge, with the intent as it is now."""
    error = {**intent["last_payment_error"]}
    error.pop("type")
    return ApiError(
        402,
        error.pop("code"),
        error.pop("message"),
        type="card_error",
        executed=True,
        payment_intent=account.shown(intent, []),
        **error,
    )


def _fail(account: Account, intent: Object, code: str, decline_code: str, message: str) -> None:
    charge = _charge(account, intent, "failed")
    intent["status"] = "requires_payment_method"
    error = {"type": "card_error", "code": code, "message": message, "charge": charge["id"]}
    if decline_code:
        error["decline_code"] = decline_code
    intent["last_payment_error"] = error
    account.tell("charge.failed", charge)
    account.tell("payment_intent.payment_failed", intent)


def _charge(account: Account, intent: Object, status: str) -> Object:
    is_good = status == "succeeded"
    charge = account.make(
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"] if is_good else 0,
        amount_refunded=0,
        captured=is_good,
        currency=intent["currency"],
        customer=intent["customer"],
        disputed=False,
        metadata=dict(intent["metadata"]),
        paid=is_good,
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        refunded=False,
        status=status,
    )
    intent["latest_charge"] = charge["id"]
    return charge
