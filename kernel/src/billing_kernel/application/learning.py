"""Learn what a gateway knows of a payment, and make the books agree with it.

Facts may come twice, late, or in any order: what counts is the difference between what the
gateway says has moved in all and what is booked already.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import PaymentFact, PaymentState
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import receive_money
from billing_kernel.application.posting import entry_legs, post
from billing_kernel.application.receiving import record_unmatched
from billing_kernel.application.storing import remember_method
from billing_kernel.application.tasking import open_payment_task
from billing_kernel.domain.ledger import (
    EntryKind,
    Owner,
    clearing_of,
    draft_dispute,
    draft_reversal,
)
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    advance,
)
from billing_kernel.models import LedgerEntry, Payment, PaymentMethod


def learn_fact(
    session: Session, kernel: Kernel, method: PaymentMethod, fact: PaymentFact
) -> Payment | None:
    """Book what is new in a fact; None where it belongs to no payment of ours.

    Money that nobody expected waits in suspense for a person.
    """
    payment = _payment(session, method, fact)
    if payment is None:
        if fact.stored_method is not None and remember_method(session, kernel, method, fact, None):
            return None
        record_unmatched(session, kernel, method, fact)
        return None
    if payment.external_id is None:
        payment.external_id = fact.external_id
    if payment.external_id != fact.external_id:
        # A second payment with our reference: its money is real, its purpose isn't ours to guess.
        record_unmatched(session, kernel, method, fact)
        return payment
    if fact.stored_method is not None:
        remember_method(session, kernel, method, fact, payment)
    _learn_state(session, kernel, payment, fact)
    _learn_refunds(session, kernel, payment, fact)
    _learn_dispute(session, kernel, payment, fact)
    return payment


def _payment(session: Session, method: PaymentMethod, fact: PaymentFact) -> Payment | None:
    mine = select(Payment).where(Payment.payment_method_id == method.id)
    known = mine.where(Payment.external_id == fact.external_id)
    found = session.scalar(known.with_for_update().execution_options(populate_existing=True))
    if found is None and fact.reference:
        named = mine.where(Payment.reference == fact.reference)
        found = session.scalar(named.with_for_update().execution_options(populate_existing=True))
    return found


def _learn_state(session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact) -> None:
    captured = fact.captured
    if captured.amount_minor > 0 and not payment.captured_minor:
        receive_money(session, kernel, payment, captured, fact.external_id)
        return
    if payment.captured_minor:
        if captured.amount_minor > payment.captured_minor and captured.currency == payment.currency:
            open_payment_task(
                session, kernel, payment, "unexpected_payment", f"payment:{payment.id}",
                "More was captured than was booked",
                f"The gateway says {captured} of payment {payment.id}; look into it there.",
            )  # fmt: skip
        return
    if payment.state not in OPEN_ATTEMPTS:
        return
    if fact.state in (PaymentState.FAILED, PaymentState.CANCELLED):
        payment.state = advance(
            ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.FAILED
        )
        payment.facts = {**payment.facts, "reason": fact.reason}
        payment.check_at = None
    elif fact.state is PaymentState.PENDING:
        payment.state = AttemptState.PENDING


def _learn_refunds(session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact) -> None:
    if fact.refunded.amount_minor > payment.refunded_minor:
        open_payment_task(
            session, kernel, payment, "refund_elsewhere", f"payment:{payment.id}",
            "Money was refunded at the gateway",
            f"The gateway says {fact.refunded} of payment {payment.id} went back; "
            f"{payment.refunded_minor} minor units are booked. Book the rest as a refund.",
        )  # fmt: skip


def _learn_dispute(session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact) -> None:
    if fact.disputed is None or fact.disputed.amount_minor == payment.disputed_minor:
        return
    clearing = clearing_of(
        payment.provider_id, payment.payment_method_id or 0, fact.disputed.currency
    )
    owner = Owner(payment.provider_id, payment.client_id)
    entry = session.scalar(
        select(LedgerEntry).where(
            LedgerEntry.source_type == "payment",
            LedgerEntry.source_id == payment.id,
            LedgerEntry.kind == EntryKind.DISPUTE,
        )
    )
    text = f"Chargeback of payment {payment.id}"
    if entry is None:
        post(session, draft_dispute(owner, payment.id, fact.disputed, clearing, text))
    elif not fact.disputed and payment.disputed_minor:
        legs = entry_legs(session, entry)
        post(session, draft_reversal(entry.id, "payment", payment.id, legs, f"{text} was won"))
    payment.disputed_minor = fact.disputed.amount_minor
    open_payment_task(
        session, kernel, payment, "chargeback", f"dispute:{payment.id}", text,
        f"The gateway says {fact.disputed} of payment {payment.id} is disputed.",
    )  # fmt: skip
