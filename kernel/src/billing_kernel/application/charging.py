"""Take money from stored methods, and ask gateways what became of payments."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from billing_hookspecs import (
    ChargeStored,
    FetchPayment,
    GatewayCapability,
    Money,
    OutcomeUnknownError,
    PaymentFact,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.beginning import MESSAGE_GRACE, UNBEGUN, ask_to_begin
from billing_kernel.application.booking import lock_payment
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.learning import CHECK_AGAIN, fail_payment, learn_about
from billing_kernel.application.storing import NotChargeableError, token_of
from billing_kernel.application.tasking import open_payment_task
from billing_kernel.crashpoints import crashpoint
from billing_kernel.domain.pauses import TRIES_MAX, pause_after
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    advance,
)
from billing_kernel.models import Invoice, Payment, PaymentMethod, StoredMethod, wall_clock

SOON = timedelta(seconds=30)

Failure = UpstreamRefusedError | UpstreamBusyError | OutcomeUnknownError


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge that is about to be sent; ``was_sent`` says that it may have been before."""

    method: PaymentMethod
    stored: StoredMethod
    reference: str
    amount: Money
    description: str
    was_sent: bool


def charge_stored(kernel: Kernel, payment_id: int) -> None:
    """Charge a stored method, once.

    That it is sent is written down before; whoever finds it so asks the gateway first, and
    sends again, under the same reference, only what the gateway surely doesn't have.
    """
    intent = kernel.database.run(lambda session: _intend(session, payment_id))
    if intent is None:
        return
    crashpoint("payment.intended")
    answer: PaymentFact | Failure | None = None
    if intent.was_sent and _may_ask(kernel, intent.method):
        answer = _fetch(kernel, payment_id)
    if answer is None:
        answer = _charge(kernel, payment_id, intent)
    crashpoint("payment.answered")
    kernel.database.run(lambda session: _record(session, kernel, payment_id, answer))


def check_payment(kernel: Kernel, payment_id: int) -> None:
    """Ask the gateway what became of a payment that it hasn't told of."""
    with kernel.database.reading() as session:
        payment = session.get(Payment, payment_id)
        if payment is None or payment.check_at is None or not payment.payment_method_id:
            return
        method = session.get_one(PaymentMethod, payment.payment_method_id)
    answer = _fetch(kernel, payment_id) if _may_ask(kernel, method) else None

    def record(session: Session) -> None:
        row = lock_payment(session, payment_id)
        is_open = row.state in OPEN_ATTEMPTS
        failed = isinstance(answer, Failure)
        row.check_at = wall_clock() + CHECK_AGAIN if is_open or failed else None
        if isinstance(answer, PaymentFact):
            learn_about(session, kernel, row, answer)
        elif answer is None and row.state == AttemptState.PENDING:
            fail_payment(session, kernel, row, "unknown_to_gateway")

    kernel.database.run(record)


def _intend(session: Session, payment_id: int) -> Intent | None:
    payment = lock_payment(session, payment_id)
    if payment.state not in UNBEGUN or payment.stored_method_id is None:
        return None
    was_sent = payment.state == AttemptState.UNKNOWN
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.LOST)
    payment.attempts += 1
    payment.check_at = wall_clock() + MESSAGE_GRACE
    invoice = session.get(Invoice, payment.invoice_id) if payment.invoice_id else None
    return Intent(
        session.get_one(PaymentMethod, payment.payment_method_id),
        session.get_one(StoredMethod, payment.stored_method_id),
        payment.reference,
        Money(payment.amount_minor, payment.currency),
        f"Invoice {invoice.number}" if invoice else f"Payment {payment.id}",
        was_sent,
    )


def _charge(kernel: Kernel, payment_id: int, intent: Intent) -> PaymentFact | Failure:
    try:
        token = token_of(kernel, intent.stored)
        request = ChargeStored(
            payment_id, intent.reference, intent.amount, intent.description, token
        )
        gateway = gateway_of(kernel, intent.method)
        with method_context(kernel, intent.method, operation_id=intent.reference) as context:
            return kernel.extensions.call_driver(gateway.charge_stored, request, context)
    except NotChargeableError as error:
        return UpstreamRefusedError("stored_method_removed", error.message)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        return error


def _may_ask(kernel: Kernel, method: PaymentMethod) -> bool:
    return GatewayCapability.FETCH in gateway_of(kernel, method).capabilities


def _fetch(kernel: Kernel, payment_id: int) -> PaymentFact | Failure | None:
    """What the gateway says of a payment; None if it surely has none."""
    with kernel.database.reading() as session:
        payment = session.get_one(Payment, payment_id)
        method = session.get_one(PaymentMethod, payment.payment_method_id)
    request = FetchPayment(
        payment.id,
        payment.reference,
        Money(payment.amount_minor, payment.currency),
        payment.external_id or "",
    )
    gateway = gateway_of(kernel, method)
    try:
        with method_context(kernel, method, operation_id=payment.reference) as context:
            return kernel.extensions.call_driver(gateway.fetch_payment, request, context)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        return error


def _record(
    session: Session, kernel: Kernel, payment_id: int, answer: PaymentFact | Failure
) -> None:
    payment = lock_payment(session, payment_id)
    if isinstance(answer, PaymentFact):
        # Also where somebody gave it up meanwhile: what the gateway took is booked.
        payment.check_at = None
        learn_about(session, kernel, payment, answer)
        if payment.state == AttemptState.PENDING and payment.check_at:
            payment.check_at = wall_clock() + SOON
        return
    if payment.state not in UNBEGUN:
        return
    if isinstance(answer, UpstreamRefusedError):
        fail_payment(session, kernel, payment, answer.reason)
        return
    pause = pause_after(payment.attempts)
    if isinstance(answer, UpstreamBusyError):
        payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.BUSY)
        pause = max(pause, timedelta(seconds=answer.retry_after_s))
    if payment.attempts < TRIES_MAX:
        ask_to_begin(session, "charge_stored", payment, pause)
        return
    payment.check_at = None
    if payment.state == AttemptState.NEW:
        fail_payment(session, kernel, payment, "gateway_unreachable")
        return
    open_payment_task(
        session, kernel, payment, "unclear_payment", f"unclear:{payment.id}",
        f"Say what became of payment {payment.id}",
        "The gateway doesn't answer. Look there: cancel the payment here if nothing was taken.",
    )  # fmt: skip
