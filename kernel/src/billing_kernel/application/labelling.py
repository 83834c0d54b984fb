"""Give services their user names and domains, which nobody else's has."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing_hookspecs import FieldKind, ProductType
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.service_names import NamedService, domains, usernames
from billing_kernel.domain.states import ServiceState
from billing_kernel.models import Client, Service, ServiceDomain, TariffPlan

BATCH = 20
BATCHES_MAX = 50


class NamesTakenError(ConflictError):
    """Every name that the tariff plan's template makes is taken."""

    code = "service.names_taken"


def label_service(
    session: Session, service: Service, plan: TariffPlan, product_type: ProductType, client: Client
) -> None:
    """Name a new service by its plan's templates; a domain that the client gave is kept.

    Services without a domain in their order form get none. Raises NamesTakenError.
    """
    named = NamedService(service.id, client.id, client.email, plan.product_type)
    service.domain = _given_domain(product_type, service.parameters)
    if not service.domain and plan.domain_template and _asks_for_domain(product_type):
        service.domain = _free(session, Service.domain, domains(plan.domain_template, named))
    if plan.username_template:
        candidates = usernames(plan.username_template, named, service.domain)
        service.username = _free(session, Service.username, candidates)


def _asks_for_domain(product_type: ProductType) -> bool:
    return any(field.kind is FieldKind.DOMAIN for field in product_type.order_form)


def _given_domain(product_type: ProductType, parameters: dict[str, Any]) -> str:
    fields = (field.name for field in product_type.order_form if field.kind is FieldKind.DOMAIN)
    return next((str(parameters[name]) for name in fields if parameters.get(name)), "")


def _free(session: Session, column: InstrumentedAttribute[str], candidates: Iterator[str]) -> str:
    """The first candidate that no service has which isn't deleted, kept free until the commit."""
    for _ in range(BATCHES_MAX):
        batch = list(islice(candidates, BATCH))
        taken = _taken(session, column, batch)
        for candidate in batch:
            if candidate in taken:
                continue
            if session.get_bind().dialect.name == "postgresql":
                # SQLite has one writer at a time anyway.
                lock = func.pg_advisory_xact_lock(func.hashtextextended(candidate, 0))
                session.execute(select(lock))
            if not _taken(session, column, [candidate]):
                return candidate
    raise NamesTakenError(f"all names like {candidate} are taken")


def _taken(
    session: Session, column: InstrumentedAttribute[str], names: list[str]
) -> frozenset[str]:
    living = select(column).where(column.in_(names), Service.status != ServiceState.DELETED)
    taken = set(session.scalars(living))
    if column is Service.domain:
        # One that still leads to a deleted service would show the next client's name there.
        led = select(ServiceDomain.domain).where(ServiceDomain.domain.in_(names))
        taken.update(session.scalars(led))
    return frozenset(taken)
