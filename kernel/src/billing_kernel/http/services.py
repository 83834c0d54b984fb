"""A client's services."""

from typing import Any

from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.configuring import configure_service
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import pay_invoice
from billing_kernel.application.renewing import RenewService, renew_service
from billing_kernel.application.sourcing import Source, change_renewal
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.payment_steps import begun_inside
from billing_kernel.http.service_views import View, for_client
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.orders import ServiceRenewed
from billing_kernel.http.shapes.payments import Payment
from billing_kernel.http.shapes.services import (
    ChangeService,
    ChangeServiceOfClient,
    RenewServiceBody,
    Service,
    ServiceOperation,
)

TAGS = ["Services"]


@get("/services", operation_id="listServices", tags=TAGS, sync_to_thread=True)
def list_services(kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging) -> Page[Service]:
    """Your services, newest first; what is bundled with one is in its answer."""
    is_mine = models.Service.client_id == caller.id
    mine = select(models.Service).where(is_mine, models.Service.parent_service_id.is_(None))
    with kernel.database.reading() as session:
        return page_of_rows(
            session,
            mine,
            models.Service,
            paging,
            lambda service: for_client(session, kernel, service),
            newest_first=True,
        )


@get("/services/{service_id:int}", operation_id="getService", tags=TAGS, sync_to_thread=True)
def get_service(kernel: GivenKernel, caller: GivenCaller, service_id: FromPath[int]) -> Service:
    """One of your services."""
    with kernel.database.reading() as session:
        service = find(session, models.Service, service_id, client_id=caller.id)
        return for_client(session, kernel, service)


@patch("/services/{service_id:int}", operation_id="changeService", tags=TAGS, sync_to_thread=True)
def change_service(
    kernel: GivenKernel,
    caller: GivenCaller,
    service_id: FromPath[int],
    data: JSONBody[ChangeService],
) -> Service:
    """Give a service another name, switch its automatic renewal, or say what pays for that.

    One that was ordered without its ``parameters`` is told them here, and opened once it is paid.
    """
    source = None if data.auto_renewal_source is UNSET else data.auto_renewal_source.source()
    return changed(kernel, service_id, data, for_client, source, client_id=caller.id)


def changed(
    kernel: Kernel,
    service_id: int,
    data: ChangeServiceOfClient,
    view: View,
    source: Source | None = None,
    **owned: Any,
) -> Service:
    """Change what was sent of a service; ``source`` is where renewals are paid from now on."""
    is_on = None if data.auto_renewal is UNSET else data.auto_renewal

    def work(session: Session) -> Service:
        client_id = find(session, models.Service, service_id, **owned).client_id
        if data.parameters is not UNSET:
            configure_service(session, kernel, service_id, client_id, data.parameters)
        service = change_renewal(session, kernel, service_id, client_id, is_on=is_on, source=source)
        if data.name is not UNSET:
            service.name = data.name
        session.flush()
        return view(session, kernel, service)

    return kernel.database.run(work)


@post(
    "/services/{service_id:int}/renew", operation_id="renewService", tags=TAGS, sync_to_thread=True
)
def renew(
    kernel: GivenKernel,
    caller: GivenCaller,
    once: GivenOnce,
    service_id: FromPath[int],
    data: JSONBody[RenewServiceBody],
) -> Response[ServiceRenewed]:
    """Renew a service for another period, from its expiry date."""
    command = RenewService(service_id, data.period_months, data.expected_expires_on, data.payer_id)
    choice = data.pay_with.choice()

    def work(session: Session) -> ServiceRenewed:
        invoice = renew_service(session, kernel, command, caller.id)
        payment = pay_invoice(session, kernel, invoice.id, caller.id, choice)
        session.flush()
        service = session.get_one(models.Service, service_id)
        return ServiceRenewed(
            invoice=Invoice.of(invoice),
            service=for_client(session, kernel, service),
            payment=UNSET if payment is None else Payment.of(payment),
        )

    def go_on(answer: Any) -> Any:
        return begun_inside(kernel, answer)

    return once.answer(work, afterwards=go_on)


@get(
    "/services/{service_id:int}/operations",
    operation_id="listServiceOperations",
    tags=TAGS,
    sync_to_thread=True,
)
def list_operations(
    kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging, service_id: FromPath[int]
) -> Page[ServiceOperation]:
    """What was done to a service at its upstream, newest first."""
    with kernel.database.reading() as session:
        service = find(session, models.Service, service_id, client_id=caller.id)
        return page_of_rows(
            session,
            select(models.Operation).where(models.Operation.service_id == service.id),
            models.Operation,
            paging,
            ServiceOperation.of,
            newest_first=True,
        )
