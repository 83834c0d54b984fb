"""Money that came for nothing that we know: keep it apart until a person says whose it is."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, PaymentFact
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import entry_legs, post
from billing_kernel.application.spending import ask_to_spend
from billing_kernel.application.tasking import close_tasks, open_task
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.ledger import (
    EntryKind,
    Owner,
    clearing_of,
    draft_assignment,
    draft_reversal,
    draft_suspense,
)
from billing_kernel.domain.states import TaskState
from billing_kernel.models import (
    Client,
    LedgerEntry,
    Payment,
    PaymentMethod,
    Provider,
    UnmatchedReceipt,
)


class ReceiptAssignedError(ConflictError):
    """The money was assigned already."""

    code = "receipt.assigned"


def record_unmatched(
    session: Session, kernel: Kernel, method: PaymentMethod, fact: PaymentFact
) -> UnmatchedReceipt | None:
    """Book unknown money to suspense, once, and tell a person; None where none came."""
    if fact.captured.amount_minor <= 0:
        return None
    present = _receipt(session, method.id, fact.external_id)
    if present is not None:
        return present
    text = f"Unmatched money {fact.external_id}"
    receipt = UnmatchedReceipt(
        provider_id=_provider_of(session, method),
        payment_method_id=method.id,
        external_id=fact.external_id,
        reference=fact.reference[:255],
        amount_minor=fact.captured.amount_minor,
        currency=fact.captured.currency,
    )
    book_receipt(session, receipt, text)
    detail = f"{fact.captured} came as {fact.external_id}, named {fact.reference or 'nothing'}."
    open_task(session, kernel, "unmatched_money", f"receipt:{receipt.id}", text, detail)
    return receipt


def book_receipt(session: Session, receipt: UnmatchedReceipt, description: str) -> None:
    """Write a receipt and book its money to suspense."""
    session.add(receipt)
    session.flush()
    amount = Money(receipt.amount_minor, receipt.currency)
    clearing = clearing_of(receipt.provider_id, receipt.payment_method_id, receipt.currency)
    post(session, draft_suspense(receipt.provider_id, receipt.id, amount, clearing, description))


def assign_receipt(
    session: Session, kernel: Kernel, receipt_id: int, client_id: int
) -> UnmatchedReceipt:
    """Give unmatched money to a client's balance; raises MissingError, ReceiptAssignedError."""
    receipt = find(session, UnmatchedReceipt, receipt_id, lock=True)
    if receipt.assigned_client_id is not None or receipt.payment_id is not None:
        raise ReceiptAssignedError(f"receipt {receipt_id} has an owner already")
    client = find(session, Client, client_id, provider_id=receipt.provider_id)
    amount = Money(receipt.amount_minor, receipt.currency)
    owner = Owner(receipt.provider_id, client.id)
    post(session, draft_assignment(owner, receipt.id, amount, f"Receipt {receipt.external_id}"))
    receipt.assigned_client_id = client.id
    close_tasks(session, f"receipt:{receipt.id}", TaskState.DONE)
    ask_to_spend(session, client)
    return receipt


def take_back_receipt(session: Session, payment: Payment, external_id: str) -> None:
    """Take money out of suspense that turns out to be this payment's, so that it is booked once.

    Raises ReceiptAssignedError where a person gave it to a client meanwhile.
    """
    receipt = _receipt(session, payment.payment_method_id or 0, external_id)
    if receipt is None or receipt.payment_id == payment.id:
        return
    if receipt.assigned_client_id is not None or receipt.payment_id is not None:
        raise ReceiptAssignedError(f"receipt {receipt.id} was assigned to a client")
    entry = session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.source_type == "receipt",
            LedgerEntry.source_id == receipt.id,
            LedgerEntry.kind == EntryKind.SUSPENSE,
        )
    ).one()
    text = f"Receipt {external_id} is payment {payment.id}"
    legs = entry_legs(session, entry)
    post(session, draft_reversal(entry.id, "receipt", receipt.id, legs, text))
    receipt.payment_id = payment.id
    close_tasks(session, f"receipt:{receipt.id}", TaskState.DONE)


def _receipt(session: Session, method_id: int, external_id: str) -> UnmatchedReceipt | None:
    return session.scalar(
        select(UnmatchedReceipt)
        .where(
            UnmatchedReceipt.payment_method_id == method_id,
            UnmatchedReceipt.external_id == external_id,
        )
        .with_for_update()
    )


def _provider_of(session: Session, method: PaymentMethod) -> int:
    """Who offers the method, or did when it was last used, or the first provider there is."""
    if method.providers:
        return min(row.provider_id for row in method.providers)
    used = select(func.max(Payment.provider_id)).where(Payment.payment_method_id == method.id)
    return session.scalar(used) or session.scalars(select(func.min(Provider.id))).one()
