"""Checkout Sessions: the pages on which payers pay or leave a card."""

from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.cards import (
    Card,
    attempt,
    fail_later,
    new_customer,
    new_method,
    succeed,
)
from billing_payment_gateways.stripe.simulator.errors import invalid
from billing_payment_gateways.stripe.simulator.form import Form, currency_of
from billing_payment_gateways.stripe.simulator.intents import checked_amount, new_intent

CREATE = (
    "adaptive_pricing.enabled",
    "cancel_url",
    "client_reference_id",
    "currency",
    "customer_creation",
    "customer_email",
    "line_items.*.price_data.currency",
    "line_items.*.price_data.product_data.name",
    "line_items.*.price_data.unit_amount",
    "line_items.*.quantity",
    "metadata.*",
    "mode",
    "payment_intent_data.description",
    "payment_intent_data.metadata.*",
    "payment_intent_data.setup_future_usage",
    "setup_intent_data.metadata.*",
    "success_url",
)
OPEN_S = 24 * 3600
REFERENCE_LENGTH_MAX = 200


def open_session(account: Account, form: Form, base_url: str) -> Object:
    """A page. Its payment intent doesn't exist before somebody pays."""
    mode = form.choice("mode", ("payment", "setup"))
    reference = form.text("client_reference_id", "")
    if len(reference) > REFERENCE_LENGTH_MAX:
        raise invalid("parameter_invalid_string", "Too long", "client_reference_id")
    price = _setup_price(form) if mode == "setup" else _payment_price(form)
    session = account.make(
        "checkout.session",
        **price,
        # The default is the account's own setting, which may be on.
        adaptive_pricing={"enabled": form.flag("adaptive_pricing.enabled", default=True)},
        cancel_url=form.url("cancel_url") if "cancel_url" in form else None,
        client_reference_id=reference or None,
        customer=None,
        customer_creation=form.choice(
            "customer_creation", ("always", "if_required"), "if_required"
        ),
        customer_email=form.text("customer_email", "") or None,
        expires_at=account.now() + OPEN_S,
        metadata=form.metadata(),
        mode=mode,
        payment_intent=None,
        payment_status="unpaid" if mode == "payment" else "no_payment_required",
        setup_intent=None,
        status="open",
        success_url=form.url("success_url"),
    )
    account.plans[session["id"]] = _planned(form)
    session["url"] = f"{base_url}/c/pay/{session['id']}"
    if mode == "setup":
        _add_setup_intent(account, session, form.metadata("setup_intent_data.metadata"))
    return session


def _payment_price(form: Form) -> Object:
    form.without("currency", "setup_intent_data.metadata")
    item = "line_items.0."
    currency = currency_of(form.text(f"{item}price_data.currency"))
    form.text(f"{item}price_data.product_data.name")
    amount = form.integer(f"{item}price_data.unit_amount") * form.integer(f"{item}quantity", 1)
    return {"amount_total": checked_amount(amount, currency), "currency": currency}


def _setup_price(form: Form) -> Object:
    form.without("line_items.0.quantity", "payment_intent_data.description")
    return {"amount_total": None, "currency": currency_of(form.text("currency"))}


def _planned(form: Form) -> Object:
    data = "payment_intent_data"
    return {
        "description": form.text(f"{data}.description", "") or None,
        "metadata": form.metadata(f"{data}.metadata"),
        "setup_future_usage": form.text(f"{data}.setup_future_usage", "") or None,
    }


def _add_setup_intent(account: Account, session: Object, metadata: dict[str, str]) -> None:
    intent = account.make(
        "setup_intent",
        customer=None,
        last_setup_error=None,
        metadata=metadata,
        payment_method=None,
        status="requires_payment_method",
        usage="off_session",
    )
    session["setup_intent"] = intent["id"]


def expire_due(account: Account) -> None:
    for session in account.all("checkout.session"):
        if session["status"] == "open" and session["expires_at"] <= account.now():
            expire(account, session)


def expire(account: Account, session: Object) -> None:
    session["status"], session["url"] = "expired", None
    account.tell("checkout.session.expired", session)


def pay(account: Account, session_id: str, card: Card = Card.GOOD) -> Object:
    """What a payer does on the page. ValueError on one that isn't open."""
    expire_due(account)
    session = account.find("checkout.session", session_id)
    if session["status"] != "open":
        raise ValueError(f"the page is {session['status']}")
    customer = _customer(account, session)
    method = new_method(account, card, None)
    if session["mode"] == "setup":
        _store(account, session, method, customer)
        return session
    intent = _intent(account, session, customer)
    attempt(account, intent, method, off_session=False)
    if intent["status"] in ("succeeded", "processing"):
        if intent["setup_future_usage"]:
            method["customer"] = customer
        _complete(account, session, "paid" if intent["status"] == "succeeded" else "unpaid")
    return session


def settle(account: Account, session_id: str, *, succeeds: bool) -> Object:
    """The end of a payment whose money comes later. ValueError where none is waited for."""
    session = account.find("checkout.session", session_id)
    intent = account.find("payment_intent", session["payment_intent"] or "")
    if intent["status"] != "processing":
        raise ValueError(f"the payment is {intent['status']}")
    if succeeds:
        succeed(account, intent)
        session["payment_status"] = "paid"
        account.tell("checkout.session.async_payment_succeeded", session)
    else:
        fail_later(account, intent)
        account.tell("checkout.session.async_payment_failed", session)
    return session


def _customer(account: Account, session: Object) -> str | None:
    if session["customer"] is None and session["customer_creation"] == "always":
        session["customer"] = new_customer(account, session["customer_email"])["id"]
    customer: str | None = session["customer"]
    return customer


def _intent(account: Account, session: Object, customer: str | None) -> Object:
    if session["payment_intent"]:
        return account.find("payment_intent", session["payment_intent"])
    intent = new_intent(
        account,
        session["amount_total"],
        session["currency"],
        customer=customer,
        **account.plans[session["id"]],
    )
    session["payment_intent"] = intent["id"]
    account.tell("payment_intent.created", intent)
    return intent


def _store(account: Account, session: Object, method: Object, customer: str | None) -> None:
    intent = account.find("setup_intent", session["setup_intent"])
    intent.update(status="succeeded", payment_method=method["id"], customer=customer)
    method["customer"] = customer
    account.tell("setup_intent.succeeded", intent)
    _complete(account, session, "no_payment_required")


def _complete(account: Account, session: Object, payment_status: str) -> None:
    session.update(status="complete", payment_status=payment_status, url=None)
    account.tell("checkout.session.completed", session)
