"""Cards and wallets that gateways keep for clients."""

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import GatewayCapability, Money, PaymentFact, Secret, StartPayment
from billing_kernel.application.connecting import gateway_of, method_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.naming import view_payer
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.subscribing import end_all_of
from billing_kernel.domain.errors import RuleError
from billing_kernel.models import Client, Payment, PaymentMethod, Provider, StoredMethod


class NotStorableError(RuleError):
    """The payment method stores nothing."""

    code = "payment_method.not_storable"


class NotChargeableError(RuleError):
    """The stored method isn't ready, or was removed."""

    code = "stored_method.not_chargeable"


def require_storable(kernel: Kernel, method: PaymentMethod) -> None:
    """Raise NotStorableError for a method that stores nothing."""
    if GatewayCapability.STORED_METHODS not in gateway_of(kernel, method).capabilities:
        raise NotStorableError(f"payment method {method.id} stores nothing")


def begin_storing(
    session: Session, kernel: Kernel, client_id: int, method: PaymentMethod
) -> StoredMethod:
    """A place for a card or wallet; the gateway tells its token later. NotStorableError."""
    require_storable(kernel, method)
    stored = StoredMethod(
        client_id=client_id, payment_method_id=method.id, uid=str(uuid4()), sealed_token=None
    )
    session.add(stored)
    session.flush()
    return stored


def open_storing(kernel: Kernel, stored_id: int, return_url: str = "") -> str:
    """Where the client must go on to have a card or wallet stored; outside of any transaction.

    May be repeated for the same place. Raises what ``store_method`` of the gateway raises.
    """
    with kernel.database.reading() as session:
        stored = session.get_one(StoredMethod, stored_id)
        method = session.get_one(PaymentMethod, stored.payment_method_id)
        client = session.get_one(Client, stored.client_id)
        provider = session.get_one(Provider, client.provider_id)
        payer = view_payer(session, kernel, method, client.id, None)
    base = kernel.settings.public_url
    request = StartPayment(
        payment_id=0,
        reference=stored.uid,
        amount=Money.zero(provider.currency),
        description=f"{provider.name}: {client.name}",
        return_url=return_url or base,
        notification_url=f"{base}/api/v1/notifications/{method.id}",
        payer=payer,
        store_method=True,
    )
    gateway = gateway_of(kernel, method)
    with method_context(kernel, method, operation_id=stored.uid) as context:
        return kernel.extensions.call_driver(gateway.store_method, request, context).redirect_url


def remember_method(
    session: Session,
    kernel: Kernel,
    method: PaymentMethod,
    fact: PaymentFact,
    payment: Payment | None,
) -> StoredMethod | None:
    """Keep the token that a gateway told with a payment or for a place; None for neither.

    With a payment only where its payer agreed to that.
    """
    told = fact.stored_method
    if told is None:
        return None
    stored = _place_of(session, method, fact, payment)
    if stored is None:
        return None
    stored.sealed_token = kernel.keys.seal({"token": told.token}, stored.uid)
    stored.title, stored.expires_on = told.title[:255], told.expires_on[:16]
    session.flush()
    if stored.is_forgotten:
        # The client changed its mind meanwhile: it is only known so that it can be deleted.
        enqueue(session, "forget_method", {"stored_method_id": stored.id})
    return stored


def _place_of(
    session: Session, method: PaymentMethod, fact: PaymentFact, payment: Payment | None
) -> StoredMethod | None:
    if payment is not None and payment.stored_method_id is not None:
        return None
    uid = fact.reference if payment is None else payment.reference
    present = session.scalar(
        select(StoredMethod)
        .where(StoredMethod.payment_method_id == method.id, StoredMethod.uid == uid)
        .with_for_update()
    )
    if present is not None or payment is None or not payment.facts.get("store_method"):
        return present
    made = StoredMethod(client_id=payment.client_id, payment_method_id=method.id, uid=uid)
    session.add(made)
    return made


def token_of(kernel: Kernel, stored: StoredMethod) -> Secret:
    """The token, for the gateway alone; raises NotChargeableError."""
    if stored.sealed_token is None or stored.is_forgotten:
        raise NotChargeableError(f"stored method {stored.id} can't be charged")
    return kernel.keys.unseal(stored.sealed_token, stored.uid)["token"]


def chargeable(session: Session, client_id: int, stored_id: int) -> StoredMethod:
    """The client's own stored method, ready to be charged; MissingError, NotChargeableError."""
    stored = find(session, StoredMethod, stored_id, client_id=client_id)
    if stored.sealed_token is None or stored.is_forgotten:
        raise NotChargeableError(f"stored method {stored.id} can't be charged")
    return stored


def forget_stored(session: Session, kernel: Kernel, stored_id: int, client_id: int) -> None:
    """Stop using a stored method at once, and end the subscriptions to it; MissingError.

    The gateway deletes it later.
    """
    find(session, Client, client_id, lock=True)
    stored = find(session, StoredMethod, stored_id, lock=True, client_id=client_id)
    if not stored.is_forgotten:
        stored.is_forgotten = True
        end_all_of(session, kernel, stored)
        enqueue(session, "forget_method", {"stored_method_id": stored.id})


def forget_method(kernel: Kernel, stored_method_id: int) -> None:
    """Delete a stored method at its gateway; harmless to repeat."""
    with kernel.database.reading() as session:
        stored = session.get(StoredMethod, stored_method_id)
        if stored is None or stored.sealed_token is None or not stored.is_forgotten:
            return
        method = session.get_one(PaymentMethod, stored.payment_method_id)
        token = kernel.keys.unseal(stored.sealed_token, stored.uid)["token"]
    gateway = gateway_of(kernel, method)
    with method_context(kernel, method) as context:
        kernel.extensions.call_driver(gateway.forget_method, token, context)

    def record(session: Session) -> None:
        session.get_one(StoredMethod, stored_method_id).sealed_token = None

    kernel.database.run(record)
