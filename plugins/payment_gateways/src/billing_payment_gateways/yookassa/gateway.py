"""The driver for YooKassa: what the contract asks, in YooKassa's terms."""

from collections.abc import Iterable
from contextlib import suppress

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
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
)
from billing_payment_gateways.exchange import only_asking
from billing_payment_gateways.yookassa import wire
from billing_payment_gateways.yookassa.client import YooKassaClient


class YooKassa(PaymentGateway):
    """Payments on YooKassa's page, charges of stored methods, refunds.

    The external id is the payment's; ``payment_method/…`` for a card stored without one.
    """

    key = "yookassa"
    title = {"en": "YooKassa", "ru": "ЮKassa"}
    base_url = "https://api.yookassa.ru"
    currencies = (wire.CURRENCY,)
    settings = (
        FormField("shop_id", {"en": "Shop id", "ru": "Идентификатор магазина"}, length_max=64),
        FormField("secret_key", {"en": "Secret key", "ru": "Секретный ключ"}, FieldKind.SECRET),
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

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        client = YooKassaClient(context)
        payment = _opened(client, request)
        return PaymentStarted(payment["id"], _page_of(payment) or request.return_url)

    def handle_notification(
        self, request: Notification, context: Context
    ) -> tuple[PaymentFact, ...]:
        subject = wire.notification_subject(request.raw_body)
        if subject is None:
            return ()
        with only_asking():
            client = YooKassaClient(context)
            ask = client.method if subject.is_method else client.payment
            found = ask(subject.id)
        if found is None:
            raise NotificationRejectedError("the shop has nothing of that id")
        if not wire.reference_of(found):
            return ()
        return (wire.method_fact(found) if subject.is_method else wire.payment_fact(found),)

    def fetch_payment(self, request: FetchPayment, context: Context) -> PaymentFact | None:
        with only_asking():
            client = YooKassaClient(context)
            if request.external_id.startswith(wire.METHOD_PREFIX):
                method = client.method(request.external_id.removeprefix(wire.METHOD_PREFIX))
                return wire.method_fact(method) if method else None
            if request.external_id:
                payment = client.payment(request.external_id)
            else:
                payment = _with_reference(
                    client.recent_payments(), request.reference
                ) or _with_reference(client.older_captured_payments(), request.reference)
            return wire.payment_fact(payment) if payment else None

    def charge_stored(self, request: ChargeStored, context: Context) -> PaymentFact:
        client = YooKassaClient(context)
        # Older than the key's day, a repetition would charge again.
        earlier = _with_reference(client.older_captured_payments(), request.reference)
        return wire.payment_fact(earlier or client.charge(request))

    def store_method(self, request: StartPayment, context: Context) -> PaymentStarted:
        method = YooKassaClient(context).open_method(request)
        external_id = f"{wire.METHOD_PREFIX}{method['id']}"
        return PaymentStarted(external_id, _page_of(method) or request.return_url)

    def forget_method(self, token: Secret, context: Context) -> None:
        """Nothing: YooKassa has no way of deleting one, who forgets its id can't charge it."""

    def refund(self, request: RefundPayment, context: Context) -> RefundDone | RefundPending:
        client = YooKassaClient(context)
        for refund in client.refunds(request.payment_external_id):
            if wire.is_refund(refund, request.reference):
                return wire.refund_outcome(refund)
        return wire.refund_outcome(client.refund(request))


def _opened(client: YooKassaClient, request: StartPayment) -> wire.Document:
    """The one payment of a reference; looked for at once where it isn't known what was done."""
    try:
        return client.open_payment(request)
    except OutcomeUnknownError:
        with suppress(UpstreamError):
            found = _with_reference(client.recent_payments(), request.reference)
            if found is not None:
                return found
        raise


def _with_reference(payments: Iterable[wire.Document], reference: str) -> wire.Document | None:
    return next((it for it in payments if wire.reference_of(it) == reference), None)


def _page_of(document: wire.Document) -> str:
    return wire.text_of(wire.inner(document, "confirmation"), "confirmation_url")
