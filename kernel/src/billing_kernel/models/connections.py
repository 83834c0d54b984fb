"""Configured drivers: processing modules and payment methods. Secrets are sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from billing_kernel.models.base import ChangingRow, Row


class ProcessingModule(ChangingRow):
    """A connection to an upstream.

    ``uid`` binds the sealed secrets to this row. ``account_key`` identifies the upstream
    account (driver, normalised address, login); two connections can't share one. Lower
    ``sort`` is tried first. ``license_module_id`` is the connection that provides what
    values of its services' addons name: their bundled services.
    """

    __tablename__ = "processing_modules"

    driver: Mapped[str] = mapped_column(String(64))
    product_types: Mapped[list[Any]]
    name: Mapped[dict[str, Any]]
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    settings: Mapped[dict[str, Any]]
    sealed_secrets: Mapped[bytes] = mapped_column(LargeBinary)
    account_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    data_center_id: Mapped[int | None] = mapped_column(ForeignKey("data_centers.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    sort: Mapped[int] = mapped_column(default=1)
    minimal_balance_minor: Mapped[int | None]
    minimal_balance_currency: Mapped[str | None] = mapped_column(String(3))
    is_enabled: Mapped[bool] = mapped_column(default=True)
    license_module_id: Mapped[int | None] = mapped_column(ForeignKey("processing_modules.id"))


class UpstreamBalance(ChangingRow):
    """What a module's upstream account had when it was asked last, at ``asked_at``.

    Without an amount ``problem`` says why it isn't known; ``is_refused``: asking again won't
    help, a person has to.
    """

    __tablename__ = "upstream_balances"

    processing_module_id: Mapped[int] = mapped_column(
        ForeignKey("processing_modules.id"), unique=True
    )
    balance_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="")
    problem: Mapped[str] = mapped_column(String(500), default="")
    is_refused: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime]


class PaymentMethod(ChangingRow):
    """A way to pay: a gateway driver with its settings, offered by some providers."""

    __tablename__ = "payment_methods"

    name: Mapped[dict[str, Any]]
    driver: Mapped[str] = mapped_column(String(64))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    settings: Mapped[dict[str, Any]]
    sealed_secrets: Mapped[bytes] = mapped_column(LargeBinary)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    sort: Mapped[int] = mapped_column(default=1)
    providers: Mapped[list["PaymentMethodProvider"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )


class PaymentMethodProvider(Row):
    """A provider that offers a payment method."""

    __tablename__ = "payment_method_providers"
    __table_args__ = (UniqueConstraint("payment_method_id", "provider_id"),)

    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_methods.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
