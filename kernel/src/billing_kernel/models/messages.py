"""Messages to people, the channels that carry them, and reminders that were given."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.messages import MessageState
from billing_kernel.models.base import ChangingRow, Row

_WAITING = f"state = '{MessageState.WAITING}'"


class NotificationChannel(ChangingRow):
    """A way to reach people: a driver with its settings. Secrets are sealed.

    Without ``provider_id`` every provider uses it. Of the enabled ones for the same kind of
    address the one with the lowest ``sort`` carries a message.
    """

    __tablename__ = "notification_channels"

    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    driver: Mapped[str] = mapped_column(String(64))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    settings: Mapped[dict[str, Any]]
    sealed_secrets: Mapped[bytes] = mapped_column(LargeBinary)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    sort: Mapped[int] = mapped_column(default=1)


class Message(ChangingRow):
    """One message to one recipient by one channel, as it was written.

    ``key`` names what it is about: each recipient is written to once.
    ``channel`` is the driver's key, "" where there was none to send it by. ``attempts`` fences
    answers that come late; ``due_at`` is when it is tried next.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(str(s)) for s in MessageState)})", name="state"
        ),
        UniqueConstraint("key", "recipient"),
        Index("ix_messages_client_id_id", "client_id", "id"),
        Index(
            "ix_messages_waiting_due_at",
            "due_at",
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    event: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(64))
    notification_channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("notification_channels.id")
    )
    recipient: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(500), default="")


class Reminder(Row):
    """A stage of reminding that was decided for a service, so that it is decided once.

    ``is_given`` is False where the stage came and there was nothing to remind of.
    """

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("service_id", "expires_on", "stage"),)

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    expires_on: Mapped[date]
    stage: Mapped[str] = mapped_column(String(16))
    is_given: Mapped[bool]
