"""Money that came for nothing that we know, and whose it is."""

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.receiving import assign_receipt
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.refunds import AssignReceipt, UnmatchedReceipt

PATH, ONE = "/unmatched-receipts", "/unmatched-receipts/{receipt_id:int}"
TAGS = ["Administration: invoices and payments"]


@get(PATH, operation_id="adminListUnmatchedReceipts", tags=TAGS, sync_to_thread=True)
def list_receipts(
    kernel: GivenKernel, paging: GivenPaging, waiting: FromQuery[bool] = False
) -> Page[UnmatchedReceipt]:
    """Money that nobody expected, oldest first; ``waiting`` leaves out what found its owner."""
    statement = select(models.UnmatchedReceipt)
    if waiting:
        statement = statement.where(
            models.UnmatchedReceipt.assigned_client_id.is_(None),
            models.UnmatchedReceipt.payment_id.is_(None),
        )
    with kernel.database.reading() as session:
        return page_of_rows(
            session, statement, models.UnmatchedReceipt, paging, UnmatchedReceipt.of
        )


@get(ONE, operation_id="adminGetUnmatchedReceipt", tags=TAGS, sync_to_thread=True)
def get_receipt(kernel: GivenKernel, receipt_id: FromPath[int]) -> UnmatchedReceipt:
    """One of them."""
    return rows.shown(kernel, models.UnmatchedReceipt, receipt_id, UnmatchedReceipt.of)


@post(
    f"{ONE}/assign",
    operation_id="adminAssignReceipt",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def assign(
    kernel: GivenKernel, once: GivenOnce, receipt_id: FromPath[int], data: JSONBody[AssignReceipt]
) -> Response[UnmatchedReceipt]:
    """Give the money to a client's balance."""

    def work(session: Session) -> UnmatchedReceipt:
        receipt = assign_receipt(session, kernel, receipt_id, data.client_id)
        session.flush()
        return UnmatchedReceipt.of(receipt)

    return once.answer(work, status=200)


HANDLERS = [list_receipts, get_receipt, assign]
