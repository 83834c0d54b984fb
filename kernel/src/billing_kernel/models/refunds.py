"""Money that goes back, money that nobody expected, and corrections by hand."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import OPEN_ATTEMPTS, AttemptState
from billing_kernel.models.base import ChangingRow, Row

_OPEN = f"state IN ({', '.join(repr(str(s)) for s in OPEN_ATTEMPTS)})"


class Refund(ChangingRow):
    """One return of money of a payment, to the gateway or to the client's balance.

    What is on its way back is booked when the refund is asked for and reversed if it fails,
    so that no two refunds can return the same money. ``credited_minor`` is the part that takes
    back what invoice lines had earned; ``credit_note_id`` is its document. ``due_at`` is when
    the gateway is asked next; None: it isn't to be asked (any more).
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(str(s)) for s in AttemptState)})", name="state"
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("credited_minor >= 0 AND credited_minor <= amount_minor", name="credited"),
        CheckConstraint("destination IN ('gateway', 'balance')", name="destination"),
        Index(
            "ix_refunds_open_due_at",
            "due_at",
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    credit_note_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    destination: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    amount_minor: Mapped[int]
    credited_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500), default="")
    external_id: Mapped[str | None] = mapped_column(String(255))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]


class RefundLine(Row):
    """What a refund takes back of one invoice line."""

    __tablename__ = "refund_lines"
    __table_args__ = (UniqueConstraint("refund_id", "invoice_line_id"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"))
    invoice_line_id: Mapped[int] = mapped_column(ForeignKey("invoice_lines.id"), index=True)
    net_minor: Mapped[int]
    tax_minor: Mapped[int]


class Dispute(ChangingRow):
    """Money of a payment that the payer's bank took back; ``ended_at`` once we won it."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(
            "uq_disputes_open_payment_id",
            "payment_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    ended_at: Mapped[datetime | None]


class UnmatchedReceipt(ChangingRow):
    """Money that came through a method for nothing that we know.

    A person assigns it to a client, or a payment turns out to be its.
    """

    __tablename__ = "unmatched_receipts"
    __table_args__ = (
        UniqueConstraint("payment_method_id", "external_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("assigned_client_id IS NULL OR payment_id IS NULL", name="one_purpose"),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    external_id: Mapped[str] = mapped_column(String(255))
    reference: Mapped[str] = mapped_column(String(255), default="")
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    assigned_client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))


class Adjustment(Row):
    """A correction of a balance by an administrator, with its reason."""

    __tablename__ = "adjustments"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    administrator_id: Mapped[int] = mapped_column(ForeignKey("administrators.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500))
