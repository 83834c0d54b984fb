"""What is for sale: tariff plans, their versions, addons and what they refer to."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.service_names import DOMAIN_TEMPLATE, USERNAME_TEMPLATE
from billing_kernel.models.base import ChangingRow, Row


class TariffPlan(ChangingRow):
    """A sellable template.

    What its price depends on lives in versions that never change: ``version`` is the one in
    force. ``external_id`` is the upstream's code of an imported tariff, ``upstream_costs``
    what the upstream asks, ``upstream_gone_on`` the day since which it doesn't sell it any
    more. ``examples`` are situations with the amounts that the provider expects of them,
    ``examples_differ`` that one comes to something else; then the plan isn't for sale.
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
    upstream_gone_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    icon: Mapped[str] = mapped_column(Text, default="")
    show_addon_icons: Mapped[bool] = mapped_column(default=False)
    site_info: Mapped[str] = mapped_column(Text, default="")
    allowed_client_group_ids: Mapped[list[Any]] = mapped_column(default=list)
    forbidden_client_group_ids: Mapped[list[Any]] = mapped_column(default=list)
    account_template: Mapped[str] = mapped_column(String(255), default="")
    username_template: Mapped[str] = mapped_column(String(64), default=USERNAME_TEMPLATE)
    domain_template: Mapped[str] = mapped_column(String(255), default=DOMAIN_TEMPLATE)
    name_server_id: Mapped[int | None] = mapped_column(ForeignKey("name_servers.id"))
    quick_order: Mapped[bool] = mapped_column(default=False)
    create_all_addons: Mapped[bool] = mapped_column(default=True)
    activation_template_id: Mapped[int | None] = mapped_column(ForeignKey("message_templates.id"))
    agreement_template_id: Mapped[int | None] = mapped_column(ForeignKey("document_templates.id"))
    examples: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    examples_differ: Mapped[bool] = mapped_column(default=False)


class TariffVersion(Row):
    """Everything that the price of a tariff plan depends on, at one time. Never changed."""

    __tablename__ = "tariff_versions"
    __table_args__ = (UniqueConstraint("tariff_plan_id", "version"),)

    tariff_plan_id: Mapped[int] = mapped_column(ForeignKey("tariff_plans.id"))
    version: Mapped[int]
    terms: Mapped[dict[str, Any]]


class TariffAddon(Row):
    """The identity of an addon; what it offers and costs is in the tariff plan's versions."""

    __tablename__ = "tariff_addons"
    __table_args__ = (UniqueConstraint("tariff_plan_id", "resource_type"),)

    tariff_plan_id: Mapped[int] = mapped_column(ForeignKey("tariff_plans.id"))
    resource_type: Mapped[str] = mapped_column(String(64))


class Enumeration(ChangingRow):
    """Values that clients choose among, such as operating systems or licence tariffs."""

    __tablename__ = "enumerations"

    name: Mapped[dict[str, Any]]


class EnumerationValue(ChangingRow):
    """One choice; ``internal_name`` is what drivers are told."""

    __tablename__ = "enumeration_values"
    __table_args__ = (UniqueConstraint("enumeration_id", "internal_name"),)

    enumeration_id: Mapped[int] = mapped_column(ForeignKey("enumerations.id"))
    name: Mapped[dict[str, Any]]
    internal_name: Mapped[str] = mapped_column(String(255))
    sort: Mapped[int] = mapped_column(default=1)


class ProductTypeSettings(ChangingRow):
    """What tariff plans of a product type fall back to.

    ``deletion_grace_days`` is how long services stay suspended before a deletion that somebody
    asked for is carried out.
    """

    __tablename__ = "product_type_settings"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    auto_deletion_days: Mapped[int | None]
    weekend_suspension: Mapped[bool]
    deletion_grace_days: Mapped[int] = mapped_column(default=0)
