"""What clients let us take from their cards and wallets by ourselves, and when we did."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import Row


class Subscription(Row):
    """A client's consent that a stored method is charged for a service's renewals.

    One at a time for a service: while it lasts, ``services.renewal_method_id`` names its
    method. ``end_reason`` is ``client``, ``replaced``, ``auto_renewal_off``,
    ``stored_method_removed`` or ``service_deleted``.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="ended"),
        Index(
            "uq_subscriptions_open_service_id",
            "service_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_subscriptions_client_id_id", "client_id", "id"),
        Index(
            "ix_subscriptions_open_stored_method_id",
            "stored_method_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    stored_method_id: Mapped[int] = mapped_column(ForeignKey("stored_methods.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(32), default="")


class Collection(Row):
    """One night's attempt to take a renewal's price from a service's stored method.

    ``expires_on`` is the end of what was paid when it was made: attempts are counted for each
    such end. The schema refuses a second one on one business date.
    """

    __tablename__ = "collections"
    __table_args__ = (UniqueConstraint("service_id", "collected_on"),)

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    expires_on: Mapped[date]
    collected_on: Mapped[date]
