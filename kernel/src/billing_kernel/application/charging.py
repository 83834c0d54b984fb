"""Take money from stored methods, send refunds, ask after payments: a gateway's calls."""

from datetime import timedelta

from sqlalchemy.orm import Session

from billing_hookspecs import (
    ChargeStored,
    FetchPayment,
    GatewayCapability,
    Money,
    OutcomeUnknownError,
    PaymentFact,
    RefundDone,
    RefundPending,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs import RefundPayment as RefundRequest
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.learning import learn_fact
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.refunding import fail_refund, finish_refund
from billing_kernel.application.storing import NotChargeableError, token_of
from billing_kernel.application.tasking import open_payment_task
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    advance,
)
from billing_kernel.models import (
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
    StoredMethod,
    wall_clock,
)

RETRY = timedelta(seconds=30)
CHECK_AGAIN = timedelta(minutes=30)
SENDINGS_MAX = 40

Failure = UpstreamRefusedError | UpstreamBusyError | OutcomeUnknownError


def charge_stored(kernel: Kernel, payment_id: int) -> None:
    """Charge a stored method; one reference charges once, so a lost answer is repeated."""
    with kernel.database.reading() as session:
        payment = session.get(Payment, payment_id)
        if payment is None or payment.state not in (AttemptState.NEW, AttemptState.UNKNOWN):
            return
        if payment.stored_method_id is None or payment.payment_method_id is None:
            return
        stored = session.get_one(StoredMethod, payment.stored_method_id)
        method = session.get_one(PaymentMethod, payment.payment_method_id)
        invoice = session.get(Invoice, payment.invoice_id) if payment.invoice_id else None
    answer: PaymentFact | Failure
    try:
        request = ChargeStored(
            payment.id,
            payment.reference,
            Money(payment.amount_minor, payment.currency),
            f"Invoice {invoice.number}" if invoice else f"Payment {payment.id}",
            token_of(kernel, stored),
        )
        gateway = gateway_of(kernel, method)
        with method_context(kernel, method, operation_id=payment.reference) as context:
            answer = kernel.extensions.call_driver(gateway.charge_stored, request, context)
    except NotChargeableError as error:
        answer = UpstreamRefusedError("stored_method_removed", error.message)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        answer = error
    kernel.database.run(lambda session: _record_charge(session, kernel, payment_id, answer))


def _record_charge(
    session: Session, kernel: Kernel, payment_id: int, answer: PaymentFact | Failure
) -> None:
    payment = find(session, Payment, payment_id, lock=True)
    if payment.state not in OPEN_ATTEMPTS:
        return
    match answer:
        case PaymentFact():
            method = session.get_one(PaymentMethod, payment.payment_method_id)
            learn_fact(session, kernel, method, answer)
            if payment.state == AttemptState.PENDING:
                payment.check_at = wall_clock() + RETRY
        case UpstreamRefusedError():
            payment.state = advance(
                ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.FAILED
            )
            payment.facts = {**payment.facts, "reason": answer.reason}
        case OutcomeUnknownError():
            payment.state = AttemptState.UNKNOWN
            enqueue(session, "charge_stored", {"payment_id": payment.id}, delay=RETRY)
        case UpstreamBusyError():
            enqueue(session, "charge_stored", {"payment_id": payment.id}, delay=RETRY)


def check_payment(kernel: Kernel, payment_id: int) -> None:
    """Ask the gateway what became of a payment that it hasn't told of."""
    with kernel.database.reading() as session:
        payment = session.get(Payment, payment_id)
        if payment is None or payment.state not in OPEN_ATTEMPTS or not payment.payment_method_id:
            return
        method = session.get_one(PaymentMethod, payment.payment_method_id)
    gateway = gateway_of(kernel, method)
    fact = None
    if GatewayCapability.FETCH in gateway.capabilities:
        request = FetchPayment(
            payment.id,
            payment.reference,
            Money(payment.amount_minor, payment.currency),
            payment.external_id or "",
        )
        try:
            with method_context(kernel, method, operation_id=payment.reference) as context:
                fact = kernel.extensions.call_driver(gateway.fetch_payment, request, context)
        except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError):
            fact = None

    def record(session: Session) -> None:
        row = find(session, Payment, payment_id, lock=True)
        row.check_at = wall_clock() + CHECK_AGAIN
        if fact is not None:
            learn_fact(session, kernel, session.get_one(PaymentMethod, method.id), fact)

    kernel.database.run(record)


def send_refund(kernel: Kernel, refund_id: int) -> None:
    """Ask the gateway to return money; one reference returns it once, so it may be repeated."""
    with kernel.database.reading() as session:
        refund = session.get(Refund, refund_id)
        if refund is None or refund.state not in OPEN_ATTEMPTS:
            return
        payment = session.get_one(Payment, refund.payment_id)
        method = session.get_one(PaymentMethod, payment.payment_method_id)
    request = RefundRequest(
        payment.external_id or "",
        refund.reference,
        Money(refund.amount_minor, refund.currency),
        refund.reason,
    )
    gateway = gateway_of(kernel, method)
    answer: RefundDone | RefundPending | Failure
    try:
        with method_context(kernel, method, operation_id=refund.reference) as context:
            answer = kernel.extensions.call_driver(gateway.refund, request, context)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        answer = error
    kernel.database.run(lambda session: _record_refund(session, kernel, refund_id, answer))


def _record_refund(
    session: Session,
    kernel: Kernel,
    refund_id: int,
    answer: RefundDone | RefundPending | Failure,
) -> None:
    refund = find(session, Refund, refund_id, lock=True)
    if refund.state not in OPEN_ATTEMPTS:
        return
    payment = find(session, Payment, refund.payment_id, lock=True)
    refund.attempts += 1
    match answer:
        case RefundDone():
            finish_refund(session, kernel, refund, payment, answer.external_id)
            return
        case UpstreamRefusedError():
            reason = f"{answer.reason}: {answer.message}"
            fail_refund(session, kernel, refund, payment, reason)
            return
        case RefundPending():
            refund.state = AttemptState.PENDING
            pause = timedelta(seconds=answer.check_after_s)
        case OutcomeUnknownError():
            refund.state = AttemptState.UNKNOWN
            pause = RETRY
        case UpstreamBusyError():
            pause = timedelta(seconds=answer.retry_after_s)
    if refund.attempts < SENDINGS_MAX:
        enqueue(session, "send_refund", {"refund_id": refund.id}, delay=pause)
        return
    open_payment_task(
        session,
        kernel,
        payment,
        "unclear_refund",
        f"refund:{refund.id}",
        f"Say what became of a refund of payment {payment.id}",
        "The gateway doesn't answer; look there and resolve the refund.",
    )
