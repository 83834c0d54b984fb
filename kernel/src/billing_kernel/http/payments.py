"""A client's payments, and money paid in advance."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.finding import find
from billing_kernel.application.paying import InvoiceNotPayableError, PayWith, pay_invoice
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.payment_steps import begun
from billing_kernel.http.payment_views import in_full
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.payments import AdvancePayment, AdvancePaymentBody, Payment
from billing_kernel.http.shapes.refunds import PaymentInFull

TAGS = ["Payments"]


@post("/payments", operation_id="payInAdvance", tags=TAGS, sync_to_thread=True)
def pay_in_advance(
    kernel: GivenKernel, caller: GivenCaller, once: GivenOnce, data: JSONBody[AdvancePaymentBody]
) -> Response[AdvancePayment]:
    """Put money on the balance: a payment, and its invoice with the line "Advanced payment"."""
    choice = PayWith(payment_method_id=data.payment_method_id, return_url=data.return_url)
    amount = data.amount.money()

    def work(session: Session) -> AdvancePayment:
        invoice = invoice_advance(session, kernel, caller.id, amount, data.payer_id)
        payment = pay_invoice(session, kernel, invoice.id, caller.id, choice)
        if payment is None:
            raise InvoiceNotPayableError(f"invoice {invoice.number} asks for nothing")
        session.flush()
        fields = msgspec.structs.asdict(Payment.of(payment))
        return AdvancePayment(**fields, invoice=Invoice.of(invoice))

    def go_on(answer: Any) -> Any:
        return begun(kernel, answer)

    return once.answer(work, afterwards=go_on)


@get("/payments", operation_id="listPayments", tags=TAGS, sync_to_thread=True)
def list_payments(kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging) -> Page[Payment]:
    """Your payments, newest first."""
    mine = select(models.Payment).where(models.Payment.client_id == caller.id)
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.Payment, paging, Payment.of, newest_first=True)


@get("/payments/{payment_id:int}", operation_id="getPayment", tags=TAGS, sync_to_thread=True)
def get_payment(
    kernel: GivenKernel, caller: GivenCaller, payment_id: FromPath[int]
) -> PaymentInFull:
    """One of your payments, with its refunds."""
    with kernel.database.reading() as session:
        return in_full(session, find(session, models.Payment, payment_id, client_id=caller.id))
