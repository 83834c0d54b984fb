"""How many quotes a second, in process and over HTTP, and what policies and plugins cost.

Figures hold for one machine and one run; the ratios can be compared.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.addons import ADDONS
from tests.factories import FakeModule, Shop, make_kernel, make_shop, sell_under
from tests.pricing import PoliciesAtHand, sale_of

from billing_hookspecs import (
    Adjustment,
    Money,
    PluginManifest,
    PricingPolicy,
    QuoteView,
    impl,
)
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import quote_item
from billing_kernel.domain.policies.addons import FullPeriod
from billing_kernel.domain.pricing import price_item
from billing_kernel.domain.tariffs import PriceTerm, TariffTerms
from billing_kernel.http.app import create_app
from billing_kernel.models import Provider
from billing_kernel.settings import Settings

SECONDS = 2.0
WANTED = {"disk": 20, "panel": 12}


def rate(work: Callable[[], object]) -> float:
    """How often a second, over about two seconds."""
    work()
    done, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < SECONDS:
        work()
        done += 1
    return done / passed


def discount(number: int) -> object:
    """One of many plugins that lower a price by a kopeck."""

    class Discount:
        MANIFEST = PluginManifest(f"discount_{number}", "Discount", ">=1.0,<2")

        @impl
        def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
            return (Adjustment(-1, "A kopeck off", "discount.kopeck"),)

    return Discount()


def policies(number: int) -> object:
    """A plugin that registers policies that no tariff chose."""

    class Policies:
        MANIFEST = PluginManifest("policies", "Policies", ">=1.0,<2")

        @impl
        def billing_pricing_policies(self) -> Sequence[PricingPolicy]:
            title = {"en": "Unused"}
            return tuple(
                type(f"Unused{n}", (FullPeriod,), {"key": f"unused_{n}", "title": title})()
                for n in range(number)
            )

    return Policies()


@dataclass(frozen=True)
class Counter:
    """A shop to ask for quotes."""

    kernel: Kernel
    shop: Shop

    def quote(self) -> None:
        item = OrderItem(self.shop.plan.id, 1, {"name": "mine"}, WANTED)
        with self.kernel.database.reading() as session:
            provider = session.get_one(Provider, self.shop.provider.id)
            quote_item(session, self.kernel, provider, item)

    def body(self) -> dict[str, Any]:
        item = {"tariff_plan_id": self.shop.plan.id, "period_months": 1, "addons": WANTED}
        return {"items": [{**item, "parameters": {"name": "mine"}}]}


def open_counter(settings: Settings, email: str, plugins: Sequence[object] = ()) -> Counter:
    kernel = make_kernel(settings, FakeModule(), plugins=tuple(plugins))
    shop = make_shop(kernel, email=email)
    sell_under(kernel, shop, addons=ADDONS)
    return Counter(kernel, shop)


@pytest.mark.benchmark
def test_quotes_per_second(settings: Settings) -> None:
    """A service with three addons: pure, with the database, and over HTTP."""
    terms = TariffTerms("RUB", (PriceTerm(1, Money(1000, "RUB")),), addons=ADDONS)
    sale = sale_of(date(2026, 1, 31), currency="RUB", addons=WANTED)
    pure = rate(lambda: price_item(terms, sale, PoliciesAtHand()))
    counter = open_counter(settings, "bench@client.test")
    stored = rate(counter.quote)
    with TestClient(create_app(counter.kernel)) as http:
        asked = rate(lambda: http.post("/api/v1/quotes", json=counter.body()).raise_for_status())
    counter.kernel.database.close()
    print(f"\nquotes/s: pure {pure:.0f}, with the database {stored:.0f}, over HTTP {asked:.0f}")
    print(f"ratios: database/pure {stored / pure:.3f}, HTTP/database {asked / stored:.3f}")
    assert min(pure, stored, asked) > 0


@pytest.mark.benchmark
def test_what_plugins_and_policies_cost(settings: Settings) -> None:
    """Quotes with ever more price-adjusting plugins and registered policies, against none."""
    cases = {
        "1 plugin": [discount(1)],
        "5 plugins": [discount(number) for number in range(5)],
        "20 plugins": [discount(number) for number in range(20)],
        "100 policies": [policies(100)],
        "1000 policies": [policies(1000)],
    }
    plain = open_counter(settings, "none@client.test")
    base = rate(plain.quote)
    plain.kernel.database.close()
    print(f"\nwithout: {base:.0f} quotes/s")
    for name, plugins in cases.items():
        counter = open_counter(settings, f"{len(name)}{name[0]}{name[-3]}@client.test", plugins)
        each = rate(counter.quote)
        counter.kernel.database.close()
        print(f"{name}: {each:.0f} quotes/s, ratio {each / base:.2f}")
        assert each > 0
