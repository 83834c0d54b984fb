"""What gateways keep for clients, and what they tell us."""

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow, Row

_UNFORGOTTEN = "is_forgotten AND sealed_token IS NOT NULL"


class StoredMethod(ChangingRow):
    """A card or wallet that a gateway keeps for a client; its token is sealed.

    ``uid`` is our name of it at the gateway while it is being stored; until the gateway has
    told the token it can't be charged.
    """

    __tablename__ = "stored_methods"
    __table_args__ = (
        Index("ix_stored_methods_client_id_id", "client_id", "id"),
        Index(
            "ix_stored_methods_unforgotten",
            "id",
            sqlite_where=text(_UNFORGOTTEN),
            postgresql_where=text(_UNFORGOTTEN),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    title: Mapped[str] = mapped_column(String(255), default="")
    expires_on: Mapped[str] = mapped_column(String(16), default="")
    is_forgotten: Mapped[bool] = mapped_column(default=False)


class GatewayNotification(Row):
    """An authentic notification as it came, with what its gateway read in it."""

    __tablename__ = "gateway_notifications"
    __table_args__ = (UniqueConstraint("payment_method_id", "fingerprint"),)

    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(8))
    query: Mapped[dict[str, Any]] = mapped_column(default=dict)
    raw_body: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[str] = mapped_column(default="")
