"""Work and news that were committed with the state they follow from."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import Row


class Queue(StrEnum):
    """What a message waits in; DOCUMENTS gives way to everything else, for it may take long."""

    DEFAULT = "default"
    DOCUMENTS = "documents"


class Event(Row):
    """One thing that happened, as plugins are told it."""

    __tablename__ = "events"

    name: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    client_id: Mapped[int | None] = mapped_column(index=True)


class EventDelivery(Row):
    """One event's way to one plugin, retried apart from all others."""

    __tablename__ = "event_deliveries"
    __table_args__ = (UniqueConstraint("event_id", "plugin"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    plugin: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(500), default="")


class OutboxMessage(Row):
    """A message for a worker: the name of an actor and ids to look at, never data.

    Rows are claimed with a lease and deleted when the work is done; a broker is only told
    which. ``queue`` is one of ``Queue``. ``died_at`` marks one that can't be worked on; a
    person looks at it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due_at_id",
            "due_at",
            "id",
            sqlite_where=text("died_at IS NULL"),
            postgresql_where=text("died_at IS NULL"),
        ),
        Index(
            "ix_outbox_queue_due_at_id",
            "queue",
            "due_at",
            "id",
            sqlite_where=text("died_at IS NULL"),
            postgresql_where=text("died_at IS NULL"),
        ),
    )

    queue: Mapped[str] = mapped_column(String(32), default=Queue.DEFAULT)
    actor: Mapped[str] = mapped_column(String(64))
    arguments: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    lease_owner: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    died_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(500), default="")
