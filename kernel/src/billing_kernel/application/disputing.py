"""Chargebacks: a payer's bank takes money back, and gives it again if the dispute is won."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import entry_legs, post
from billing_kernel.application.publishing import record_event
from billing_kernel.application.tasking import close_tasks, open_payment_task
from billing_kernel.domain.ledger import (
    EntryKind,
    Owner,
    clearing_of,
    draft_dispute,
    draft_reversal,
)
from billing_kernel.domain.states import TaskState
from billing_kernel.models import Dispute, LedgerEntry, Payment, wall_clock


def book_dispute(session: Session, kernel: Kernel, payment: Payment, disputed: Money) -> None:
    """Book how much of a payment is disputed now; zero means that it no longer is.

    The payment is locked by ``lock_payment``. Another amount ends one dispute and begins a
    new one, so that each entry stays what it was.
    """
    if disputed.amount_minor == payment.disputed_minor:
        return
    subject = f"dispute:{payment.id}"
    present = session.scalar(
        select(Dispute).where(Dispute.payment_id == payment.id, Dispute.ended_at.is_(None))
    )
    if present is not None:
        _end(session, present)
    payment.disputed_minor = disputed.amount_minor
    facts = {
        "payment_id": payment.id,
        "amount_minor": disputed.amount_minor,
        "currency": disputed.currency,
    }
    record_event(session, kernel, "PaymentDisputed", facts, payment.client_id)
    if not disputed:
        close_tasks(session, subject, TaskState.DONE)
        return
    _begin(session, payment, disputed)
    open_payment_task(
        session, kernel, payment, "chargeback", subject, f"Chargeback of payment {payment.id}",
        f"The gateway says that {disputed} of payment {payment.id} is disputed.",
    )  # fmt: skip


def _begin(session: Session, payment: Payment, amount: Money) -> None:
    dispute = Dispute(
        payment_id=payment.id, amount_minor=amount.amount_minor, currency=amount.currency
    )
    session.add(dispute)
    session.flush()
    method_id = payment.payment_method_id or 0
    clearing = clearing_of(payment.provider_id, method_id, amount.currency)
    owner = Owner(payment.provider_id, payment.client_id)
    text = f"Chargeback of payment {payment.id}"
    post(session, draft_dispute(owner, dispute.id, amount, clearing, text))


def _end(session: Session, dispute: Dispute) -> None:
    dispute.ended_at = wall_clock()
    session.flush()
    entry = session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.source_type == "dispute",
            LedgerEntry.source_id == dispute.id,
            LedgerEntry.kind == EntryKind.DISPUTE,
        )
    ).one()
    text = f"Chargeback of payment {dispute.payment_id} is over"
    post(
        session,
        draft_reversal(entry.id, "dispute", dispute.id, entry_legs(session, entry), text),
    )
