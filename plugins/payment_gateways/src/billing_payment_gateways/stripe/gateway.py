"""The driver for Stripe: what the contract asks, in Stripe's terms."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    FieldError,
    FieldKind,
    FormField,
    GatewayCapability,
    Notification,
    NotificationRejectedError,
    OutcomeUnknownError,
    PaymentFact,
    PaymentGateway,
    PaymentStarted,
    RefundDone,
    RefundPayment,
    RefundPending,
    Secret,
    StartPayment,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_payment_gateways.exchange import only_asking
from billing_payment_gateways.stripe import wire
from billing_payment_gateways.stripe.amounts import to_stripe
from billing_payment_gateways.stripe.client import StripeClient, is_sendable
from billing_payment_gateways.stripe.documents import Document, text_of
from billing_payment_gateways.stripe.payments import Payments
from billing_payment_gateways.stripe.signatures import verify
from billing_payment_gateways.stripe.stored_methods import parse_token

KEY_PREFIXES: Final = ("sk_", "rk_")
SIGNING_PREFIX: Final = "whsec_"


class Stripe(PaymentGateway):
    """Payments on Stripe's page, charges of stored methods, refunds.

    The external id is fixed at the first answer: the Checkout Session's (``cs_…``) of what
    began on a page, the payment intent's (``pi_…``) of a charge of a stored method.
    """

    key = "stripe"
    title = {"en": "Stripe", "ru": "Stripe"}
    base_url = "https://api.stripe.com"
    settings = (
        FormField(
            "secret_key",
            {"en": "Secret key", "ru": "Секретный ключ"},
            FieldKind.SECRET,
            hint={"en": "sk_… or a restricted key, rk_…", "ru": "sk_… или ограниченный, rk_…"},
        ),
        FormField(
            "webhook_secret",
            {"en": "Signing secret of the webhook", "ru": "Ключ подписи вебхука"},
            FieldKind.SECRET,
            hint={"en": "whsec_…, shown with the endpoint", "ru": "whsec_…, указан у адреса"},
        ),
        FormField(
            "api_base",
            {"en": "API address", "ru": "Адрес API"},
            FieldKind.URL,
            required=False,
            hint={"en": f"If not {base_url}", "ru": f"Если не {base_url}"},
        ),
    )
    capabilities = frozenset(
        {
            GatewayCapability.NOTIFICATIONS,
            GatewayCapability.FETCH,
            GatewayCapability.STORED_METHODS,
            GatewayCapability.REFUND,
        }
    )

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[FieldError, ...]:
        errors = []
        if not _begins(settings["secret_key"], KEY_PREFIXES):
            errors.append(FieldError("/secret_key", "must begin with sk_ or rk_"))
        if not _begins(settings["webhook_secret"], (SIGNING_PREFIX,)):
            errors.append(FieldError("/webhook_secret", f"must begin with {SIGNING_PREFIX}"))
        return tuple(errors)

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        to_stripe(request.amount)
        client = StripeClient(context)
        # The idempotency key is good for a day; whatever was paid before is found by this.
        earlier = client.search_intent(request.reference)
        if earlier is not None:
            session = client.session_of(earlier["id"]) or earlier
        else:
            session = _opened(client, client.open_payment, request)
        return PaymentStarted(session["id"], text_of(session, "url") or request.return_url)

    def handle_notification(
        self, request: Notification, context: Context
    ) -> tuple[PaymentFact, ...]:
        header = request.headers.get("stripe-signature", "")
        verify(header, request.raw_body, str(context.settings["webhook_secret"]), time.time())
        subject = wire.event_subject(request.raw_body)
        if subject is None:
            return ()
        with only_asking():
            payments = Payments(StripeClient(context))
            document = payments.of_event(subject)
            if document is None:
                raise NotificationRejectedError(
                    f"the secret key's account has no {subject.kind} of this event"
                )
            return (payments.fact(document),) if wire.reference_of(document) else ()

    def fetch_payment(self, request: FetchPayment, context: Context) -> PaymentFact | None:
        with only_asking():
            payments = Payments(StripeClient(context))
            if request.external_id:
                document = payments.by_external_id(request.external_id)
            else:
                document = payments.by_reference(request.reference)
            return payments.fact(document) if document is not None else None

    def charge_stored(self, request: ChargeStored, context: Context) -> PaymentFact:
        to_stripe(request.amount)
        customer, method = parse_token(request.token)
        client = StripeClient(context)
        for listed in client.intents_of_customer(customer):
            if wire.reference_of(listed) == request.reference:
                return Payments(client).fact(client.intent(listed["id"]) or listed)
        return wire.intent_fact(client.charge(request, customer, method))

    def store_method(self, request: StartPayment, context: Context) -> PaymentStarted:
        client = StripeClient(context)
        session = _opened(client, client.open_setup, request)
        return PaymentStarted(session["id"], text_of(session, "url") or request.return_url)

    def forget_method(self, token: Secret, context: Context) -> None:
        try:
            _, method = parse_token(token)
        except UpstreamRefusedError:
            return
        with only_asking():
            StripeClient(context).detach(method)

    def refund(self, request: RefundPayment, context: Context) -> RefundDone | RefundPending:
        to_stripe(request.amount)
        client = StripeClient(context)
        intent_id = Payments(client).intent_id(request.payment_external_id)
        for refund in client.refunds(intent_id):
            if wire.reference_of(refund) == request.reference:
                return wire.refund_outcome(refund)
        return wire.refund_outcome(client.refund(request, intent_id))


def _opened(
    client: StripeClient, open_page: Callable[[StartPayment], Document], request: StartPayment
) -> Document:
    """The one session of a reference; looked for at once where it isn't known what was done.

    That also helps where a key keeps a failure for a day, or was used with another description.
    """
    try:
        return open_page(request)
    except OutcomeUnknownError:
        with suppress(UpstreamError):
            found = Payments(client).recent_session(request.reference)
            if found is not None:
                return found
        raise


def _begins(secret: str, prefixes: tuple[str, ...]) -> bool:
    return is_sendable(secret) and secret.startswith(prefixes)
