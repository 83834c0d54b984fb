"""Addons that tests sell: disk space by the GiB, a panel to choose, backups to switch on."""

from billing_hookspecs import Money, ValueType
from billing_kernel.domain.addons import AddonPrice, AddonTerm, ValuePrices


def monthly(amount_minor: int, months: tuple[int, ...] = (1, 3)) -> tuple[AddonPrice, ...]:
    return tuple(AddonPrice(each, Money(amount_minor * each, "RUB")) for each in months)


DISK = AddonTerm(
    1, "disk", ValueType.INTEGER, {"en": "Disk space"},
    included=10, default=10, min=10, max=100, step=5, unit="GiB", prices=monthly(20), sort=1,
)  # fmt: skip
PANEL = AddonTerm(
    2, "panel", ValueType.ENUMERATION, {"en": "Control panel"}, enumeration_id=1, sort=2,
    value_prices=(
        ValuePrices(11, monthly(300), "lite", {"en": "Lite"}),
        ValuePrices(12, monthly(900), "pro", {"en": "Pro"}),
    ),
)  # fmt: skip
BACKUP = AddonTerm(
    3, "backup", ValueType.BOOLEAN, {"en": "Backup"}, max=1, prices=monthly(100), sort=3
)
ADDONS = (DISK, PANEL, BACKUP)
