"""Who buys: clients, their sessions and the answers to their repeated requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow, Row


class ClientGroup(ChangingRow):
    """Clients with the same rights; ``ignore_service_limit`` lifts the tariffs' own limits."""

    __tablename__ = "client_groups"

    name: Mapped[str] = mapped_column(String(255), unique=True)
    allow_suspension: Mapped[bool] = mapped_column(default=False)
    allow_deletion: Mapped[bool] = mapped_column(default=False)
    ignore_service_limit: Mapped[bool] = mapped_column(default=False)


class Client(ChangingRow):
    """A registered customer; ``email`` is the login, stored in lower case.

    ``pays_from_balance``: open invoices are paid by themselves as soon as the balance allows.

    Since ``parked_at`` automatic work leaves the client's services alone, for ``parked_reason``.
    ``charges_per_run_max`` is how many charges of a business date are too many for this client,
    None: as many as for everybody.
    """

    __tablename__ = "clients"
    __table_args__ = (
        Index(
            "ix_clients_parked",
            "id",
            sqlite_where=text("parked_at IS NOT NULL"),
            postgresql_where=text("parked_at IS NOT NULL"),
        ),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    country: Mapped[str] = mapped_column(String(2))
    phone: Mapped[str] = mapped_column(String(32), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    client_group_id: Mapped[int | None] = mapped_column(ForeignKey("client_groups.id"), index=True)
    pays_from_balance: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    parked_at: Mapped[datetime | None]
    parked_reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    charges_per_run_max: Mapped[int | None]


class Session(Row):
    """Somebody who is logged in; only the hash of the token is kept."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(
            "(client_id IS NOT NULL AND administrator_id IS NULL AND employee_id IS NULL)"
            " OR (client_id IS NULL AND administrator_id IS NOT NULL AND employee_id IS NULL)"
            " OR (client_id IS NULL AND administrator_id IS NULL AND employee_id IS NOT NULL)",
            name="one_person",
        ),
    )

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"), index=True)
    administrator_id: Mapped[int | None] = mapped_column(
        ForeignKey("administrators.id"), index=True
    )
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"), index=True)
    expires_at: Mapped[datetime]


class IdempotencyKey(Row):
    """The stored answer to a request, so that its repetition gets the same one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("principal", "route", "key"),)

    principal: Mapped[str] = mapped_column(String(64))
    route: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]


class LoginAttempt(Row):
    """A failed login or the like, counted by account and by peer to slow guessing down."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_subject_created_at", "subject", "created_at"),)

    subject: Mapped[str] = mapped_column(String(255))
