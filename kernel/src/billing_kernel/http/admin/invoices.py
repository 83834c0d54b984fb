"""Invoices of all clients."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from billing_kernel import models
from billing_kernel.application import explaining
from billing_kernel.application.documenting import Form, document_of
from billing_kernel.domain.states import InvoiceState
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.documents import DocumentOperation, file_answer, wanted_form
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.explanations import ExplanationAnswer
from billing_kernel.http.shapes.invoices import Invoice

TAGS = ["Administration: invoices and payments"]


@get("/invoices", operation_id="adminListInvoices", tags=TAGS, sync_to_thread=True)
def list_invoices(
    kernel: GivenKernel,
    paging: GivenPaging,
    client_id: IdFilter = None,
    status: FromQuery[InvoiceState | None] = None,
) -> Page[Invoice]:
    """Every invoice, newest first."""
    return rows.listed(
        kernel,
        models.Invoice,
        paging,
        Invoice.of,
        newest_first=True,
        client_id=client_id,
        status=status,
    )


@get("/invoices/{invoice_id:int}", operation_id="adminGetInvoice", tags=TAGS, sync_to_thread=True)
def get_invoice(kernel: GivenKernel, invoice_id: FromPath[int]) -> Invoice:
    """One invoice."""
    return rows.shown(kernel, models.Invoice, invoice_id, Invoice.of)


@get(
    "/invoices/{invoice_id:int}/document",
    operation_id="adminGetInvoiceDocument",
    tags=TAGS,
    operation_class=DocumentOperation,
    media_type=Form.PDF,
    sync_to_thread=True,
)
def get_document(
    request: Request[Any, Any, Any], kernel: GivenKernel, invoice_id: FromPath[int]
) -> Response[bytes]:
    """An invoice as PDF, as HTML or, inside the EU, as an e-invoice by EN 16931."""
    return file_answer(document_of(kernel, invoice_id, wanted_form(request)))


@get(
    "/invoices/{invoice_id:int}/lines/{line_id:int}/explanation",
    operation_id="adminExplainInvoiceLine",
    tags=TAGS,
    sync_to_thread=True,
)
def explain_line(
    kernel: GivenKernel, invoice_id: FromPath[int], line_id: FromPath[int]
) -> ExplanationAnswer:
    """How a line's amounts came about, made again from the same facts."""
    with kernel.database.reading() as session:
        return ExplanationAnswer.of(explaining.explain_line(session, kernel, invoice_id, line_id))


HANDLERS = [list_invoices, get_invoice, get_document, explain_line]
