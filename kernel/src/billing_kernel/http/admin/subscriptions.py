"""Subscriptions of all clients."""

from litestar import get
from sqlalchemy import select

from billing_kernel import models
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.subscriptions import Subscription

TAGS = ["Administration: services"]


@get("/subscriptions", operation_id="adminListSubscriptions", tags=TAGS, sync_to_thread=True)
def list_subscriptions(
    kernel: GivenKernel,
    paging: GivenPaging,
    client_id: IdFilter = None,
    service_id: IdFilter = None,
) -> Page[Subscription]:
    """Every subscription there is or was, newest first."""
    statement = select(models.Subscription)
    if client_id is not None:
        statement = statement.where(models.Subscription.client_id == client_id)
    if service_id is not None:
        statement = statement.where(models.Subscription.service_id == service_id)
    with kernel.database.reading() as session:
        return page_of_rows(
            session, statement, models.Subscription, paging, Subscription.of, newest_first=True
        )


HANDLERS = [list_subscriptions]
