"""A kernel on each database, with a shop, and plain functions to set up who sells and pays."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.factories import FakeModule, Shop, make_kernel, make_shop

from billing_kernel.application.connecting import ConnectionSettings
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.naming import create_payer
from billing_kernel.domain.parties import Party
from billing_kernel.models import Payer, PaymentMethod, PaymentMethodProvider
from billing_kernel.settings import Settings

RUSSIAN_BANK = {
    "recipient": "OOO Romashka",
    "bank_name": "Bank",
    "bic": "049805746",
    "account": "40602810700000000025",
    "correspondent_account": "30101810800000000746",
}


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    built = make_kernel(settings, FakeModule())
    yield built
    built.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    return make_shop(kernel)


@pytest.fixture
def russian_bank() -> dict[str, str]:
    """Bank details that fit together."""
    return dict(RUSSIAN_BANK)


MakePayer = Callable[..., Payer]


@pytest.fixture
def make_payer(kernel: Kernel) -> MakePayer:
    """Makes a payer of a shop's client, a company unless told otherwise."""

    def make(shop: Shop, **overrides: Any) -> Payer:
        party = Party(**{"kind": "company", "name": "Payer", "country": "RU", **overrides})
        return kernel.database.run(
            lambda session: create_payer(session, kernel, shop.client.id, party)
        )

    return make


@pytest.fixture
def make_method(kernel: Kernel) -> Callable[..., PaymentMethod]:
    """Makes a payment method of a gateway driver, offered by the shop's provider."""

    def make(shop: Shop, driver: str = "bank_transfer", **settings: Any) -> PaymentMethod:
        method = PaymentMethod(
            name={"en": driver},
            driver=driver,
            uid=f"method-{driver}",
            settings=settings,
            sealed_secrets=kernel.keys.seal(ConnectionSettings({}, {}).secrets, f"method-{driver}"),
            providers=[PaymentMethodProvider(provider_id=shop.provider.id)],
        )

        def work(session: Any) -> PaymentMethod:
            session.add(method)
            session.flush()
            return method

        return kernel.database.run(work)

    return make
