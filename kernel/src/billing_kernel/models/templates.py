"""Texts that administrators write: agreements and messages."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow


class DocumentTemplate(ChangingRow):
    """A text in several languages, such as the agreement that a client accepts at the order."""

    __tablename__ = "document_templates"

    name: Mapped[str] = mapped_column(String(255))
    body: Mapped[dict[str, Any]]


class MessageTemplate(ChangingRow):
    """Subject and body of a message in several languages; ``key`` names a standard one."""

    __tablename__ = "message_templates"

    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    subject: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
