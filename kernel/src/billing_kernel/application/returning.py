"""Ask gateways to send money back, until they have, or have refused."""

from datetime import timedelta

from sqlalchemy.orm import Session

from billing_hookspecs import (
    Money,
    OutcomeUnknownError,
    RefundDone,
    RefundPending,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs import RefundPayment as RefundRequest
from billing_kernel.application.booking import lock_payment
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.refunding import fail_refund, finish_refund
from billing_kernel.application.tasking import open_payment_task
from billing_kernel.domain.pauses import TRIES_MAX, pause_after
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    advance,
)
from billing_kernel.models import Payment, PaymentMethod, Refund, wall_clock

Answer = RefundDone | RefundPending | UpstreamRefusedError | UpstreamBusyError | OutcomeUnknownError


def send_refund(kernel: Kernel, refund_id: int) -> None:
    """Ask the gateway to return money; one reference returns it once, so it may be repeated."""
    with kernel.database.reading() as session:
        refund = session.get(Refund, refund_id)
        if refund is None or refund.state not in OPEN_ATTEMPTS or refund.due_at is None:
            return
        payment = session.get_one(Payment, refund.payment_id)
        method = session.get_one(PaymentMethod, payment.payment_method_id)
    request = RefundRequest(
        payment.external_id or "",
        refund.reference,
        Money(refund.amount_minor, refund.currency),
        refund.reason,
    )
    answer = _ask(kernel, method, request)
    kernel.database.run(lambda session: _record(session, kernel, refund_id, answer))


def _ask(kernel: Kernel, method: PaymentMethod, request: RefundRequest) -> Answer:
    gateway = gateway_of(kernel, method)
    try:
        with method_context(kernel, method, operation_id=request.reference) as context:
            return kernel.extensions.call_driver(gateway.refund, request, context)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        return error


def _record(session: Session, kernel: Kernel, refund_id: int, answer: Answer) -> None:
    payment = lock_payment(session, find(session, Refund, refund_id).payment_id)
    refund = find(session, Refund, refund_id, lock=True)
    if refund.state not in OPEN_ATTEMPTS:
        return
    refund.attempts += 1
    pause = pause_after(refund.attempts)
    match answer:
        case RefundDone():
            finish_refund(session, kernel, refund, payment, answer.external_id)
            return
        case UpstreamRefusedError():
            reason = f"{answer.reason}: {answer.message}"
            fail_refund(session, kernel, refund, payment, reason)
            return
        case RefundPending():
            _move(refund, AttemptEvent.STARTED)
            refund.external_id = answer.external_id or refund.external_id
            pause = max(pause, timedelta(seconds=answer.check_after_s))
        case OutcomeUnknownError():
            _move(refund, AttemptEvent.LOST)
        case UpstreamBusyError():
            pause = max(pause, timedelta(seconds=answer.retry_after_s))
    if refund.attempts < TRIES_MAX:
        refund.due_at = wall_clock() + pause
        enqueue(session, "send_refund", {"refund_id": refund.id}, delay=pause)
        return
    refund.due_at = None
    open_payment_task(
        session, kernel, payment, "unclear_refund", f"refund:{refund.id}",
        f"Say what became of a refund of payment {payment.id}",
        "The gateway doesn't say. Look there and complete this task with the outcome.",
    )  # fmt: skip


def _move(refund: Refund, event: AttemptEvent) -> None:
    refund.state = advance(ATTEMPT_TRANSITIONS, AttemptState(refund.state), event)
