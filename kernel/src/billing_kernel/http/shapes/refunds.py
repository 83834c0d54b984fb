"""Money that goes back, and money that nobody expected."""

from datetime import datetime
from typing import Annotated, Literal, Self

from msgspec import Meta

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.application.refunding import RefundPayment
from billing_kernel.http.shapes.base import Amount, Answer, Body, RowId
from billing_kernel.http.shapes.payments import Payment

Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class CreateRefund(Body):
    """What goes back and where to; no amount means all that is left."""

    to: Literal["gateway", "balance"]
    reason: Reason
    amount: Amount | None = None

    EXAMPLE = {
        "amount": {"amount_minor": 300, "currency": "USD"},
        "to": "gateway",
        "reason": "The server was down for a week",
    }

    def command(self, payment_id: int) -> RefundPayment:
        amount = self.amount.money() if self.amount else None
        return RefundPayment(payment_id, self.to, self.reason, amount)


class Refund(Answer):
    """One return of money; ``credited`` is the part that a credit note takes off an invoice."""

    id: int
    payment_id: int
    status: str
    to: str
    amount: Money
    credited: Money
    reason: str
    credit_note_id: int | None
    external_id: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: models.Refund) -> Self:
        return cls(
            id=row.id,
            payment_id=row.payment_id,
            status=row.state,
            to=row.destination,
            amount=Money(row.amount_minor, row.currency),
            credited=Money(row.credited_minor, row.currency),
            reason=row.reason,
            credit_note_id=row.credit_note_id,
            external_id=row.external_id,
            created_at=row.created_at,
        )


class PaymentInFull(Payment):
    """A payment with its refunds, and what of it the payer's bank claims now."""

    refunds: list[Refund]
    disputed: Money


class AssignReceipt(Body):
    """Whose the money is."""

    client_id: RowId

    EXAMPLE = {"client_id": 7}


class UnmatchedReceipt(Answer):
    """Money that came for nothing that we know; ``payment_id`` once it turned out to be one's."""

    id: int
    provider_id: int
    payment_method_id: int
    external_id: str
    reference: str
    amount: Money
    assigned_client_id: int | None
    payment_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, row: models.UnmatchedReceipt) -> Self:
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            payment_method_id=row.payment_method_id,
            external_id=row.external_id,
            reference=row.reference,
            amount=Money(row.amount_minor, row.currency),
            assigned_client_id=row.assigned_client_id,
            payment_id=row.payment_id,
            created_at=row.created_at,
        )
