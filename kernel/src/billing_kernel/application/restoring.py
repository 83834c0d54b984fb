"""Give back what a change of a service made cheaper, once the upstream has confirmed it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.refunding import (
    BALANCE,
    RefundPayment,
    creditable,
    refund_payment,
)
from billing_kernel.application.tasking import open_service_task
from billing_kernel.domain.states import ChangeState
from billing_kernel.models import Invoice, InvoiceLine, Payment, Service, ServiceChange


def return_change(kernel: Kernel, change_id: int) -> None:
    """Return a change's money to the balance, with credit notes; harmless to repeat.

    It is taken from what the service was paid with, newest first. What can't be taken from
    there any more a person has to look at.
    """
    kernel.database.run(lambda session: _return(session, kernel, change_id))


def _return(session: Session, kernel: Kernel, change_id: int) -> None:
    change = session.get_one(ServiceChange, change_id, with_for_update=True)
    if change.is_returned or change.state != ChangeState.DONE:
        return
    left = Money(change.returns_minor, change.currency)
    reason = str(change.lines[0]["description"])
    for payment in _payments(session, change):
        part = min(left, creditable(session, payment, change.service_id))
        if part.amount_minor > 0:
            refund_payment(
                session,
                kernel,
                RefundPayment(payment.id, BALANCE, reason, part, change.service_id),
            )
            left = left - part
    if left:
        service = session.get_one(Service, change.service_id)
        open_service_task(
            session, kernel, service, "unreturned_change", f"change:{change.id}",
            f"Return {left} of a change",
            f"{reason}: {left} can't be taken from what service {service.id} was paid with; "
            "decide by an adjustment.",
        )  # fmt: skip
    change.is_returned = True


def _payments(session: Session, change: ServiceChange) -> Sequence[Payment]:
    """The payments that settled invoices of the service in this currency, newest first."""
    return session.scalars(
        select(Payment)
        .where(
            Payment.settles_invoice,
            Payment.currency == change.currency,
            Payment.invoice_id.in_(
                select(InvoiceLine.invoice_id)
                .join(Invoice)
                .where(
                    InvoiceLine.service_id == change.service_id,
                    Invoice.kind.in_(("order", "renewal", "change")),
                )
            ),
        )
        .order_by(Payment.id.desc())
    ).all()
