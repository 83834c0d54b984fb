"""Money that came for nothing that we know: keep it apart until a person says whose it is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, PaymentFact
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import post
from billing_kernel.application.tasking import close_payment_tasks, open_task
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.ledger import (
    Owner,
    clearing_of,
    draft_assignment,
    draft_suspense,
)
from billing_kernel.domain.states import TaskState
from billing_kernel.models import Client, PaymentMethod, UnmatchedReceipt


class ReceiptAssignedError(ConflictError):
    """The money was assigned already."""

    code = "receipt.assigned"


def record_unmatched(
    session: Session, kernel: Kernel, method: PaymentMethod, fact: PaymentFact
) -> UnmatchedReceipt | None:
    """Book unknown money to suspense, once, and tell a person; None where none came."""
    if fact.captured.amount_minor <= 0 or not method.providers:
        return None
    present = session.scalar(
        select(UnmatchedReceipt).where(
            UnmatchedReceipt.payment_method_id == method.id,
            UnmatchedReceipt.external_id == fact.external_id,
        )
    )
    if present is not None:
        return present
    provider_id = min(row.provider_id for row in method.providers)
    receipt = UnmatchedReceipt(
        provider_id=provider_id,
        payment_method_id=method.id,
        external_id=fact.external_id,
        reference=fact.reference,
        amount_minor=fact.captured.amount_minor,
        currency=fact.captured.currency,
    )
    session.add(receipt)
    session.flush()
    clearing = clearing_of(provider_id, method.id, fact.captured.currency)
    text = f"Unmatched money {fact.external_id}"
    post(session, draft_suspense(provider_id, receipt.id, fact.captured, clearing, text))
    detail = f"{fact.captured} came as {fact.external_id}, named {fact.reference or 'nothing'}."
    open_task(session, kernel, "unmatched_money", f"receipt:{receipt.id}", text, detail)
    return receipt


def assign_receipt(
    session: Session, kernel: Kernel, receipt_id: int, client_id: int
) -> UnmatchedReceipt:
    """Give unmatched money to a client's balance; raises ReceiptAssignedError."""
    receipt = find(session, UnmatchedReceipt, receipt_id, lock=True)
    if receipt.assigned_client_id is not None:
        raise ReceiptAssignedError(f"receipt {receipt_id} belongs to a client already")
    client = find(session, Client, client_id, provider_id=receipt.provider_id)
    amount = Money(receipt.amount_minor, receipt.currency)
    owner = Owner(receipt.provider_id, client.id)
    post(session, draft_assignment(owner, receipt.id, amount, f"Receipt {receipt.external_id}"))
    receipt.assigned_client_id = client.id
    close_payment_tasks(session, f"receipt:{receipt.id}", TaskState.DONE)
    return receipt
