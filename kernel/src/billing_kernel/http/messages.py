"""What a client was written."""

from litestar import get
from sqlalchemy import select

from billing_kernel import models
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.messages import Message


@get("/messages", operation_id="listMessages", tags=["Messages"], sync_to_thread=True)
def list_messages(kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging) -> Page[Message]:
    """What you were written, newest first; also what was sent by mail."""
    mine = select(models.Message).where(models.Message.client_id == caller.id)
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.Message, paging, Message.of, newest_first=True)
