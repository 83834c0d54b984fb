"""A payment with what became of its money."""

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.http.shapes.payments import Payment
from billing_kernel.http.shapes.refunds import PaymentInFull, Refund


def in_full(session: Session, payment: models.Payment) -> PaymentInFull:
    """The payment with its refunds, oldest first."""
    mine = select(models.Refund).where(models.Refund.payment_id == payment.id)
    refunds = session.scalars(mine.order_by(models.Refund.id))
    return PaymentInFull(
        **msgspec.structs.asdict(Payment.of(payment)),
        refunds=[Refund.of(refund) for refund in refunds],
        disputed=Money(payment.disputed_minor, payment.captured.currency),
    )
