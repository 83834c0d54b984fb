"""Changes of running services, from the quote until the upstream has made them."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import ChangeState
from billing_kernel.models.base import ChangingRow


class ServiceChange(ChangingRow):
    """What a service becomes: it stays as it is until the upstream has confirmed.

    ``seen`` is what the service was when the change was priced; another one can't be paid any
    more. ``net_minor`` is what its days count as charged with, ``returns_minor`` what goes back
    to the balance once it is done, tax included, and ``is_returned`` that it did. ``lines`` are
    those of its quote, ``line_ids`` the ones of its invoice.
    """

    __tablename__ = "service_changes"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(str(s)) for s in ChangeState)})", name="state"),
        CheckConstraint("returns_minor >= 0", name="returns"),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    tariff_plan_id: Mapped[int] = mapped_column(ForeignKey("tariff_plans.id"))
    tariff_version_id: Mapped[int] = mapped_column(ForeignKey("tariff_versions.id"))
    period_months: Mapped[int]
    addons: Mapped[dict[str, Any]]
    start_on: Mapped[date]
    expires_on: Mapped[date | None]
    restarts_on: Mapped[date | None]
    paid: Mapped[dict[str, Any] | None]
    net_minor: Mapped[int]
    returns_minor: Mapped[int]
    is_returned: Mapped[bool] = mapped_column(default=False)
    currency: Mapped[str] = mapped_column(String(3))
    seen: Mapped[dict[str, Any]]
    lines: Mapped[list[Any]]
    line_ids: Mapped[list[Any]]
