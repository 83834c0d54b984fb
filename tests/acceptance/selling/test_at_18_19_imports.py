"""Tariffs of an upstream: imported without a price, and kept in step with what it sells."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from tests.markets import PROVIDER, HostingModule, Market, dollars, price

from billing_hookspecs import (
    Capability,
    Context,
    ImportableAddon,
    ImportableTariff,
    Money,
    PeriodCost,
)


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "USD")


def tariff(external_id: str, monthly: int, **addons: int) -> ImportableTariff:
    """An upstream's tariff with unit costs of addons a month."""
    return ImportableTariff(
        external_id,
        "shared_hosting",
        {"en": f"Upstream {external_id}"},
        (PeriodCost(1, usd(monthly)), PeriodCost(12, usd(monthly * 10))),
        tuple(
            ImportableAddon(
                f"a-{name}", name, {"en": f"More {name}"}, minimum=10, maximum=100,
                costs={"1": usd(cost)},
            )
            for name, cost in addons.items()
        ),
    )  # fmt: skip


@dataclass(eq=False)
class ImportingModule(HostingModule):
    """A driver whose upstream sells what the test says."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.IMPORT_TARIFFS})
    sold: list[ImportableTariff] = field(default_factory=list)

    def importable_tariffs(self, context: Context) -> tuple[ImportableTariff, ...]:
        return tuple(self.sold)


@pytest.fixture
def module() -> ImportingModule:
    return ImportingModule(sold=[tariff("small", 200), tariff("large", 500, web_domain_limit=3)])


@pytest.fixture
def path(market: Market) -> str:
    return f"/admin/processing-modules/{market.module_id}"


@pytest.fixture
def imported(market: Market, path: str) -> dict[str, Any]:
    """Both tariffs, by their external ids, as they arrived."""
    body = {
        "external_ids": ["small", "large"],
        "product_type": "shared_hosting",
        "provider_id": market.provider_id,
    }
    items = market.administrator.done("POST", f"{path}/import-tariff-plans", body)["items"]
    return {plan["external_id"]: plan for plan in items}


@pytest.fixture
def sync(market: Market, path: str) -> Callable[..., Any]:
    def ask(*accept: str, **more: Any) -> Any:
        body = {"accept": list(accept), **more} if accept or more else None
        return market.administrator.done("POST", f"{path}/sync-tariff-plans", body)

    return ask


def costs_of(plan: dict[str, Any]) -> dict[tuple[str | None, int], int]:
    return {
        (cost["resource_type"], cost["period_months"]): cost["cost"]["amount_minor"]
        for cost in plan["upstream_costs"]
    }


def test_at_18_what_was_imported_waits_for_its_price(
    market: Market, imported: dict[str, Any]
) -> None:
    """The upstream's costs stand beside it, those of addons too, and nobody can order it."""
    large = imported["large"]
    assert (large["enabled"], large["prices"], large["margins"]) == (False, [], [])
    assert costs_of(large) == {(None, 1): 500, (None, 12): 5000, ("web_domain_limit", 1): 3}
    assert market.offered() == []
    ids = {"ids": [large["id"]]}
    market.administrator.refused("POST", "/admin/tariff-plans/enable", ids, 409, "tariff.unpriced")


def test_at_18_an_imported_addon_has_the_upstreams_bounds_and_no_price(
    market: Market, imported: dict[str, Any]
) -> None:
    """More than the upstream allows could be sold, and not delivered."""
    addon = market.addons(imported["large"])["web_domain_limit"]
    assert (addon["min"], addon["max"], addon["prices"]) == (10, 100, [])
    assert addon["name"] == {"en": "More web_domain_limit"}
    assert "disk_space" in market.addons(imported["large"]), "the product type's own are there too"


def test_name_and_price_are_edited_and_the_plan_is_sold(
    market: Market, imported: dict[str, Any]
) -> None:
    """Import, edit, enable: the whole way of a reseller."""
    market.change(imported["small"], name={"en": "Our small"}, prices=[price(1, 300)])
    ids = {"ids": [imported["small"]["id"]]}
    market.administrator.done("POST", "/admin/tariff-plans/enable", ids)
    assert market.offered() == ["Our small"]


def test_margins_are_what_is_left_of_the_price(market: Market, imported: dict[str, Any]) -> None:
    """A provider who sells below cost should see it before the month is over."""
    plan = market.change(
        imported["large"], prices=[price(1, 700, renewal_price=dollars(450)), price(3, 2000)]
    )
    assert plan["margins"] == [
        {
            "period_months": 1,
            "resource_type": None,
            "price": dollars(700),
            "cost": dollars(500),
            "margin": dollars(200),
            "renewal_margin": dollars(-50),
        }
    ]
    addon = market.addons(plan)["web_domain_limit"]
    where = f"/admin/tariff-plans/{plan['id']}"
    unit = {"prices": [{"period_months": 1, "price": dollars(5)}]}
    market.administrator.done("PATCH", f"{where}/addons/{addon['id']}", unit)
    margins = market.administrator.done("GET", where)["margins"]
    assert (margins[1]["resource_type"], margins[1]["margin"]) == ("web_domain_limit", dollars(2))


def test_a_cost_in_another_currency_has_no_margin(
    market: Market, module: ImportingModule, path: str
) -> None:
    """There is no rate to compare by, and a wrong one is worse than none."""
    module.sold = [
        ImportableTariff("euro", "shared_hosting", {"en": "E"}, (PeriodCost(1, Money(5, "EUR")),))
    ]
    body = {
        "external_ids": ["euro"], "product_type": "shared_hosting",
        "provider_id": market.provider_id,
    }  # fmt: skip
    [plan] = market.administrator.done("POST", f"{path}/import-tariff-plans", body)["items"]
    [margin] = market.change(plan, prices=[price(1, 700)])["margins"]
    assert (margin["margin"], margin["cost"]["currency"]) == (None, "EUR")


@pytest.mark.usefixtures("imported")
def test_at_19_nothing_changed_is_no_difference(sync: Callable[..., Any]) -> None:
    """Looking is free, with a body and without."""
    nothing: dict[str, list[Any]] = {"new": [], "gone": [], "changed": [], "applied": []}
    assert sync() == sync(dry_run=True) == nothing


def test_at_19_what_is_new_gone_and_changed(
    market: Market, module: ImportingModule, imported: dict[str, Any], sync: Callable[..., Any]
) -> None:
    """Each difference is told with what it was and what it is; nothing happens by itself."""
    market.change(imported["large"], prices=[price(1, 700)])
    module.sold = [tariff("large", 550, web_domain_limit=4, mailbox=1), tariff("huge", 900)]
    found = sync()
    assert [it["external_id"] for it in found["new"]] == ["huge"]
    assert [it["tariff_plan_id"] for it in found["gone"]] == [imported["small"]["id"]]
    [changed] = found["changed"]
    assert changed["tariff_plan_id"] == imported["large"]["id"]
    told = {
        (it["resource_type"], it["period_months"]): (
            it["before"] and it["before"]["amount_minor"],
            it["after"] and it["after"]["amount_minor"],
        )
        for it in changed["costs"]
    }
    assert told == {
        (None, 1): (500, 550),
        (None, 12): (5000, 5500),
        ("web_domain_limit", 1): (3, 4),
        ("mailbox", 1): (None, 1),
    }
    where = f"/admin/tariff-plans/{imported['large']['id']}"
    assert costs_of(market.administrator.done("GET", where))[(None, 1)] == 500
    assert sync("large", dry_run=True)["applied"] == [], "a dry run takes nothing over"


def test_at_19_accepting_a_cost_leaves_the_clients_price(
    market: Market, module: ImportingModule, imported: dict[str, Any], sync: Callable[..., Any]
) -> None:
    """A vendor's price rise must not reach clients before the provider has decided so."""
    before = market.change(imported["large"], prices=[price(1, 700)], enabled=True)
    module.sold = [tariff("small", 250), tariff("large", 550)]
    found = sync("large")
    assert found["applied"] == [imported["large"]["id"]]
    assert [it["external_id"] for it in found["changed"]] == ["small"]
    after = market.administrator.done("GET", f"/admin/tariff-plans/{imported['large']['id']}")
    assert costs_of(after) == {(None, 1): 550, (None, 12): 5500}
    assert after["margins"][0]["margin"] == dollars(150)
    kept = ("prices", "version", "enabled", "name")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_at_19_accepting_what_is_new_imports_it(
    market: Market, module: ImportingModule, imported: dict[str, Any], sync: Callable[..., Any]
) -> None:
    """It arrives like every import: disabled, unpriced, with its costs."""
    module.sold.append(tariff("huge", 900))
    [plan_id] = sync("huge")["applied"]
    plan = market.administrator.done("GET", f"/admin/tariff-plans/{plan_id}")
    assert (plan["external_id"], plan["enabled"], plan["prices"]) == ("huge", False, [])
    assert plan["provider_id"] == market.provider_id
    assert sync()["new"] == []


def test_at_19_what_is_gone_goes_off_sale_and_may_come_back(
    market: Market, module: ImportingModule, imported: dict[str, Any], sync: Callable[..., Any]
) -> None:
    """An order of it would fail upstream, with the client's money in between."""
    market.change(imported["small"], prices=[price(1, 300)], enabled=True)
    small = module.sold.pop(0)
    assert market.offered() == ["Upstream small"]
    assert sync("small")["gone"] == []
    where = f"/admin/tariff-plans/{imported['small']['id']}"
    plan = market.administrator.done("GET", where)
    assert plan["upstream_gone_on"] == "2026-01-31"
    assert market.offered() == []
    module.sold.append(small)
    [back] = sync()["changed"]
    assert (back["gone_on"], back["costs"]) == ("2026-01-31", [])
    sync("small")
    plan = market.administrator.done("GET", where)
    assert (plan["upstream_gone_on"], plan["enabled"]) == (None, False)


def test_only_differences_can_be_accepted(
    market: Market, path: str, imported: dict[str, Any]
) -> None:
    """A typing error must not look like success."""
    problem = market.administrator.refused(
        "POST", f"{path}/sync-tariff-plans", {"accept": ["no-such-tariff"]}, 400, "input.invalid"
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/accept/0"]


def test_with_two_sellers_somebody_has_to_say_who(
    market: Market, module: ImportingModule, path: str
) -> None:
    """A plan of the wrong provider is one in the wrong currency, on the wrong paper."""
    market.administrator.done("POST", "/admin/providers", {**PROVIDER, "name": "Other"})
    where = f"{path}/sync-tariff-plans"
    problem = market.administrator.refused(
        "POST", where, {"accept": ["small"]}, 400, "input.invalid"
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/provider_id"]
    body = {"accept": ["small"], "provider_id": market.provider_id}
    assert len(market.administrator.done("POST", where, body)["applied"]) == 1


SELLER = """
import json, sys
from dataclasses import replace
from billing_isp_licenses.simulator.selling import SellingPanel
from billing_ispsystem_api.simulator import serve

panel = SellingPanel(activation_polls=0)
panel.open_account("reseller@example.com", "pa55word")
for code, month_minor in json.loads(sys.argv[2]).items():
    sold = panel.shop.tariffs.pop(code, panel.shop.tariffs["55227"])
    if month_minor:
        panel.shop.tariffs[code] = replace(sold, id=code, month_minor=month_minor)
serve(panel, int(sys.argv[1]), "127.0.0.1")
"""


@contextmanager
def vendor(port: int = 0, **changed: int) -> Iterator[str]:
    """The licence seller as a process, with other prices a month; 0 takes a tariff away."""
    codes = {code.removeprefix("code_"): minor for code, minor in changed.items()}
    with subprocess.Popen(
        [sys.executable, "-c", SELLER, str(port), json.dumps(codes)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()


def test_at_19_with_the_vendors_own_protocol(administrator: Any) -> None:
    """The licence seller changes its price list overnight, and comes back at the same address."""
    provider = administrator.done("POST", "/admin/providers", {**PROVIDER, "currency": "EUR"})
    with vendor() as url:
        settings = {"url": url, "username": "reseller@example.com", "password": "pa55word"}
        connection = {
            "driver": "isp_licenses",
            "product_types": ["isp_license"],
            "name": {"en": "Vendor"},
            "settings": settings,
        }
        module = administrator.done("POST", "/admin/processing-modules", connection)
        where = f"/admin/processing-modules/{module['id']}"
        body = {
            "external_ids": ["55227", "55228", "55230"],
            "product_type": "isp_license",
            "provider_id": provider["id"],
        }
        plans = administrator.done("POST", f"{where}/import-tariff-plans", body)["items"]
        business = next(plan for plan in plans if plan["external_id"] == "55230")
        nodes = [
            cost for (addon, months), cost in costs_of(business).items() if addon and months == 1
        ]
        assert nodes == [900], "what a cluster node costs isn't lost"
        found = administrator.done("POST", f"{where}/sync-tariff-plans")
        assert [it["external_id"] for it in found["new"]] == ["55229"]
        assert (found["gone"], found["changed"]) == ([], [])
    port = int(url.rstrip("/").rsplit(":", 1)[1].split("/")[0])
    with vendor(port, code_55227=500, code_55228=0, code_60000=700):
        found = administrator.done("POST", f"{where}/sync-tariff-plans")
        assert {it["external_id"] for it in found["new"]} == {"55229", "60000"}
        assert [it["external_id"] for it in found["gone"]] == ["55228"]
        [changed] = found["changed"]
        monthly = next(it for it in changed["costs"] if it["period_months"] == 1)
        assert changed["external_id"] == "55227"
        assert (monthly["before"]["amount_minor"], monthly["after"]["amount_minor"]) == (450, 500)
        accepted = {"accept": ["55227", "55228", "60000"]}
        found = administrator.done("POST", f"{where}/sync-tariff-plans", accepted)
        assert len(found["applied"]) == 3
        assert [it["external_id"] for it in found["new"]] == ["55229"]
        assert (found["gone"], found["changed"]) == ([], [])
