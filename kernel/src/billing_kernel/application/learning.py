"""Learn what a gateway knows of a payment, and make the books agree with it.

Facts may come twice, late, or in any order: what counts is the difference between what the
gateway says has moved in all and what is booked already.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability, Money, PaymentFact, PaymentState
from billing_kernel.application.booking import lock_payment, receive_money
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.disputing import book_dispute
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue, record_event
from billing_kernel.application.receiving import (
    ReceiptAssignedError,
    record_unmatched,
    take_back_receipt,
)
from billing_kernel.application.recovering import recover_refunds
from billing_kernel.application.refunding import book_refunds_elsewhere
from billing_kernel.application.storing import remember_method
from billing_kernel.application.tasking import close_tasks, open_payment_task
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    TaskState,
    advance,
)
from billing_kernel.models import Collection, Payment, PaymentMethod, wall_clock

CHECK_AGAIN = timedelta(minutes=30)


def learn_fact(
    session: Session, kernel: Kernel, method: PaymentMethod, fact: PaymentFact, *, is_current: bool
) -> Payment | None:
    """Book what is new in a fact; None where it belongs to no payment of ours.

    ``is_current`` is False for what may be older than what is known. Money that nobody
    expected waits in suspense for a person.
    """
    payment_id = _payment_id(session, method, fact)
    if payment_id is not None:
        payment = lock_payment(session, payment_id)
        learn_about(session, kernel, payment, fact, is_current=is_current)
        return payment
    if fact.stored_method is None or remember_method(session, kernel, method, fact, None) is None:
        record_unmatched(session, kernel, method, fact)
    return None


def learn_about(
    session: Session,
    kernel: Kernel,
    payment: Payment,
    fact: PaymentFact,
    *,
    is_current: bool = True,
) -> None:
    """Book what is new in a fact that answers a question about this payment.

    The payment is locked by ``lock_payment``.
    """
    method = session.get_one(PaymentMethod, payment.payment_method_id)
    if not _is_about(payment, fact):
        # A second payment with our reference: its money is real, its purpose isn't ours to guess.
        record_unmatched(session, kernel, method, fact)
        return
    payment.external_id = fact.external_id or payment.external_id
    remember_method(session, kernel, method, fact, payment)
    if not payment.captured_minor:
        _learn_state(session, kernel, payment, fact)
    elif fact.captured.amount_minor > payment.captured_minor:
        _ask_about_more(session, kernel, payment, fact)
    _learn_returns(session, kernel, payment, fact, is_current)


def mark_pending(session: Session, kernel: Kernel, payment: Payment, first: timedelta) -> None:
    """The gateway has it; it is asked again if it doesn't tell by itself and can be asked."""
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.STARTED)
    if _may_ask(session, kernel, payment):
        payment.check_at = payment.check_at or wall_clock() + first


def fail_payment(session: Session, kernel: Kernel, payment: Payment, reason: str) -> None:
    """The gateway took nothing and won't; what comes late all the same is booked.

    What the night couldn't collect is stopped, as it would have been without trying.
    """
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.FAILED)
    payment.facts = {**payment.facts, "reason": reason}
    payment.check_at = None
    close_tasks(session, f"unclear:{payment.id}", TaskState.DONE)
    facts = {"payment_id": payment.id, "reason": reason}
    record_event(session, kernel, "PaymentFailed", facts, payment.client_id)
    collected = session.scalar(select(Collection).where(Collection.payment_id == payment.id))
    if collected is not None:
        enqueue(session, "stop_uncollected", {"service_id": collected.service_id})


def _payment_id(session: Session, method: PaymentMethod, fact: PaymentFact) -> int | None:
    mine = select(Payment.id).where(Payment.payment_method_id == method.id)
    found = session.scalar(mine.where(Payment.external_id == fact.external_id))
    if found is None and fact.reference:
        found = session.scalar(mine.where(Payment.reference == fact.reference))
    return found


def _is_about(payment: Payment, fact: PaymentFact) -> bool:
    """Whether a fact is about the one attempt at the gateway that this payment is.

    Until money came, the attempt that brings some is the one; payers may try several times.
    """
    if payment.external_id in (None, fact.external_id) or not fact.external_id:
        return True
    return not payment.captured_minor and fact.captured.amount_minor > 0


def _learn_state(session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact) -> None:
    if fact.captured.amount_minor > 0:
        _take(session, kernel, payment, fact)
    elif payment.state not in OPEN_ATTEMPTS:
        payment.check_at = None
    elif fact.state in (PaymentState.FAILED, PaymentState.CANCELLED):
        fail_payment(session, kernel, payment, fact.reason or str(fact.state))
    elif fact.state is PaymentState.PENDING:
        mark_pending(session, kernel, payment, CHECK_AGAIN)


def _take(session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact) -> None:
    """Book money, also that which came before anything told whose it is."""
    try:
        take_back_receipt(session, payment, fact.external_id)
    except ReceiptAssignedError as error:
        open_payment_task(
            session, kernel, payment, "unexpected_payment", f"payment:{payment.id}",
            "Money of a payment was assigned by hand",
            f"{error.message}; it isn't booked again. Cancel payment {payment.id} if it is right.",
        )  # fmt: skip
        return
    receive_money(session, kernel, payment, fact.captured, fact.external_id)


def _ask_about_more(session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact) -> None:
    open_payment_task(
        session, kernel, payment, "unexpected_payment", f"payment:{payment.id}",
        "More was captured than was booked",
        f"The gateway says {fact.captured} of payment {payment.id}, {payment.captured} is booked; "
        "look into it there.",
    )  # fmt: skip


def _learn_returns(
    session: Session, kernel: Kernel, payment: Payment, fact: PaymentFact, is_current: bool
) -> None:
    """What went back to the payer, by a refund or by the payer's bank."""
    if not payment.captured_minor:
        return
    currency = payment.captured.currency
    if fact.refunded.currency == currency:
        told = fact.refunded.amount_minor
        if is_current and told < payment.told_refunded_minor:
            recover_refunds(session, kernel, payment, told)
        payment.told_refunded_minor = max(payment.told_refunded_minor, told)
    if payment.told_refunded_minor > payment.refunded_minor:
        book_refunds_elsewhere(session, kernel, payment)
    disputed = fact.disputed
    if disputed is None or disputed == Money(payment.disputed_minor, currency):
        return
    book_dispute(session, kernel, payment, disputed)
    if _may_ask(session, kernel, payment):
        # Disputes end as they begin: should this have come late, the next look puts it right.
        payment.check_at = wall_clock() + CHECK_AGAIN


def _may_ask(session: Session, kernel: Kernel, payment: Payment) -> bool:
    method = session.get_one(PaymentMethod, payment.payment_method_id)
    return GatewayCapability.FETCH in gateway_of(kernel, method).capabilities
