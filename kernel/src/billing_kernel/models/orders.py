"""Requests to buy."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import OrderState
from billing_kernel.models.base import ChangingRow


class Order(ChangingRow):
    """A request to buy services; ``item`` is what was asked for, prices never come from it.

    ``agreement`` is which text the client accepted, and when; None where the tariff has none.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(
            f"status IN ({', '.join(repr(str(s)) for s in OrderState)})", name="status"
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    tariff_plan_id: Mapped[int] = mapped_column(ForeignKey("tariff_plans.id"))
    status: Mapped[str] = mapped_column(String(16))
    item: Mapped[dict[str, Any]]
    agreement: Mapped[dict[str, Any] | None]
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
