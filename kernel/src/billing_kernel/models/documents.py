"""Rendered documents of invoices: made after the money was recorded, retried until they are."""

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow


class Document(ChangingRow):
    """An invoice rendered once in one form; ``content`` is empty until that has worked."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("invoice_id", "media_type"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    media_type: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(500), default="")
