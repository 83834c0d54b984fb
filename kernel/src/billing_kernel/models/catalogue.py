"""What is for sale: tariff plans, their versions and what the upstream asks for them."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow, Row


class TariffPlan(ChangingRow):
    """A sellable template.

    What its price depends on lives in versions that never change: ``version`` is the one in
    force. ``external_id`` is the upstream's code of an imported tariff, ``upstream_costs``
    what the upstream asked at import.
    """

    __tablename__ = "tariff_plans"
    __table_args__ = (
        UniqueConstraint("provider_id", "processing_module_id", "product_type", "external_id"),
        Index("ix_tariff_plans_provider_id_product_type", "provider_id", "product_type"),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    product_type: Mapped[str] = mapped_column(String(64))
    processing_module_id: Mapped[int | None] = mapped_column(ForeignKey("processing_modules.id"))
    external_id: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[dict[str, Any]]
    description: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_enabled: Mapped[bool] = mapped_column(default=False)
    sort: Mapped[int] = mapped_column(default=1)
    labels: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[str] = mapped_column(default="")
    end_on: Mapped[date | None]
    upstream_costs: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)


class TariffVersion(Row):
    """Everything that the price of a tariff plan depends on, at one time. Never changed."""

    __tablename__ = "tariff_versions"
    __table_args__ = (UniqueConstraint("tariff_plan_id", "version"),)

    tariff_plan_id: Mapped[int] = mapped_column(ForeignKey("tariff_plans.id"))
    version: Mapped[int]
    terms: Mapped[dict[str, Any]]
