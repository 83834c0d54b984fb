"""Take in the notifications of gateways: verify, ask, learn; once, whatever their order."""

from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import (
    CapabilityMissingError,
    FetchPayment,
    GatewayCapability,
    Money,
    Notification,
    OutcomeUnknownError,
    PaymentFact,
    PaymentGateway,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.learning import learn_fact
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import GatewayNotification, Payment, PaymentMethod, wall_clock


@dataclass(frozen=True, slots=True)
class Heard:
    """A fact, whether it is how things are now, and whether the gateway is to be asked later."""

    fact: PaymentFact
    is_current: bool = False
    ask_again: bool = False


def take_notification(kernel: Kernel, method_id: int, notification: Notification) -> int:
    """Verify a notification with its gateway and book what it says; how many facts it had.

    A method that is no longer offered is heard all the same: money may still come by it.
    Raises MissingError for a method that takes none, NotificationRejectedError for one that
    isn't authentic, and UpstreamBusyError or OutcomeUnknownError where the gateway must send
    it again.
    """
    with kernel.database.reading() as session:
        method = find(session, PaymentMethod, method_id)
    if method.driver not in kernel.extensions.payment_gateways:
        raise UpstreamBusyError(f"the driver of payment method {method_id} is away")
    gateway = gateway_of(kernel, method)
    if GatewayCapability.NOTIFICATIONS not in gateway.capabilities:
        raise MissingError(f"payment method {method_id} takes no notifications")
    try:
        with method_context(kernel, method) as context:
            facts = kernel.extensions.call_driver(
                gateway.handle_notification, notification, context
            )
    except (UpstreamRefusedError, CapabilityMissingError) as error:
        raise UpstreamBusyError(f"the notification can't be read now: {error.message}") from error
    heard = [_ask_back(kernel, method, gateway, fact) for fact in facts]
    kernel.database.run(lambda session: _learn(session, kernel, method_id, notification, heard))
    return len(facts)


def _ask_back(
    kernel: Kernel, method: PaymentMethod, gateway: PaymentGateway, fact: PaymentFact
) -> Heard:
    """What the gateway says of the payment now, for the notification may be late or out of order.

    Where it couldn't be asked, the notification is authentic and is believed for the time being.
    """
    request = _question(kernel, method, fact)
    if GatewayCapability.FETCH not in gateway.capabilities or request is None:
        return Heard(fact)
    try:
        with method_context(kernel, method, operation_id=request.reference) as context:
            now = kernel.extensions.call_driver(gateway.fetch_payment, request, context)
    except (UpstreamRefusedError, UpstreamBusyError, OutcomeUnknownError):
        return Heard(fact, ask_again=True)
    if now is None or now.external_id != fact.external_id:
        return Heard(fact)
    asked = replace(
        now,
        reference=now.reference or fact.reference,
        disputed=fact.disputed if now.disputed is None else now.disputed,
        stored_method=now.stored_method or fact.stored_method,
    )
    return Heard(asked, is_current=True)


def _question(kernel: Kernel, method: PaymentMethod, fact: PaymentFact) -> FetchPayment | None:
    named = [Payment.external_id == fact.external_id]
    if fact.reference:
        named.append(Payment.reference == fact.reference)
    with kernel.database.reading() as session:
        payment = session.scalars(
            select(Payment).where(Payment.payment_method_id == method.id, or_(*named)).limit(1)
        ).first()
    if payment is None:
        return None
    amount = Money(payment.amount_minor, payment.currency)
    return FetchPayment(payment.id, payment.reference, amount, fact.external_id)


def _learn(
    session: Session,
    kernel: Kernel,
    method_id: int,
    notification: Notification,
    heard: list[Heard],
) -> None:
    method = session.get_one(PaymentMethod, method_id)
    _keep(session, method_id, notification, [it.fact for it in heard])
    for it in heard:
        payment = learn_fact(session, kernel, method, it.fact, is_current=it.is_current)
        if payment is not None and it.ask_again:
            payment.check_at = wall_clock()


def _keep(
    session: Session, method_id: int, notification: Notification, facts: list[PaymentFact]
) -> None:
    """Store the request as it came, once; a repetition changes nothing."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    query = dict(notification.query)
    content = msgspec.json.encode([notification.method, sorted(query.items())])
    told = [(fact.external_id, str(fact.state)) for fact in facts]
    session.execute(
        dialect.insert(GatewayNotification)
        .values(
            payment_method_id=method_id,
            fingerprint=sha256(content + notification.raw_body).hexdigest(),
            method=notification.method[:8],
            query=query,
            raw_body=notification.raw_body,
            facts=msgspec.json.encode(told).decode(),
        )
        .on_conflict_do_nothing()
    )
