"""Whom documents name: payers on the client's side, companies on the provider's."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow


class Company(ChangingRow):
    """The legal entity that a provider's documents come from.

    ``bank`` has ``recipient, bank_name, bic, account, correspondent_account`` or ``iban``.
    """

    __tablename__ = "companies"

    name: Mapped[str] = mapped_column(String(255))
    country: Mapped[str] = mapped_column(String(2))
    address: Mapped[str] = mapped_column(String(500), default="")
    tax_id: Mapped[str] = mapped_column(String(32), default="")
    registration_code: Mapped[str] = mapped_column(String(32), default="")
    vat_number: Mapped[str] = mapped_column(String(32), default="")
    email: Mapped[str] = mapped_column(String(255), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    bank: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Payer(ChangingRow):
    """A person or organisation that a client's invoices are made out to.

    ``tax_id`` is the national number (INN …), ``registration_code`` the KPP in Russia,
    ``vat_number`` the EU number with its country prefix; all were checked when they were
    written. An archived payer stays on the invoices that name it.
    """

    __tablename__ = "payers"
    __table_args__ = (CheckConstraint("kind IN ('individual', 'company')", name="kind"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255))
    country: Mapped[str] = mapped_column(String(2))
    address: Mapped[str] = mapped_column(String(500), default="")
    tax_id: Mapped[str] = mapped_column(String(32), default="")
    registration_code: Mapped[str] = mapped_column(String(32), default="")
    vat_number: Mapped[str] = mapped_column(String(32), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    bank: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_archived: Mapped[bool] = mapped_column(default=False)
