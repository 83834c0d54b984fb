"""What a tariff plan may say, as far as its own fields tell; each rule names its field."""

from collections.abc import Iterable, Sequence
from typing import Final

from billing_hookspecs import FieldError
from billing_kernel.domain.icons import icon_error
from billing_kernel.domain.service_names import domain_template_error, username_template_error
from billing_kernel.domain.tariff_fields import TariffFields

SERVICES_PER_ORDER_MAX: Final = 100
LIMIT_MAX: Final = 10**6
LENGTHS_MAX: Final = {"days": 3660, "months": 120}
AUTO_DELETION_DAYS_MAX: Final = 3660


def field_errors(fields: TariffFields) -> list[FieldError]:
    """Everything that is wrong with single fields."""
    errors = [*_limit_errors(fields)]
    if not any(text.strip() for text in fields.name.values()):
        errors.append(FieldError("/name", "is required in at least one language"))
    if fields.sort < 1:
        errors.append(FieldError("/sort", "must be a natural number; the lowest comes first"))
    made = {
        "/icon": icon_error(fields.icon),
        "/username_template": username_template_error(fields.username_template),
        "/domain_template": domain_template_error(fields.domain_template),
    }
    errors += [FieldError(pointer, wrong) for pointer, wrong in made.items() if wrong]
    return errors


def period_errors(
    periods: Iterable[int], sold: Sequence[int], pointer: str = "/prices"
) -> list[FieldError]:
    """What is wrong with the periods of a list of prices; ``sold`` are the product type's."""
    errors, seen = [], set[int]()
    for index, period_months in enumerate(periods):
        where = f"{pointer}/{index}/period_months"
        if period_months in seen:
            errors.append(FieldError(where, "is named twice"))
        elif period_months not in sold:
            errors.append(FieldError(where, f"must be one of {', '.join(map(str, sorted(sold)))}"))
        seen.add(period_months)
    return errors


def _limit_errors(fields: TariffFields) -> list[FieldError]:
    limits: list[tuple[str, int | None, int, int]] = [
        ("/services_per_order_max", fields.services_per_order_max, 1, SERVICES_PER_ORDER_MAX),
        ("/services_per_client_max", fields.services_per_client_max, 1, LIMIT_MAX),
        ("/auto_deletion_days", fields.auto_deletion_days, 0, AUTO_DELETION_DAYS_MAX),
    ]
    if shortest := fields.minimum_period:
        most = LENGTHS_MAX[shortest.unit]
        limits.append(("/minimum_period/length", shortest.length, 1, most))
    return [
        FieldError(pointer, f"must be from {least} to {most}")
        for pointer, value, least, most in limits
        if value is not None and not least <= value <= most
    ]
