"""A client's invoices, and paying them."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application import explaining
from billing_kernel.application.finding import find
from billing_kernel.application.paying import InvoiceNotPayableError, pay_invoice
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.payment_steps import begun
from billing_kernel.http.shapes.explanations import ExplanationAnswer
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.payments import PayInvoice, Payment

TAGS = ["Invoices"]


@get("/invoices", operation_id="listInvoices", tags=TAGS, sync_to_thread=True)
def list_invoices(kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging) -> Page[Invoice]:
    """Your invoices, newest first."""
    mine = select(models.Invoice).where(models.Invoice.client_id == caller.id)
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.Invoice, paging, Invoice.of, newest_first=True)


@get("/invoices/{invoice_id:int}", operation_id="getInvoice", tags=TAGS, sync_to_thread=True)
def get_invoice(kernel: GivenKernel, caller: GivenCaller, invoice_id: FromPath[int]) -> Invoice:
    """One of your invoices."""
    with kernel.database.reading() as session:
        return Invoice.of(find(session, models.Invoice, invoice_id, client_id=caller.id))


@get(
    "/invoices/{invoice_id:int}/lines/{line_id:int}/explanation",
    operation_id="explainInvoiceLine",
    tags=TAGS,
    sync_to_thread=True,
)
def explain_line(
    kernel: GivenKernel, caller: GivenCaller, invoice_id: FromPath[int], line_id: FromPath[int]
) -> ExplanationAnswer:
    """How a line's amounts came about, made again from the same facts."""
    with kernel.database.reading() as session:
        return ExplanationAnswer.of(
            explaining.explain_line(session, kernel, invoice_id, line_id, client_id=caller.id)
        )


@post(
    "/invoices/{invoice_id:int}/payments",
    operation_id="payInvoice",
    tags=TAGS,
    sync_to_thread=True,
)
def pay(
    kernel: GivenKernel,
    caller: GivenCaller,
    once: GivenOnce,
    invoice_id: FromPath[int],
    data: JSONBody[PayInvoice],
) -> Response[Payment]:
    """Pay an invoice. A transfer that is only announced gives way to another way of paying."""
    choice = data.pay_with.choice()

    def work(session: Session) -> Payment:
        payment = pay_invoice(session, kernel, invoice_id, caller.id, choice)
        if payment is None:
            raise InvoiceNotPayableError(f"invoice {invoice_id} asks for nothing")
        session.flush()
        return Payment.of(payment)

    def go_on(answer: Any) -> Any:
        return begun(kernel, answer)

    return once.answer(work, afterwards=go_on)
