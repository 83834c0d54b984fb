"""Demands for money."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from billing_kernel.domain.states import InvoiceState
from billing_kernel.models.base import Row


class Invoice(Row):
    """A numbered demand for money. Amounts and lines never change once it is issued.

    ``payer`` and ``company`` are what they were when it was issued. A credit note has negative
    amounts and names the invoice that it corrects. Its lines have the positions 1 to
    ``line_count``; the schema refuses any other.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("provider_id", "series", "series_number"),
        CheckConstraint(
            f"status IN ({', '.join(repr(str(s)) for s in InvoiceState)})", name="status"
        ),
        CheckConstraint("total_minor = net_minor + tax_minor", name="adds_up"),
        CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name="paid_at"),
        Index("ix_invoices_client_id_id", "client_id", "id"),
        Index(
            "ix_invoices_new_client_id",
            "client_id",
            sqlite_where=text("status = 'new'"),
            postgresql_where=text("status = 'new'"),
        ),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    series: Mapped[str] = mapped_column(String(16))
    series_number: Mapped[int]
    number: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    issued_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    line_count: Mapped[int] = mapped_column(server_default="0")
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("payers.id"), index=True)
    language: Mapped[str] = mapped_column(String(8), default="en")
    payer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    company: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tax_note: Mapped[str] = mapped_column(String(255), default="")
    corrects_invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    paid_at: Mapped[datetime | None]
    lines: Mapped[list["InvoiceLine"]] = relationship(
        order_by="InvoiceLine.position", lazy="selectin"
    )


class InvoiceLine(Row):
    """One line: net, rate, tax, total, and the steps that made the amount.

    ``derivation`` is what its price was made from, so that it can be made again.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        UniqueConstraint("invoice_id", "position"),
        CheckConstraint("total_minor = net_minor + tax_minor", name="adds_up"),
    )

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(String(500))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"), index=True)
    tariff_plan_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_plans.id"))
    period_months: Mapped[int | None]
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    net_minor: Mapped[int]
    tax_rate: Mapped[str] = mapped_column(String(16), default="0")
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    explanation: Mapped[list[Any]]
    resource_type: Mapped[str | None] = mapped_column(String(64))
    derivation: Mapped[dict[str, Any] | None]
