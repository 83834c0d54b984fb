"""News: what happened."""

from litestar import get

from billing_kernel import models
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter, TextFilter
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.ledger import EventAnswer

TAGS = ["Administration: events"]


@get("/events", operation_id="adminListEvents", tags=TAGS, sync_to_thread=True)
def list_events(
    kernel: GivenKernel,
    paging: GivenPaging,
    name: TextFilter = None,
    client_id: IdFilter = None,
) -> Page[EventAnswer]:
    """Everything that happened, newest first, as plugins are told it."""
    return rows.listed(
        kernel,
        models.Event,
        paging,
        EventAnswer.of,
        newest_first=True,
        name=name,
        client_id=client_id,
    )


HANDLERS = [list_events]
