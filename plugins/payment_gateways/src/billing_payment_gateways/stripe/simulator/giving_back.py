"""Refunds and disputes: money that goes back."""

from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.errors import invalid
from billing_payment_gateways.stripe.simulator.form import Form

CREATE_REFUND = ("amount", "metadata.*", "payment_intent", "reason")
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
ON_ITS_WAY = frozenset({"pending", "requires_action", "succeeded"})


def create_refund(account: Account, form: Form) -> Object:
    intent_id = form.text("payment_intent")
    intent = account.find("payment_intent", intent_id, "payment_intent")
    if "reason" in form:
        form.choice("reason", REASONS)
    if intent["status"] != "succeeded":
        raise invalid("", f"This PaymentIntent ({intent_id}) does not have a successful charge.")
    charge = account.find("charge", intent["latest_charge"])
    left = charge["amount_captured"] - _given_back(account, intent_id)
    amount = form.integer("amount", left)
    if left == 0:
        raise invalid("charge_already_refunded", f"Charge {charge['id']} was refunded already.")
    if not 0 < amount <= left:
        raise invalid("", "Refund amount is greater than unrefunded amount on charge.", "amount")
    if any(it["status"] in ("needs_response", "under_review") for it in _disputes(account, intent)):
        raise invalid("charge_disputed", f"Charge {charge['id']} has been charged back.")
    refund = account.make(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=intent["currency"],
        failure_reason=None,
        metadata=form.metadata(),
        payment_intent=intent_id,
        reason=form.text("reason", "") or None,
        status=account.refund_status,
    )
    _count(account, charge)
    account.tell("refund.created", refund)
    account.tell("charge.refunded", charge)
    return refund


def settle_refund(account: Account, refund_id: str, status: str) -> Object:
    """What the payer's bank decides; also a refund that succeeded can fail later."""
    refund = account.find("refund", refund_id)
    refund["status"] = status
    refund["failure_reason"] = "expired_or_canceled_card" if status == "failed" else None
    _count(account, account.find("charge", refund["charge"]))
    account.tell("refund.failed" if status == "failed" else "refund.updated", refund)
    return refund


def open_dispute(account: Account, intent_id: str, amount: int, status: str) -> Object:
    intent = account.find("payment_intent", intent_id)
    charge = account.find("charge", intent["latest_charge"] or "")
    charge["disputed"] = True
    dispute = account.make(
        "dispute",
        amount=amount,
        charge=charge["id"],
        currency=intent["currency"],
        payment_intent=intent_id,
        reason="fraudulent",
        status=status,
    )
    account.tell("charge.dispute.created", dispute)
    if not status.startswith("warning"):
        account.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(account: Account, dispute_id: str, status: str) -> Object:
    dispute = account.find("dispute", dispute_id)
    dispute["status"] = status
    account.tell("charge.dispute.closed", dispute)
    if status == "won":
        account.tell("charge.dispute.funds_reinstated", dispute)
    return dispute


def _given_back(account: Account, intent_id: str) -> int:
    return sum(
        refund["amount"]
        for refund in account.all("refund")
        if refund["payment_intent"] == intent_id and refund["status"] in ON_ITS_WAY
    )


def _count(account: Account, charge: Object) -> None:
    charge["amount_refunded"] = _given_back(account, charge["payment_intent"])
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def _disputes(account: Account, intent: Object) -> list[Object]:
    return [it for it in account.all("dispute") if it["payment_intent"] == intent["id"]]
