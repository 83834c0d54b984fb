"""Take in the notifications of gateways: store, verify, learn; once, whatever their order."""

from hashlib import sha256

import msgspec
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability, Notification, PaymentFact
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.learning import learn_fact
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import GatewayNotification, PaymentMethod


def take_notification(kernel: Kernel, method_id: int, notification: Notification) -> int:
    """Verify a notification with its gateway and book what it says; how many facts were new.

    Raises MissingError for a method that takes none, NotificationRejectedError for one that
    isn't authentic, and lets UpstreamBusyError and OutcomeUnknownError through: the gateway
    must send it again.
    """
    with kernel.database.reading() as session:
        method = find(session, PaymentMethod, method_id)
    if not method.is_enabled or method.driver not in kernel.extensions.payment_gateways:
        raise MissingError(f"there is no payment method {method_id}")
    gateway = gateway_of(kernel, method)
    if GatewayCapability.NOTIFICATIONS not in gateway.capabilities:
        raise MissingError(f"payment method {method_id} takes no notifications")
    with method_context(kernel, method) as context:
        facts = kernel.extensions.call_driver(gateway.handle_notification, notification, context)
    return kernel.database.run(
        lambda session: _learn(session, kernel, method_id, notification, facts)
    )


def _learn(
    session: Session,
    kernel: Kernel,
    method_id: int,
    notification: Notification,
    facts: tuple[PaymentFact, ...],
) -> int:
    method = session.get_one(PaymentMethod, method_id)
    _keep(session, method_id, notification, facts)
    for fact in facts:
        learn_fact(session, kernel, method, fact)
    return len(facts)


def _keep(
    session: Session, method_id: int, notification: Notification, facts: tuple[PaymentFact, ...]
) -> None:
    """Store the bytes as they came, once; a repetition changes nothing."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    told = [(fact.external_id, str(fact.state)) for fact in facts]
    session.execute(
        dialect.insert(GatewayNotification)
        .values(
            payment_method_id=method_id,
            fingerprint=sha256(notification.raw_body).hexdigest(),
            raw_body=notification.raw_body,
            facts=msgspec.json.encode(told).decode(),
        )
        .on_conflict_do_nothing()
    )
