"""What people were written, and what became of it."""

from litestar import get
from litestar.params import FromQuery

from billing_kernel import models
from billing_kernel.domain.messages import MessageState
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter, TextFilter
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.messages import OutgoingMessage

TAGS = ["Administration: messages"]


@get("/messages", operation_id="adminListMessages", tags=TAGS, sync_to_thread=True)
def list_messages(
    kernel: GivenKernel,
    paging: GivenPaging,
    client_id: IdFilter = None,
    event: TextFilter = None,
    status: FromQuery[MessageState | None] = None,
) -> Page[OutgoingMessage]:
    """Every message, newest first; ``event`` is an event's name."""
    return rows.listed(
        kernel,
        models.Message,
        paging,
        OutgoingMessage.of,
        newest_first=True,
        client_id=client_id,
        event=event,
        state=status,
    )


HANDLERS = [list_messages]
