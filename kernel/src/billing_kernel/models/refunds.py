"""Money that goes back, money that nobody expected, and corrections by hand."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import AttemptState
from billing_kernel.models.base import ChangingRow, Row


class Refund(ChangingRow):
    """One return of money of a payment, to the gateway or to the client's balance.

    What is on its way back is booked when the refund is asked for and reversed if it fails,
    so that no two refunds can return the same money. ``credit_note_id`` is the document.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(str(s)) for s in AttemptState)})", name="state"
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("destination IN ('gateway', 'balance')", name="destination"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    credit_note_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    destination: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500), default="")
    external_id: Mapped[str | None] = mapped_column(String(255))
    attempts: Mapped[int] = mapped_column(default=0)


class UnmatchedReceipt(ChangingRow):
    """Money that came through a method for nothing that we know; a person assigns it."""

    __tablename__ = "unmatched_receipts"
    __table_args__ = (UniqueConstraint("payment_method_id", "external_id"),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    external_id: Mapped[str] = mapped_column(String(255))
    reference: Mapped[str] = mapped_column(String(255), default="")
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    assigned_client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))


class Adjustment(Row):
    """A correction of a balance by an administrator, with its reason."""

    __tablename__ = "adjustments"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    administrator_id: Mapped[int] = mapped_column(ForeignKey("administrators.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500))


class StoredMethod(ChangingRow):
    """A card or wallet that a gateway keeps for a client; its token is sealed.

    ``uid`` is our name of it at the gateway while it is being stored; until the gateway has
    told the token it can't be charged.
    """

    __tablename__ = "stored_methods"
    __table_args__ = (Index("ix_stored_methods_client_id_id", "client_id", "id"),)

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    title: Mapped[str] = mapped_column(String(255), default="")
    expires_on: Mapped[str] = mapped_column(String(16), default="")
    is_forgotten: Mapped[bool] = mapped_column(default=False)


class GatewayNotification(Row):
    """A notification as it came, kept before anything is concluded from it."""

    __tablename__ = "gateway_notifications"
    __table_args__ = (UniqueConstraint("payment_method_id", "fingerprint"),)

    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    raw_body: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[str] = mapped_column(default="")
