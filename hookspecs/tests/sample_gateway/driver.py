"""An honest driver for the sample payment service; tests plant bugs in copies of it."""

import hashlib
import hmac
import json
from typing import Any

import httpx

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    FieldKind,
    FormField,
    GatewayCapability,
    Money,
    Notification,
    NotificationRejectedError,
    OutcomeUnknownError,
    PaymentFact,
    PaymentGateway,
    PaymentStarted,
    PaymentState,
    RefundDone,
    RefundPayment,
    Secret,
    StartPayment,
    UpstreamBusyError,
    UpstreamRefusedError,
)


def ask(context: Context, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {context.settings['api_key']}"}
    try:
        answer = context.http.request(method, path, json=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise UpstreamBusyError("the cashier can't be reached") from None
    except httpx.HTTPError as error:
        raise OutcomeUnknownError(f"no answer: {type(error).__name__}") from error
    if answer.status_code == 503:
        raise UpstreamBusyError("the cashier is busy")
    if answer.status_code == 401:
        raise UpstreamRefusedError("wrong_key")
    try:
        content = answer.json()
    except ValueError:
        raise OutcomeUnknownError("the answer can't be read") from None
    if answer.status_code != 200:
        raise OutcomeUnknownError(f"the cashier failed with {answer.status_code}")
    return content


def fact_of(payment: Any) -> PaymentFact:
    captured = payment["captured"] > 0
    return PaymentFact(
        payment["id"],
        PaymentState.CAPTURED if captured else PaymentState.PENDING,
        Money(payment["captured"], payment["currency"]),
        Money(sum(amount for _, amount in payment["refunds"]), payment["currency"]),
        payment["reference"],
    )


class PlainCashier(PaymentGateway):
    key = "plain_cashier"
    title = {"en": "Cashier"}
    settings = (
        FormField("api_base", {"en": "Address"}, FieldKind.URL),
        FormField("api_key", {"en": "Key"}, FieldKind.SECRET),
        FormField("webhook_secret", {"en": "Secret of notifications"}, FieldKind.SECRET),
    )
    currencies = ("EUR", "JPY")

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        body = {
            "reference": request.reference,
            "amount": request.amount.amount_minor,
            "currency": request.amount.currency,
        }
        payment = ask(context, "POST", "payments", body)
        return PaymentStarted(payment["id"], f"https://cashier.example.com/{payment['id']}")


class RefundingCashier(PlainCashier):
    key = "refunding_cashier"
    capabilities = frozenset({GatewayCapability.REFUND})

    def refund(self, request: RefundPayment, context: Context) -> RefundDone:
        body = {"reference": request.reference, "amount": request.amount.amount_minor}
        refund = ask(context, "POST", f"payments/{request.payment_external_id}/refunds", body)
        return RefundDone(refund["id"])


class CashierGateway(RefundingCashier):
    key = "cashier"
    capabilities = frozenset(
        {
            GatewayCapability.NOTIFICATIONS,
            GatewayCapability.FETCH,
            GatewayCapability.STORED_METHODS,
            GatewayCapability.REFUND,
        }
    )

    def handle_notification(
        self, request: Notification, context: Context
    ) -> tuple[PaymentFact, ...]:
        secret = context.settings["webhook_secret"].encode()
        expected = hmac.new(secret, request.raw_body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("x-signature", "")):
            raise NotificationRejectedError("the signature doesn't match")
        return (fact_of(json.loads(request.raw_body)),)

    def fetch_payment(self, request: FetchPayment, context: Context) -> PaymentFact | None:
        if request.external_id:
            return fact_of(ask(context, "GET", f"payments/{request.external_id}"))
        found = ask(context, "GET", f"payments?reference={request.reference}")
        return fact_of(found[0]) if found else None

    def charge_stored(self, request: ChargeStored, context: Context) -> PaymentFact:
        body = {
            "reference": request.reference,
            "amount": request.amount.amount_minor,
            "currency": request.amount.currency,
            "card": request.token,
        }
        return fact_of(ask(context, "POST", "charges", body))

    def store_method(self, request: StartPayment, context: Context) -> PaymentStarted:
        return PaymentStarted(redirect_url="https://cashier.example.com/cards/new")

    def forget_method(self, token: Secret, context: Context) -> None:
        ask(context, "DELETE", "cards", {"card": token})
