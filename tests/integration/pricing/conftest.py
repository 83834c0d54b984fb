"""A shop whose thing has disk space, a panel and backups to choose."""

from collections.abc import Iterator

import pytest
from tests.factories import FakeModule, Shop, make_kernel, make_shop, sell_under

from billing_hookspecs import Money, ValueType
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.addons import AddonPrice, AddonTerm, ValuePrices
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.settings import Settings


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


@pytest.fixture
def module() -> FakeModule:
    return FakeModule()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule) -> Iterator[Kernel]:
    made = make_kernel(settings, module)
    yield made
    with made.database.reading() as session:
        assert verify_ledger(session).problems == ()
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    """1000 a month, 3000 for three; the client has 50 000 kopecks."""
    prices = (PriceTerm(1, Money(1000, "RUB")), PriceTerm(3, Money(3000, "RUB")))
    made = make_shop(kernel, prices=prices, balance_minor=50_000)
    sell_under(kernel, made, addons=ADDONS)
    return made
