"""Read all that is to be known of a page of services, in a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel.application.paging.claiming import Spot
from billing_kernel.application.posting import LockedAccount, lock_accounts_of
from billing_kernel.bulk import among
from billing_kernel.domain.ledger import AccountKey
from billing_kernel.domain.states import InvoiceState, OperationState
from billing_kernel.models import (
    Base,
    Client,
    Invoice,
    InvoiceLine,
    Operation,
    Provider,
    Service,
    TariffPlan,
    TariffVersion,
)


@dataclass(frozen=True, slots=True)
class Survey:
    """A page: its services in order, what their clients have, and what is bound to others.

    ``entangled`` are services with bundled ones, with an invoice that isn't paid (a renewal
    withdraws it, or waits for the money), or with a renewal that was refused before. ``sold``
    keeps in the session what services are sold by, so that each is read once.
    """

    provider: Provider
    services: Sequence[Service]
    clients: Mapping[int, Client]
    accounts: Mapping[AccountKey, LockedAccount]
    entangled: frozenset[int]
    sold: Sequence[Base]

    def is_plain(self, service: Service) -> bool:
        """Whether the service can be renewed in the page; else it is done by itself."""
        client = self.clients[service.client_id]
        return (
            service.id not in self.entangled
            and service.parent_service_id is None
            and service.processing_module_id is not None
            and client.provider_id == service.provider_id
        )


def survey(
    session: Session, provider_id: int, spots: Sequence[Spot], *, lock: bool = True
) -> Survey:
    """Everything is read after the services were locked. Accounts in use are left out."""
    ids = [spot.service_id for spot in spots]
    client_ids = sorted({spot.client_id for spot in spots})
    read = session.scalars(select(Service).where(among(session, Service.id, ids)))
    services = {service.id: service for service in read}
    clients = session.scalars(select(Client).where(among(session, Client.id, client_ids)))
    return Survey(
        session.get_one(Provider, provider_id),
        [services[service_id] for service_id in ids],
        {client.id: client for client in clients},
        lock_accounts_of(session, provider_id, client_ids, lock=lock),
        frozenset(
            (*_parents(session, ids), *_invoiced(session, client_ids), *_refused(session, ids))
        ),
        _sold(session, services.values()),
    )


def _sold(session: Session, services: Iterable[Service]) -> Sequence[Base]:
    plans = sorted({service.tariff_plan_id for service in services})
    versions = sorted({service.tariff_version_id for service in services})
    return [
        *session.scalars(select(TariffPlan).where(among(session, TariffPlan.id, plans))),
        *session.scalars(select(TariffVersion).where(among(session, TariffVersion.id, versions))),
    ]


def _parents(session: Session, ids: Sequence[int]) -> Sequence[int]:
    """Which of the services others are bundled with."""
    found = select(Service.parent_service_id).where(among(session, Service.parent_service_id, ids))
    return [parent for parent in session.scalars(found) if parent is not None]


def _refused(session: Session, ids: Sequence[int]) -> Sequence[int]:
    """Those of the services whose renewal an upstream has ever refused."""
    return session.scalars(
        select(Operation.service_id).where(
            among(session, Operation.service_id, ids),
            Operation.kind == OperationKind.RENEW,
            Operation.state == OperationState.REFUSED,
        )
    ).all()


def _invoiced(session: Session, client_ids: Sequence[int]) -> Sequence[int]:
    """The services that an unpaid invoice of these clients asks for."""
    found = (
        select(InvoiceLine.service_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            among(session, Invoice.client_id, client_ids),
            Invoice.status == literal_column(f"'{InvoiceState.NEW}'"),
        )
    )
    return [each for each in session.scalars(found) if each is not None]
