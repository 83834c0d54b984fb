"""The ledger: accounts with running balances, sealed entries, postings. Append-only.

An entry is written open (``sealed`` 0), gets its postings, and is sealed; the schema
refuses to seal what doesn't sum to zero, to commit what isn't sealed, and to change what is.
"""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from billing_kernel.domain.ledger import AccountKind
from billing_kernel.models.base import ChangingRow, Row

AMOUNT_LIMIT = 2**53


def _unique(name: str, where: str, *columns: str) -> Index:
    return Index(
        f"uq_ledger_accounts_{name}",
        "kind",
        "provider_id",
        "currency",
        *columns,
        unique=True,
        sqlite_where=text(where),
        postgresql_where=text(where),
    )


class LedgerAccount(ChangingRow):
    """Where postings land. ``balance_minor`` always equals the sum of its postings.

    Guarded accounts (what belongs to clients) never fall below minus ``credit_limit_minor``.
    Amounts are signed: plus is what the account's owner gains.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(str(k)) for k in AccountKind)})", name="kind"),
        CheckConstraint("NOT guarded OR balance_minor + credit_limit_minor >= 0", name="guard"),
        CheckConstraint("credit_limit_minor >= 0", name="credit_limit"),
        _unique("client", "client_id IS NOT NULL", "client_id"),
        _unique("method", "payment_method_id IS NOT NULL", "payment_method_id"),
        _unique("provider", "client_id IS NULL AND payment_method_id IS NULL"),
    )

    kind: Mapped[str] = mapped_column(String(24))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"), index=True)
    payment_method_id: Mapped[int | None] = mapped_column(ForeignKey("payment_methods.id"))
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int] = mapped_column(default=0)
    credit_limit_minor: Mapped[int] = mapped_column(default=0)
    guarded: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)


class LedgerEntry(Row):
    """One balanced movement of money, made by exactly one source for one purpose."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("id", "sealed"),
        UniqueConstraint("source_type", "source_id", "kind"),
        CheckConstraint("sealed IN (0, 1)", name="sealed"),
    )

    kind: Mapped[str] = mapped_column(String(32))
    source_type: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[int]
    description: Mapped[str] = mapped_column(String(500), default="")
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"), index=True)
    reverses_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("ledger_entries.id"), unique=True
    )
    sealed: Mapped[int] = mapped_column(SmallInteger, default=0)
    postings: Mapped[list["Posting"]] = relationship(
        order_by="Posting.id", lazy="selectin", viewonly=True
    )


class Posting(Row):
    """One leg of an entry; ``balance_after_minor`` is the account's balance after it."""

    __tablename__ = "postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["entry_id", "seal"],
            ["ledger_entries.id", "ledger_entries.sealed"],
            name="fk_postings_entry_id_seal_ledger_entries",
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("seal = 1", name="seal"),
        CheckConstraint(
            f"amount_minor <> 0 AND abs(amount_minor) < {AMOUNT_LIMIT}",
            name="amount",
        ),
        Index("ix_postings_entry_id", "entry_id"),
        Index("ix_postings_ledger_account_id_id", "ledger_account_id", "id"),
    )

    entry_id: Mapped[int]
    seal: Mapped[int] = mapped_column(SmallInteger, default=1)
    ledger_account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    balance_after_minor: Mapped[int]
