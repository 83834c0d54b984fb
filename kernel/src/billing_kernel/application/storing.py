"""Cards and wallets that gateways keep for clients."""

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability, PaymentFact, Secret
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.domain.errors import RuleError
from billing_kernel.models import Payment, PaymentMethod, StoredMethod


class NotStorableError(RuleError):
    """The payment method stores nothing."""

    code = "payment_method.not_storable"


class NotChargeableError(RuleError):
    """The stored method isn't ready, was removed, or belongs to somebody else."""

    code = "stored_method.not_chargeable"


def begin_storing(
    session: Session, kernel: Kernel, client_id: int, method: PaymentMethod
) -> StoredMethod:
    """A place for a card or wallet; the gateway tells its token later. NotStorableError."""
    if GatewayCapability.STORED_METHODS not in gateway_of(kernel, method).capabilities:
        raise NotStorableError(f"payment method {method.id} stores nothing")
    stored = StoredMethod(
        client_id=client_id, payment_method_id=method.id, uid=str(uuid4()), sealed_token=None
    )
    session.add(stored)
    session.flush()
    return stored


def remember_method(
    session: Session,
    kernel: Kernel,
    method: PaymentMethod,
    fact: PaymentFact,
    payment: Payment | None,
) -> StoredMethod | None:
    """Keep the token that a gateway told with a payment or for a place; None for neither."""
    told = fact.stored_method
    if told is None:
        return None
    uid = fact.reference if payment is None else payment.reference
    stored = session.scalar(
        select(StoredMethod).where(
            StoredMethod.payment_method_id == method.id, StoredMethod.uid == uid
        )
    )
    if stored is None:
        if payment is None:
            return None
        stored = StoredMethod(
            client_id=payment.client_id,
            payment_method_id=method.id,
            uid=uid,
        )
        session.add(stored)
    if stored.is_forgotten:
        return stored
    stored.sealed_token = kernel.keys.seal({"token": told.token}, uid)
    stored.title, stored.expires_on = told.title[:255], told.expires_on[:16]
    session.flush()
    return stored


def token_of(kernel: Kernel, stored: StoredMethod) -> Secret:
    """The token, for the gateway alone; raises NotChargeableError."""
    if stored.sealed_token is None or stored.is_forgotten:
        raise NotChargeableError(f"stored method {stored.id} can't be charged")
    return kernel.keys.unseal(stored.sealed_token, stored.uid)["token"]


def chargeable(session: Session, client_id: int, stored_id: int) -> StoredMethod:
    """The client's own stored method, ready to be charged; raises NotChargeableError."""
    stored = find(session, StoredMethod, stored_id, client_id=client_id)
    if stored.sealed_token is None or stored.is_forgotten:
        raise NotChargeableError(f"stored method {stored.id} can't be charged")
    return stored


def forget_stored(session: Session, stored_id: int, client_id: int) -> None:
    """Stop using a stored method at once; the gateway deletes it later."""
    stored = find(session, StoredMethod, stored_id, lock=True, client_id=client_id)
    if not stored.is_forgotten:
        stored.is_forgotten = True
        enqueue(session, "forget_method", {"stored_method_id": stored.id})


def forget_method(kernel: Kernel, stored_method_id: int) -> None:
    """Delete a stored method at its gateway; harmless to repeat."""
    with kernel.database.reading() as session:
        stored = session.get(StoredMethod, stored_method_id)
        if stored is None or stored.sealed_token is None:
            return
        method = session.get_one(PaymentMethod, stored.payment_method_id)
        token = kernel.keys.unseal(stored.sealed_token, stored.uid)["token"]
    gateway = gateway_of(kernel, method)
    with method_context(kernel, method) as context:
        kernel.extensions.call_driver(gateway.forget_method, token, context)

    def record(session: Session) -> None:
        session.get_one(StoredMethod, stored_method_id).sealed_token = None

    kernel.database.run(record)
