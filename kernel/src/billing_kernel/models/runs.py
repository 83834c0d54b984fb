"""Rounds of work over all services, such as the nightly one."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow

RUN_STATES = ("queued", "running", "done", "failed")


class Run(ChangingRow):
    """A round: how far it is, and what it did so far.

    ``as_of`` is the business date that it is run for, None for today's of each provider.
    ``would_charge`` has the first invoice lines that a dry run found, ``would_charge_count`` is
    how many there were.
    """

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s) for s in RUN_STATES)})", name="state"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    as_of: Mapped[date | None]
    is_dry: Mapped[bool] = mapped_column(default=False)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    would_charge: Mapped[list[Any]] = mapped_column(default=list)
    would_charge_count: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
