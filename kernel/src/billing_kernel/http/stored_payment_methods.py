"""Cards and wallets that gateways keep for a client."""

from typing import Any

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.paying import offered_method
from billing_kernel.application.storing import begin_storing, forget_stored, open_storing
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.payments import (
    StoredPaymentMethod,
    StorePaymentMethod,
    StoringBegun,
)

PATH, ONE = "/stored-payment-methods", "/stored-payment-methods/{stored_payment_method_id:int}"
TAGS = ["Payments"]


@get(PATH, operation_id="listStoredPaymentMethods", tags=TAGS, sync_to_thread=True)
def list_stored(
    kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging
) -> Page[StoredPaymentMethod]:
    """Your cards and wallets that can be charged."""
    mine = select(models.StoredMethod).where(
        models.StoredMethod.client_id == caller.id,
        ~models.StoredMethod.is_forgotten,
        models.StoredMethod.sealed_token.is_not(None),
    )
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.StoredMethod, paging, StoredPaymentMethod.of)


@post(PATH, operation_id="storePaymentMethod", tags=TAGS, sync_to_thread=True)
def store(
    kernel: GivenKernel, caller: GivenCaller, once: GivenOnce, data: JSONBody[StorePaymentMethod]
) -> Response[StoringBegun]:
    """Store a card or wallet: go on at ``redirect_url``. It is listed once its gateway tells."""

    def work(session: Session) -> StoringBegun:
        client = session.get_one(models.Client, caller.id)
        provider = session.get_one(models.Provider, client.provider_id)
        method = offered_method(
            session, kernel, data.payment_method_id, provider.id, provider.currency
        )
        place = begin_storing(session, kernel, client.id, method)
        return StoringBegun(id=place.id, payment_method_id=method.id, redirect_url=None)

    def go_on(answer: Any) -> Any:
        if answer["redirect_url"] is not None:
            return answer
        return {**answer, "redirect_url": open_storing(kernel, answer["id"], data.return_url)}

    return once.answer(work, afterwards=go_on)


@delete(ONE, operation_id="forgetPaymentMethod", tags=TAGS, sync_to_thread=True)
def forget(
    kernel: GivenKernel, caller: GivenCaller, stored_payment_method_id: FromPath[int]
) -> None:
    """Remove a card or wallet: it is never charged again, and its gateway deletes it.

    Subscriptions to it end; the services are renewed from the balance alone.
    """
    kernel.database.run(
        lambda session: forget_stored(session, kernel, stored_payment_method_id, caller.id)
    )


HANDLERS = [list_stored, store, forget]
