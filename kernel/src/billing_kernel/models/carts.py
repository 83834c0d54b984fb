"""What clients are about to buy."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow


class CartItem(ChangingRow):
    """One thing in a client's cart; ``total_minor`` is what it cost when they saw it last."""

    __tablename__ = "cart_items"
    __table_args__ = (
        CheckConstraint("kind IN ('order', 'renewal', 'change')", name="kind"),
        CheckConstraint("(kind = 'order') = (service_id IS NULL)", name="service"),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"), index=True)
    tariff_plan_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_plans.id"))
    item: Mapped[dict[str, Any]]
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
