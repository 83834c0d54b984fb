"""Who sells: providers and the people and places behind them."""

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from billing_kernel.models.base import ChangingRow, Row
from billing_kernel.models.employees import BusinessHours


class Provider(ChangingRow):
    """A business that sells; owns a currency and a time zone.

    ``tax`` names the tax policy with its parameters, as tariff plans name theirs.
    ``reminder_days`` says how many days before expiry clients are reminded; None: as usual.
    """

    __tablename__ = "providers"

    name: Mapped[str] = mapped_column(String(255))
    currency: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(64))
    default_country: Mapped[str] = mapped_column(String(2))
    default_language: Mapped[str] = mapped_column(String(8), default="en")
    notification_email: Mapped[str] = mapped_column(String(255))
    support_email: Mapped[str] = mapped_column(String(255), default="")
    site_url: Mapped[str] = mapped_column(String(255), default="")
    billing_url: Mapped[str] = mapped_column(String(255), default="")
    help_url: Mapped[str] = mapped_column(String(255), default="")
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    tax: Mapped[dict[str, Any]] = mapped_column(default=lambda: {"policy": "none"})
    prices_include_tax: Mapped[bool] = mapped_column(default=False)
    reminder_days: Mapped[list[Any] | None]


class DataCenter(ChangingRow):
    """A set of servers; lower ``sort`` is tried first."""

    __tablename__ = "data_centers"

    name: Mapped[dict[str, Any]]
    external_id: Mapped[str] = mapped_column(String(255), default="")
    sort: Mapped[int] = mapped_column(default=1)


class Department(ChangingRow):
    """Employees who answer for some tasks; tasks are visible to their department only."""

    __tablename__ = "departments"

    name: Mapped[dict[str, Any]]
    sort: Mapped[int] = mapped_column(default=1)
    show_in_support_center: Mapped[bool] = mapped_column(default=False)
    business_hours_id: Mapped[int | None] = mapped_column(ForeignKey("business_hours.id"))
    head_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    business_hours: Mapped[BusinessHours | None] = relationship(lazy="selectin")


class Administrator(ChangingRow):
    """A person who may do everything."""

    __tablename__ = "administrators"

    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_enabled: Mapped[bool] = mapped_column(default=True)


class InvoiceSeries(Row):
    """The counter row behind gapless numbers; locked by the transaction that issues."""

    __tablename__ = "invoice_series"
    __table_args__ = (UniqueConstraint("provider_id", "series"),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    series: Mapped[str] = mapped_column(String(16))
    last_number: Mapped[int] = mapped_column(default=0)
