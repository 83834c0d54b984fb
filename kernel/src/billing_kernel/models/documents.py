"""Rendered documents of invoices: made after the money was recorded, retried until they are."""

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import InvoiceState
from billing_kernel.models.base import ChangingRow


class Document(ChangingRow):
    """An invoice rendered once in one form, as it was in one status.

    ``content`` is empty until rendering has worked, and never changes after that. An invoice
    that is paid later gets a second document that says so; the first one stays.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("invoice_id", "media_type", "status"),
        CheckConstraint(
            f"status IN ({', '.join(repr(str(s)) for s in InvoiceState)})", name="status"
        ),
    )

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    media_type: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(500), default="")
