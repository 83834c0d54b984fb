"""Cards and the like that Stripe keeps. Pure."""

from calendar import monthrange

from billing_hookspecs import Secret, StoredMethod, UpstreamRefusedError
from billing_payment_gateways.stripe.documents import Document, expanded, id_of, text_of


def stored_by(intent: Document | None) -> StoredMethod | None:
    """The method that a succeeded payment or setup intent kept for later; None for none.

    It can be charged only together with the customer that it hangs on: both are the token.
    """
    if intent is None or text_of(intent, "status") != "succeeded":
        return None
    keeps = intent.get("object") == "setup_intent" or intent.get("setup_future_usage")
    method = expanded(intent, "payment_method")
    if not keeps or method is None:
        return None
    customer = id_of(intent, "customer") or id_of(method, "customer")
    if not customer:
        return None
    token = stored_token(customer, text_of(method, "id"))
    return StoredMethod(token=token, title=_title_of(method), expires_on=_expiry_of(method))


def stored_token(customer: str, method: str) -> Secret:
    return Secret(f"{customer}/{method}")


def parse_token(token: str) -> tuple[str, str]:
    """Customer and payment method; UpstreamRefusedError for what is no token of ours."""
    customer, _, method = token.partition("/")
    if not (customer and method):
        raise UpstreamRefusedError("stored_method", "the stored method is not one of Stripe's")
    return customer, method


def _title_of(method: Document) -> str:
    """Such as ``Visa •••• 4242``."""
    details = _details_of(method)
    name = text_of(details, "brand") or text_of(method, "type")
    title = name.replace("_", " ").title()
    digits = text_of(details, "last4")
    return f"{title} •••• {digits}" if digits else title


def _expiry_of(method: Document) -> str:
    """The last day on which a card is good, as an ISO date; "" for what doesn't expire."""
    details = _details_of(method)
    year, month = details.get("exp_year"), details.get("exp_month")
    if not (isinstance(year, int) and isinstance(month, int) and 1 <= month <= 12):
        return ""
    return f"{year:04}-{month:02}-{monthrange(year, month)[1]:02}"


def _details_of(method: Document) -> Document:
    return expanded(method, text_of(method, "type")) or {}
