"""Whether a service is renewed by itself, and where the money for that comes from."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import offered_method
from billing_kernel.application.storing import chargeable
from billing_kernel.application.subscribing import (
    REPLACED,
    SWITCHED_OFF,
    end_subscription,
    subscribe,
)
from billing_kernel.models import Client, Provider, Service


@dataclass(frozen=True, slots=True)
class Source:
    """The balance alone (None), or also a stored method where the balance isn't enough."""

    stored_method_id: int | None = None


def change_renewal(
    session: Session,
    kernel: Kernel,
    service_id: int,
    client_id: int,
    *,
    is_on: bool | None = None,
    source: Source | None = None,
) -> Service:
    """Switch a service's automatic renewal, or say where its money comes from.

    A stored method switches it on; switched off, no stored method is charged any more. None
    leaves either as it is. Raises MissingError, NotChargeableError, MethodNotOfferedError,
    NotSubscribableError, InvalidInputError for a source of what is being switched off.
    """
    find(session, Client, client_id, lock=True)
    service = find(session, Service, service_id, lock=True, client_id=client_id)
    wants_method = source is not None and source.stored_method_id is not None
    if wants_method and is_on is False:
        detail = "says where money comes from that auto_renewal false doesn't take"
        raise InvalidInputError([FieldError("/auto_renewal_source", detail)])
    if is_on is not None:
        service.auto_renewal = is_on
    if source is not None and source.stored_method_id is not None:
        _charge_to(session, kernel, service, source.stored_method_id)
    elif source is not None or is_on is False:
        reason = SWITCHED_OFF if is_on is False else REPLACED
        end_subscription(session, kernel, service, reason)
    session.flush()
    return service


def _charge_to(session: Session, kernel: Kernel, service: Service, stored_id: int) -> None:
    stored = chargeable(session, service.client_id, stored_id)
    currency = session.get_one(Provider, service.provider_id).currency
    offered_method(session, kernel, stored.payment_method_id, service.provider_id, currency)
    subscribe(session, kernel, service, stored)
