"""What was sold and now runs, and the days it was charged for."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.domain.states import ServiceState
from billing_kernel.models.base import ChangingRow, Row

PRESENT = "services.status IN ('active', 'suspended')"
LASTING = "services.period_months > 1"
"""The services that an upstream has, and those of them with longer periods than a month: what
nights have to do with, in the words of their indexes."""


def _by_date(name: str, column: str, *conditions: str) -> Index:
    where = text(" AND ".join(conditions).replace("services.", ""))
    return Index(name, "provider_id", column, "id", sqlite_where=where, postgresql_where=where)


class Service(ChangingRow):
    """A sold service.

    ``reference`` is our name of it at upstreams, unique among all installations.
    ``anchor_on`` is the day that renewals count from. ``expires_on`` is the half-open end of
    what was paid (None: without end); ``paid`` is what it was paid with. A service that is
    charged daily has ``charged_until`` instead, the half-open end of the days charged, and while
    it is suspended ``served_until``, that of the days that it owes. ``addons`` are amounts
    by resource type, of an enumeration the value's id. ``facts`` is what the driver remembers;
    ``version`` grows with every change of state and fences decisions that were made on an
    older one. ``renewal_method_id`` is the stored method that renewals are charged to where
    the balance doesn't cover them. ``deletes_on`` is the day that an asked-for deletion is
    carried out on, and ``deletion_asked_by`` who asked. One that ``awaits_parameters`` was ordered
    without them, and is opened once they are told.

    A bundled service belongs to ``parent_service_id``, whose addon ``bundled_as`` (a resource
    type) it is: that one's invoice lines pay for it, and it is paid for as long. It has the
    parent's tariff plan, a ``tariff_code`` of its own and no ``expires_on``.
    """

    __tablename__ = "services"
    __table_args__ = (
        CheckConstraint(
            f"status IN ({', '.join(repr(str(s)) for s in ServiceState)})", name="status"
        ),
        Index("ix_services_status_expires_on_id", "status", "expires_on", "id"),
        _by_date("ix_services_present_expires_on", "expires_on", PRESENT),
        _by_date("ix_services_lasting_expires_on", "expires_on", PRESENT, LASTING),
        _by_date(
            "ix_services_present_charged_until",
            "charged_until",
            PRESENT,
            "charged_until IS NOT NULL",
        ),
        Index(
            "ix_services_deletes_on_id",
            "deletes_on",
            "id",
            sqlite_where=text("deletes_on IS NOT NULL"),
            postgresql_where=text("deletes_on IS NOT NULL"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_type: Mapped[str] = mapped_column(String(64))
    tariff_plan_id: Mapped[int] = mapped_column(ForeignKey("tariff_plans.id"), index=True)
    tariff_version_id: Mapped[int] = mapped_column(ForeignKey("tariff_versions.id"))
    processing_module_id: Mapped[int | None] = mapped_column(
        ForeignKey("processing_modules.id"), index=True
    )
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(16))
    period_months: Mapped[int]
    anchor_on: Mapped[date | None]
    started_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    charged_until: Mapped[date | None]
    served_until: Mapped[date | None]
    auto_renewal: Mapped[bool] = mapped_column(default=False)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    addons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    paid: Mapped[dict[str, Any] | None]
    username: Mapped[str] = mapped_column(String(64), default="", index=True)
    domain: Mapped[str] = mapped_column(String(255), default="", index=True)
    upstream_id: Mapped[str] = mapped_column(String(255), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    parent_service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"), index=True)
    bundled_as: Mapped[str] = mapped_column(String(64), default="")
    tariff_code: Mapped[str] = mapped_column(String(255), default="")
    renewal_method_id: Mapped[int | None] = mapped_column(ForeignKey("stored_methods.id"))
    deletes_on: Mapped[date | None]
    deletion_asked_by: Mapped[str] = mapped_column(String(16), default="")
    awaits_parameters: Mapped[bool] = mapped_column(default=False)


IN_FORCE = "NOT billed_periods.reversed"
"""The billed periods that still are, in the words of their index."""


class BilledPeriod(Row):
    """Days of one line of a service that a client was charged for.

    The database refuses a second one for a day that isn't reversed: this is what makes a
    double charge impossible. ``line_no`` 0 is the service itself, addons count from 1
    to 255. An invoice or a daily charge asked for them; those of the kind ``free`` cost nothing.
    """

    __tablename__ = "billed_periods"
    __table_args__ = (
        CheckConstraint("end_on > start_on", name="not_empty"),
        CheckConstraint("line_no BETWEEN 0 AND 255", name="line_no"),
        CheckConstraint("invoice_id IS NULL OR daily_charge_id IS NULL", name="one_source"),
        Index(
            "uq_billed_periods_service_id_line_no_start_on",
            "service_id",
            "line_no",
            "start_on",
            unique=True,
            sqlite_where=text("NOT reversed"),
            postgresql_where=text("NOT reversed"),
        ),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    line_no: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(16), default="period")
    resource_type: Mapped[str | None] = mapped_column(String(64))
    start_on: Mapped[date]
    end_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    daily_charge_id: Mapped[int | None] = mapped_column(ForeignKey("daily_charges.id"), index=True)
    reversed: Mapped[bool] = mapped_column(default=False)
