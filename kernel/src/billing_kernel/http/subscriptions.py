"""What a client's cards and wallets are charged for by themselves."""

from litestar import delete, get
from litestar.params import FromPath
from sqlalchemy import select

from billing_kernel import models
from billing_kernel.application.subscribing import LASTING, unsubscribe
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.subscriptions import Subscription

TAGS = ["Payments"]


@get("/subscriptions", operation_id="listSubscriptions", tags=TAGS, sync_to_thread=True)
def list_subscriptions(
    kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging
) -> Page[Subscription]:
    """Your services whose renewals may be charged to a stored card or wallet."""
    mine = select(models.Subscription).where(models.Subscription.client_id == caller.id, LASTING)
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.Subscription, paging, Subscription.of)


@delete(
    "/subscriptions/{subscription_id:int}",
    operation_id="endSubscription",
    tags=TAGS,
    sync_to_thread=True,
)
def end(kernel: GivenKernel, caller: GivenCaller, subscription_id: FromPath[int]) -> None:
    """Charge the card or wallet no more; ``auto_renewal`` stays as it is, from the balance."""
    kernel.database.run(lambda session: unsubscribe(session, kernel, subscription_id, caller.id))


HANDLERS = [list_subscriptions, end]
