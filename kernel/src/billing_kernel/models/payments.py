"""Money received."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_hookspecs import Money
from billing_kernel.domain.states import OPEN_ATTEMPTS, AttemptState
from billing_kernel.models.base import ChangingRow

_OPEN = f"invoice_id IS NOT NULL AND state IN ({', '.join(repr(str(s)) for s in OPEN_ATTEMPTS)})"


class Payment(ChangingRow):
    """One attempt at paying; what it is worth is what was captured less what was refunded.

    ``payment_method_id`` None means the client's balance. ``reference`` is our name of it at the
    gateway. ``captured_currency``, that of what moved, differs from ``currency`` where something
    else came than was asked for. ``settles_invoice`` says that its money paid its invoice, and
    didn't end on the balance. ``told_refunded_minor`` is what the gateway says went back,
    ``returned_minor`` what went back but came again, for refunds may fail late. ``check_at`` is
    when the gateway is asked next; None: there is nothing to ask. One open attempt an invoice; one
    row for an external id of a method.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(str(s)) for s in AttemptState)})", name="state"
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("captured_minor >= 0", name="captured"),
        CheckConstraint(
            "(captured_minor > 0) = (captured_currency IS NOT NULL)", name="captured_currency"
        ),
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= captured_minor", name="refunded"
        ),
        Index(
            "uq_payments_open_invoice_id",
            "invoice_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index(
            "uq_payments_payment_method_id_external_id",
            "payment_method_id",
            "external_id",
            unique=True,
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_payments_client_id_id", "client_id", "id"),
        Index(
            "ix_payments_check_at",
            "check_at",
            sqlite_where=text("check_at IS NOT NULL"),
            postgresql_where=text("check_at IS NOT NULL"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    payment_method_id: Mapped[int | None] = mapped_column(ForeignKey("payment_methods.id"))
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("payers.id"))
    stored_method_id: Mapped[int | None] = mapped_column(ForeignKey("stored_methods.id"))
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    captured_minor: Mapped[int] = mapped_column(default=0)
    captured_currency: Mapped[str | None] = mapped_column(String(3))
    refunded_minor: Mapped[int] = mapped_column(default=0)
    told_refunded_minor: Mapped[int] = mapped_column(default=0)
    returned_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    disputed_minor: Mapped[int] = mapped_column(default=0)
    external_id: Mapped[str | None] = mapped_column(String(255))
    redirect_url: Mapped[str | None] = mapped_column(String(2000))
    settles_invoice: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    check_at: Mapped[datetime | None]
    instructions: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def captured(self) -> Money:
        return Money(self.captured_minor or 0, self.captured_currency or self.currency)

    @property
    def left(self) -> Money:
        """What was captured and neither went back nor is disputed."""
        gone = Money(self.refunded_minor + self.disputed_minor, self.captured.currency)
        return self.captured - gone
