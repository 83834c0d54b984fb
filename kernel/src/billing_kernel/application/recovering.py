"""Take in refunds that were done and failed later: their money is at the gateway again."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import lock_accounts
from billing_kernel.application.publishing import record_event
from billing_kernel.application.receiving import assign_receipt, book_receipt
from billing_kernel.application.refunding import GATEWAY
from billing_kernel.application.tasking import open_payment_task
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.states import AttemptState
from billing_kernel.models import Payment, Refund, UnmatchedReceipt


def recover_refunds(session: Session, kernel: Kernel, payment: Payment, told_minor: int) -> None:
    """Give the client, on the balance, what a gateway couldn't return to the payer after all.

    ``told_minor`` is what the gateway says now went back in all; it said more before. Invoices
    stay credited, for the documents are issued, and the money can be refunded again. Refunds
    that are still open are ended by asking for them. The payment is locked by ``lock_payment``.
    """
    done = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.payment_id == payment.id,
        Refund.destination == GATEWAY,
        Refund.state == AttemptState.DONE,
    )
    went = int(session.scalars(done).one()) - payment.returned_minor
    returned = Money(min(payment.told_refunded_minor, went) - told_minor, payment.captured.currency)
    payment.told_refunded_minor = told_minor
    if returned.amount_minor <= 0:
        return
    payment.refunded_minor -= returned.amount_minor
    payment.returned_minor += returned.amount_minor
    receipt = UnmatchedReceipt(
        provider_id=payment.provider_id,
        payment_method_id=payment.payment_method_id,
        external_id=f"returned-{payment.id}-{payment.returned_minor}",
        reference=payment.reference,
        amount_minor=returned.amount_minor,
        currency=returned.currency,
    )
    # Clients' accounts are locked before those that all share.
    owner = Owner(payment.provider_id, payment.client_id)
    lock_accounts(session, [owner.balance(returned.currency)])
    book_receipt(session, receipt, f"Failed refund of payment {payment.id}")
    assign_receipt(session, kernel, receipt.id, payment.client_id)
    facts = {
        "payment_id": payment.id,
        "invoice_id": payment.invoice_id,
        "reason": "refund_failed",
        "amount_minor": returned.amount_minor,
        "currency": returned.currency,
    }
    record_event(session, kernel, "PaymentWentToBalance", facts, payment.client_id)
    open_payment_task(
        session, kernel, payment, "returned_refund", f"returned:{receipt.id}",
        f"A refund of payment {payment.id} failed after it was done",
        f"{returned} is at the gateway again and on the client's balance. Refund the payment once "
        "more, or return it another way and correct the balance.",
    )  # fmt: skip
