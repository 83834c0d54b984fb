"""Name servers, and the free domains that they make lead to services."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.free_domains import DomainState
from billing_kernel.models.base import ChangingRow

_WORKING = f"state = '{DomainState.WORKING}'"


class NameServer(ChangingRow):
    """A connection to a name server of a provider. ``uid`` binds the sealed secrets to this row.

    ``is_for_free_domains``: domains that we make up for services are kept there.
    """

    __tablename__ = "name_servers"

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"), index=True)
    driver: Mapped[str] = mapped_column(String(64))
    name: Mapped[dict[str, Any]]
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    settings: Mapped[dict[str, Any]]
    sealed_secrets: Mapped[bytes] = mapped_column(LargeBinary)
    is_for_free_domains: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)


class ServiceDomain(ChangingRow):
    """A domain that we made up for a service; deleted once it leads nowhere any more.

    ``address`` is where it shall lead, "" for nowhere. ``led`` are the addresses that it may
    lead to because of us. ``in_doubt``: the last request wasn't answered, or not yet; none is
    sent before it was looked up at ``due_at``. ``calls`` fences answers that come late,
    ``tries`` counts failures in a row.
    """

    __tablename__ = "service_domains"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(str(s)) for s in DomainState)})", name="state"),
        Index(
            "ix_service_domains_working_due_at",
            "due_at",
            sqlite_where=text(_WORKING),
            postgresql_where=text(_WORKING),
        ),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), unique=True)
    name_server_id: Mapped[int] = mapped_column(ForeignKey("name_servers.id"), index=True)
    domain: Mapped[str] = mapped_column(String(255), index=True)
    state: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(45), default="")
    led: Mapped[list[Any]] = mapped_column(default=list)
    in_doubt: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime]
    calls: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(500), default="")
