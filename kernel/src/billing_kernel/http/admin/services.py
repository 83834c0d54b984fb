"""Services of all clients, and what administrators may do with them."""

from collections.abc import Callable
from typing import Any

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import OperationKind
from billing_kernel import models
from billing_kernel.application.closing import act_on_service
from billing_kernel.application.deleting import act_in_steps
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import pay_invoice
from billing_kernel.application.renewing import RenewService, renew_service
from billing_kernel.domain.states import ServiceState
from billing_kernel.http import services
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.payment_steps import begun_inside
from billing_kernel.http.service_changes import PREVIEWED, changed, previewed
from billing_kernel.http.service_views import for_administrator
from billing_kernel.http.shapes.carts import CartItemAdded
from billing_kernel.http.shapes.changes import (
    ChangeAddonsBody,
    ChangeTariffBody,
    ServiceChanged,
)
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.ledger import BilledPeriodAnswer
from billing_kernel.http.shapes.orders import ServiceRenewed
from billing_kernel.http.shapes.payments import Payment
from billing_kernel.http.shapes.services import ChangeServiceOfClient, RenewServiceBody, Service

PATH, ONE = "/services", "/services/{service_id:int}"
TAGS = ["Administration: services"]


@get(PATH, operation_id="adminListServices", tags=TAGS, sync_to_thread=True)
def list_services(
    kernel: GivenKernel,
    paging: GivenPaging,
    client_id: IdFilter = None,
    status: FromQuery[ServiceState | None] = None,
) -> Page[Service]:
    """Every service, newest first."""
    statement = select(models.Service)
    if client_id is not None:
        statement = statement.where(models.Service.client_id == client_id)
    if status is not None:
        statement = statement.where(models.Service.status == status)
    with kernel.database.reading() as session:
        return page_of_rows(
            session,
            statement,
            models.Service,
            paging,
            lambda service: for_administrator(session, kernel, service),
            newest_first=True,
        )


@get(ONE, operation_id="adminGetService", tags=TAGS, sync_to_thread=True)
def get_service(kernel: GivenKernel, service_id: FromPath[int]) -> Service:
    """One service, with everything that its driver remembers of it."""
    with kernel.database.reading() as session:
        return for_administrator(session, kernel, find(session, models.Service, service_id))


@patch(ONE, operation_id="adminChangeService", tags=TAGS, sync_to_thread=True)
def change_service(
    kernel: GivenKernel, service_id: FromPath[int], data: JSONBody[ChangeServiceOfClient]
) -> Service:
    """Give a service another name, switch its automatic renewal, or configure a quick order."""
    return services.changed(kernel, service_id, data, for_administrator)


@post(f"{ONE}/renew", operation_id="adminRenewService", tags=TAGS, sync_to_thread=True)
def renew(
    kernel: GivenKernel,
    once: GivenOnce,
    service_id: FromPath[int],
    data: JSONBody[RenewServiceBody],
) -> Response[ServiceRenewed]:
    """Renew a service for its client, from the client's balance or by a payment method."""
    command = RenewService(service_id, data.period_months, data.expected_expires_on, data.payer_id)
    choice = data.pay_with.choice()

    def work(session: Session) -> ServiceRenewed:
        service = find(session, models.Service, service_id)
        invoice = renew_service(session, kernel, command, service.client_id)
        payment = pay_invoice(session, kernel, invoice.id, service.client_id, choice)
        session.flush()
        return ServiceRenewed(
            invoice=Invoice.of(invoice),
            service=for_administrator(session, kernel, service),
            payment=UNSET if payment is None else Payment.of(payment),
        )

    def go_on(answer: Any) -> Any:
        return begun_inside(kernel, answer)

    return once.answer(work, afterwards=go_on)


@post(
    f"{ONE}/change-tariff",
    operation_id="adminChangeServiceTariff",
    tags=TAGS,
    responses=PREVIEWED,
    sync_to_thread=True,
)
def change_tariff(
    kernel: GivenKernel,
    once: GivenOnce,
    service_id: FromPath[int],
    data: JSONBody[ChangeTariffBody],
    preview: FromQuery[bool] = False,
) -> Response[ServiceChanged | CartItemAdded]:
    """Give a service another tariff plan, paid by its client; or only say what that costs."""
    if preview:
        return previewed(kernel, service_id, data)
    return changed(kernel, once, service_id, data, for_administrator)


@post(
    f"{ONE}/change-addons",
    operation_id="adminChangeServiceAddons",
    tags=TAGS,
    responses=PREVIEWED,
    sync_to_thread=True,
)
def change_addons(
    kernel: GivenKernel,
    once: GivenOnce,
    service_id: FromPath[int],
    data: JSONBody[ChangeAddonsBody],
    preview: FromQuery[bool] = False,
) -> Response[ServiceChanged | CartItemAdded]:
    """Give a service more or less of addons, paid by its client; or only say what that costs."""
    if preview:
        return previewed(kernel, service_id, data)
    return changed(kernel, once, service_id, data, for_administrator)


@post(
    f"{ONE}/suspend",
    operation_id="adminSuspendService",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def suspend(kernel: GivenKernel, service_id: FromPath[int]) -> Service:
    """Begin to stop a service without losing its data."""
    return _act(kernel, service_id, OperationKind.SUSPEND)


@post(
    f"{ONE}/resume",
    operation_id="adminResumeService",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def resume(kernel: GivenKernel, service_id: FromPath[int]) -> Service:
    """Begin to start a stopped service again; one that was to be deleted is kept."""
    return _act(kernel, service_id, OperationKind.RESUME)


@delete(ONE, operation_id="adminDeleteService", tags=TAGS, status_code=202, sync_to_thread=True)
def delete_service(
    kernel: GivenKernel, service_id: FromPath[int], now: FromQuery[bool] = False
) -> Service:
    """Begin to delete a service: it is stopped first, and deleted on ``deletes_on``.

    With ``now`` it is deleted in one step; one that failed to open always is.
    """
    begin = act_on_service if now else act_in_steps
    return _act(kernel, service_id, OperationKind.CLOSE, begin)


@get(
    f"{ONE}/billed-periods",
    operation_id="adminListBilledPeriods",
    tags=TAGS,
    sync_to_thread=True,
)
def list_billed_periods(
    kernel: GivenKernel, paging: GivenPaging, service_id: FromPath[int]
) -> Page[BilledPeriodAnswer]:
    """The days that a service was charged for."""
    rows.shown(kernel, models.Service, service_id, lambda service: service.id)
    return rows.listed(
        kernel, models.BilledPeriod, paging, BilledPeriodAnswer.of, service_id=service_id
    )


def _act(
    kernel: Kernel,
    service_id: int,
    kind: OperationKind,
    begin: Callable[[Session, Kernel, int, OperationKind], models.Service] = act_in_steps,
) -> Service:
    def work(session: Session) -> Service:
        service = begin(session, kernel, service_id, kind)
        session.flush()
        return for_administrator(session, kernel, service)

    return kernel.database.run(work)


HANDLERS = [
    list_services,
    get_service,
    change_service,
    renew,
    change_tariff,
    change_addons,
    suspend,
    resume,
    delete_service,
    list_billed_periods,
]
