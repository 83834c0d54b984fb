"""A shop whose thing has disk space, a panel and backups to choose."""

from collections.abc import Iterator

import pytest
from tests.addons import ADDONS
from tests.factories import FakeModule, Shop, make_kernel, make_shop, sell_under

from billing_hookspecs import Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.settings import Settings


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
