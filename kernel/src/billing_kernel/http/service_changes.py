"""Change services: another tariff plan, other amounts of addons; looked at before, or done."""

from typing import Any

from litestar import Response, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.altering import ask_for_change, quote_change
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import pay_invoice
from billing_kernel.application.previewing import AskedChange
from billing_kernel.domain.quotes import QuotePart, quote_of
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.cart import added
from billing_kernel.http.idempotency import GivenOnce, Once
from billing_kernel.http.payment_steps import begun_inside
from billing_kernel.http.service_views import View, for_client
from billing_kernel.http.shapes.carts import CartItemAdded
from billing_kernel.http.shapes.changes import (
    Change,
    ChangeAddonsBody,
    ChangePreview,
    ChangeTariffBody,
    ServiceChanged,
)
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.payments import Payment

TAGS = ["Services"]
PREVIEWED = {
    200: ResponseSpec(ChangePreview, generate_examples=False, description="What it would cost")
}
Wanted = ChangeTariffBody | ChangeAddonsBody


@post(
    "/services/{service_id:int}/change-tariff",
    operation_id="changeServiceTariff",
    tags=TAGS,
    responses=PREVIEWED,
    sync_to_thread=True,
)
def change_tariff(
    kernel: GivenKernel,
    caller: GivenCaller,
    once: GivenOnce,
    service_id: FromPath[int],
    data: JSONBody[ChangeTariffBody],
    preview: FromQuery[bool] = False,
) -> Response[ServiceChanged | CartItemAdded]:
    """Go over to another tariff plan; with ``preview`` only say what that would cost."""
    if preview:
        return previewed(kernel, service_id, data, client_id=caller.id)
    return changed(kernel, once, service_id, data, for_client, client_id=caller.id)


@post(
    "/services/{service_id:int}/change-addons",
    operation_id="changeServiceAddons",
    tags=TAGS,
    responses=PREVIEWED,
    sync_to_thread=True,
)
def change_addons(
    kernel: GivenKernel,
    caller: GivenCaller,
    once: GivenOnce,
    service_id: FromPath[int],
    data: JSONBody[ChangeAddonsBody],
    preview: FromQuery[bool] = False,
) -> Response[ServiceChanged | CartItemAdded]:
    """Have more or less of addons; with ``preview`` only say what that would cost."""
    if preview:
        return previewed(kernel, service_id, data, client_id=caller.id)
    return changed(kernel, once, service_id, data, for_client, client_id=caller.id)


def previewed(kernel: Kernel, service_id: int, data: Wanted, **owned: Any) -> Response[Any]:
    """What a change would cost, without doing it."""
    with kernel.database.reading() as session:
        service = find(session, models.Service, service_id, lock=False, **owned)
        priced = quote_change(session, kernel, service, data.command(), data.payer_id)
        provider = session.get_one(models.Provider, service.provider_id)
        parts = [QuotePart(line, service.tariff_plan_id, service.id) for line in priced.lines]
        quote = quote_of(parts, provider.currency, priced.expires_on)
    return Response(ChangePreview.of(quote), status_code=200)


def changed(
    kernel: Kernel, once: Once, service_id: int, data: Wanted, view: View, **owned: Any
) -> Response[Any]:
    """Ask for a change and pay for it, or put it into the cart of the service's client."""
    if data.to_cart:
        return once.answer(lambda session: _into_cart(session, kernel, service_id, data, **owned))
    choice = data.paying().choice()

    def work(session: Session) -> ServiceChanged:
        service = find(session, models.Service, service_id, lock=False, **owned)
        client_id = service.client_id
        asked = ask_for_change(
            session, kernel, service_id, data.command(), client_id, data.payer_id
        )
        payment = None
        if asked.invoice is not None:
            payment = pay_invoice(session, kernel, asked.invoice.id, client_id, choice)
        session.flush()
        return ServiceChanged(
            change=Change.of(asked.change),
            service=view(session, kernel, service),
            invoice=UNSET if asked.invoice is None else Invoice.of(asked.invoice),
            payment=UNSET if payment is None else Payment.of(payment),
        )

    def go_on(answer: Any) -> Any:
        return begun_inside(kernel, answer)

    return once.answer(work, afterwards=go_on)


def _into_cart(
    session: Session, kernel: Kernel, service_id: int, data: Wanted, **owned: Any
) -> Any:
    service = find(session, models.Service, service_id, lock=False, **owned)
    command = data.command()
    if isinstance(command, ChangeTariff):
        asked = AskedChange(service.id, command.tariff_plan_id, command.period_months)
    else:
        asked = AskedChange(service.id, None, addons=command.addons)
    return added(session, kernel, service.client_id, asked)


HANDLERS = [change_tariff, change_addons]
