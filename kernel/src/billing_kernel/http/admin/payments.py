"""Payments of all clients, and those that a person confirms."""

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.finding import find
from billing_kernel.application.paying import cancel_payment, confirm_payment
from billing_kernel.application.refunding import refund_payment
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.payment_views import in_full
from billing_kernel.http.shapes.payments import ConfirmPayment, Payment
from billing_kernel.http.shapes.refunds import CreateRefund, PaymentInFull, Refund

PATH, ONE = "/payments", "/payments/{payment_id:int}"
TAGS = ["Administration: invoices and payments"]


@get(PATH, operation_id="adminListPayments", tags=TAGS, sync_to_thread=True)
def list_payments(
    kernel: GivenKernel,
    paging: GivenPaging,
    client_id: IdFilter = None,
    invoice_id: IdFilter = None,
) -> Page[Payment]:
    """Every payment, newest first."""
    return rows.listed(
        kernel,
        models.Payment,
        paging,
        Payment.of,
        newest_first=True,
        client_id=client_id,
        invoice_id=invoice_id,
    )


@get(ONE, operation_id="adminGetPayment", tags=TAGS, sync_to_thread=True)
def get_payment(kernel: GivenKernel, payment_id: FromPath[int]) -> PaymentInFull:
    """One payment, with its refunds."""
    with kernel.database.reading() as session:
        return in_full(session, find(session, models.Payment, payment_id))


@post(
    f"{ONE}/confirm",
    operation_id="adminConfirmPayment",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def confirm(
    kernel: GivenKernel,
    once: GivenOnce,
    payment_id: FromPath[int],
    data: JSONBody[ConfirmPayment | None] = None,
) -> Response[Payment]:
    """The money of a transfer arrived: all of it, or the amount that is named."""
    captured = data.amount.money() if data and data.amount else None

    def work(session: Session) -> Payment:
        payment = confirm_payment(session, kernel, payment_id, captured)
        session.flush()
        return Payment.of(payment)

    return once.answer(work, status=200)


@post(
    f"{ONE}/cancel",
    operation_id="adminCancelPayment",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def cancel(kernel: GivenKernel, payment_id: FromPath[int]) -> Payment:
    """Give up waiting for a payment; it can't be confirmed any more."""

    def work(session: Session) -> Payment:
        payment = cancel_payment(session, kernel, payment_id, for_good=True)
        session.flush()
        return Payment.of(payment)

    return kernel.database.run(work)


@post(f"{ONE}/refunds", operation_id="adminRefundPayment", tags=TAGS, sync_to_thread=True)
def refund(
    kernel: GivenKernel, once: GivenOnce, payment_id: FromPath[int], data: JSONBody[CreateRefund]
) -> Response[Refund]:
    """Return money: to the balance at once, to the gateway by a worker, or by hand by a task."""
    command = data.command(payment_id)

    def work(session: Session) -> Refund:
        made = refund_payment(session, kernel, command)
        session.flush()
        return Refund.of(made)

    return once.answer(work)


HANDLERS = [list_payments, get_payment, confirm, cancel, refund]
