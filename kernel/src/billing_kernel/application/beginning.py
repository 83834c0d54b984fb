"""Open a payment at its gateway, outside of any transaction."""

from datetime import timedelta

from sqlalchemy.orm import Session

from billing_hookspecs import (
    Money,
    OutcomeUnknownError,
    PaymentStarted,
    StartPayment,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.booking import lock_payment
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.learning import fail_payment, mark_pending
from billing_kernel.application.naming import view_payer
from billing_kernel.application.publishing import enqueue
from billing_kernel.domain.pauses import TRIES_MAX, pause_after
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    AttemptEvent,
    AttemptState,
    advance,
)
from billing_kernel.models import Invoice, Payment, PaymentMethod, wall_clock

FIRST_CHECK = timedelta(minutes=5)
MESSAGE_GRACE = timedelta(minutes=2)
"""How long the message of a payment may take before it counts as lost."""

UNBEGUN = (AttemptState.NEW, AttemptState.UNKNOWN)

Answer = PaymentStarted | UpstreamRefusedError | UpstreamBusyError | OutcomeUnknownError


def ask_to_begin(session: Session, actor: str, payment: Payment, pause: timedelta) -> None:
    """Have a worker go on with a payment; the sweeper looks after it if the message is lost."""
    payment.check_at = wall_clock() + pause + MESSAGE_GRACE
    enqueue(session, actor, {"payment_id": payment.id}, delay=pause)


def begin_payment(kernel: Kernel, payment_id: int) -> None:
    """Ask the gateway to open a payment; safe to repeat, for its reference is stable.

    Runs in the request of whoever pays, so that a redirect can be answered, and in a worker
    in case that one died.
    """
    with kernel.database.reading() as session:
        payment = session.get(Payment, payment_id)
        if payment is None or payment.state not in UNBEGUN:
            return
        if payment.payment_method_id is None or payment.stored_method_id is not None:
            return
        method = session.get_one(PaymentMethod, payment.payment_method_id)
        request = _request(session, kernel, method, payment)
    answer = _ask(kernel, method, request)
    kernel.database.run(lambda session: _record(session, kernel, payment_id, answer))


def _request(
    session: Session, kernel: Kernel, method: PaymentMethod, payment: Payment
) -> StartPayment:
    invoice = session.get(Invoice, payment.invoice_id) if payment.invoice_id else None
    base = kernel.settings.public_url
    return StartPayment(
        payment_id=payment.id,
        reference=payment.reference,
        amount=Money(payment.amount_minor, payment.currency),
        description=f"Invoice {invoice.number}" if invoice else f"Payment {payment.id}",
        return_url=str(payment.facts.get("return_url") or base),
        store_method=bool(payment.facts.get("store_method")),
        notification_url=f"{base}/api/v1/notifications/{payment.payment_method_id}",
        payer=view_payer(session, kernel, method, payment.client_id, payment.payer_id),
    )


def _ask(kernel: Kernel, method: PaymentMethod, request: StartPayment) -> Answer:
    gateway = gateway_of(kernel, method)
    try:
        with method_context(kernel, method, operation_id=request.reference) as context:
            return kernel.extensions.call_driver(gateway.start_payment, request, context)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError) as error:
        return error


def _record(session: Session, kernel: Kernel, payment_id: int, answer: Answer) -> None:
    payment = lock_payment(session, payment_id)
    if isinstance(answer, PaymentStarted):
        # Also where it ended meanwhile: what its payer does at the gateway is told by this id.
        payment.external_id = payment.external_id or answer.external_id or None
    if payment.state not in UNBEGUN:
        return
    payment.attempts += 1
    match answer:
        case PaymentStarted():
            payment.redirect_url = answer.redirect_url or None
            payment.instructions, payment.check_at = answer.instructions, None
            mark_pending(session, kernel, payment, FIRST_CHECK)
        case UpstreamRefusedError():
            fail_payment(session, kernel, payment, answer.reason)
        case _:
            lost = isinstance(answer, OutcomeUnknownError)
            event = AttemptEvent.LOST if lost else AttemptEvent.BUSY
            payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), event)
            if payment.attempts < TRIES_MAX:
                ask_to_begin(session, "begin_payment", payment, pause_after(payment.attempts))
            else:
                fail_payment(session, kernel, payment, "gateway_unreachable")
