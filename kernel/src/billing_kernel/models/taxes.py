"""Tax rates by country, kind of customer and date."""

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_kernel.models.base import ChangingRow


class TaxRate(ChangingRow):
    """The rate that holds from a date on, until the next one of its country and kind.

    ``rate`` is a decimal fraction such as ``0.20``; ``customer_kind`` ``any`` holds where no
    other row does.
    """

    __tablename__ = "tax_rates"
    __table_args__ = (
        UniqueConstraint("country", "customer_kind", "valid_from"),
        CheckConstraint("customer_kind IN ('individual', 'company', 'any')", name="customer_kind"),
    )

    country: Mapped[str] = mapped_column(String(2))
    customer_kind: Mapped[str] = mapped_column(String(16), default="any")
    name: Mapped[str] = mapped_column(String(64), default="")
    rate: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[date]
