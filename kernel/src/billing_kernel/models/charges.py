"""Days that clients were charged for straight from the balance, without an invoice."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import Row


class DailyCharge(Row):
    """What a service cost on the days ``[start_on, end_on)``; never changes.

    ``charged_on`` is the business date of the charge: a later one for days that were made up
    for. ``lines`` are the service's own and those of its addons, each with the derivation that
    its amounts can be made from again. One that comes to nothing has no ledger entry.
    """

    __tablename__ = "daily_charges"
    __table_args__ = (
        UniqueConstraint("service_id", "start_on"),
        CheckConstraint("end_on > start_on", name="not_empty"),
        CheckConstraint("total_minor = net_minor + tax_minor", name="adds_up"),
        CheckConstraint("net_minor >= 0 AND tax_minor >= 0", name="amounts"),
        Index("ix_daily_charges_client_id_charged_on", "client_id", "charged_on"),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    start_on: Mapped[date]
    end_on: Mapped[date]
    charged_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int]
    tax_rate: Mapped[str] = mapped_column(String(16))
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    lines: Mapped[list[Any]]
