"""What tariff plans of a product type fall back to."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import ProductTypeSettings


def settings_of(session: Session, kernel: Kernel, key: str) -> ProductTypeSettings:
    """The settings in force; where nobody changed them, as the product type suggests.

    Raises MissingError for a product type that isn't installed.
    """
    product_types = kernel.extensions.product_types
    if key not in product_types:
        raise MissingError(f"there is no product type {key!r}")
    row = session.scalar(select(ProductTypeSettings).where(ProductTypeSettings.key == key))
    if row is not None:
        return row
    suggested = product_types.find(key)
    return ProductTypeSettings(
        key=key,
        auto_deletion_days=suggested.auto_deletion_days,
        weekend_suspension=suggested.suspends_on_weekends,
        deletion_grace_days=0,
    )


def change_settings(
    session: Session, kernel: Kernel, key: str, columns: Mapping[str, Any]
) -> ProductTypeSettings:
    """Change what is said; the rest stays as it is now. Raises MissingError."""
    row = settings_of(session, kernel, key)
    for name, value in columns.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return row
