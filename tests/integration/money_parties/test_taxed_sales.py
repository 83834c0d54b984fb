"""Taxed sales from quote to invoice, in currencies with 0, 2 and 3 decimals."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar

import pytest
from tests.factories import FakeModule, Shop, make_kernel, make_shop

from billing_hookspecs import (
    FieldKind,
    FormField,
    Money,
    PluginManifest,
    PricingPolicy,
    TaxDecision,
    TaxPolicy,
    TaxSituation,
    impl,
)
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.levying import RateFields, create_rate
from billing_kernel.application.ordering import PlacedOrder, place_order
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.taxing import tax_errors
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.policies.taxing import REVERSE_CHARGE
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.extensions import PluginFaultError
from billing_kernel.models import Company, Payer, Provider
from billing_kernel.settings import Settings

NEW_YEAR = date(2026, 1, 1)


def tax(kernel: Kernel, shop: Shop, *, inclusive: bool = False, **choice: Any) -> None:
    """Let the provider be a German company that taxes by the standard policy."""

    def work(session: Any) -> None:
        provider = session.get_one(Provider, shop.provider.id)
        provider.tax = {"policy": "standard", **choice}
        provider.prices_include_tax = inclusive
        company = Company(name="Hosting GmbH", country="DE")
        session.add(company)
        session.flush()
        provider.company_id = company.id
        for country, rate in (("DE", "0.19"), ("FR", "0.20")):
            create_rate(session, RateFields(country, rate, NEW_YEAR))

    kernel.database.run(work)


def order(kernel: Kernel, shop: Shop, payer: Payer, quantity: int = 1) -> PlacedOrder:
    item = OrderItem(shop.plan.id, 1, {"name": "my thing"}, quantity=quantity)

    def work(session: Any) -> PlacedOrder:
        placed = place_order(session, kernel, shop.client.id, item, payer.id)
        pay_invoice(session, kernel, placed.invoice.id, shop.client.id, PayWith(balance=True))
        return placed

    return kernel.database.run(work)


@pytest.mark.parametrize(
    ("currency", "price_minor", "inclusive", "amounts"),
    [
        ("JPY", 999, False, (999, 190, 1189)),
        ("JPY", 999, True, (839, 160, 999)),
        ("EUR", 999, False, (999, 190, 1189)),
        ("EUR", 1999, True, (1680, 319, 1999)),
        ("KWD", 12345, False, (12345, 2346, 14691)),
        ("KWD", 12345, True, (10374, 1971, 12345)),
    ],
)
def test_a_sale_is_taxed_to_the_minor_unit_of_its_currency(
    kernel: Kernel,
    make_payer: Callable[..., Payer],
    currency: str,
    price_minor: int,
    inclusive: bool,
    amounts: tuple[int, int, int],
) -> None:
    """From the tariff to the invoice to the ledger nothing is lost, whatever a unit is worth."""
    shop = make_shop(
        kernel,
        currency=currency,
        prices=(PriceTerm(1, Money(price_minor, currency)),),
        balance_minor=10**6,
    )
    tax(kernel, shop, inclusive=inclusive)
    placed = order(kernel, shop, make_payer(shop, country="DE"), quantity=3)
    invoice = placed.invoice
    line = invoice.lines[0]
    assert (line.net_minor, line.tax_minor, line.total_minor) == amounts
    sums = (invoice.net_minor, invoice.tax_minor, invoice.total_minor)
    assert sums == tuple(3 * amount for amount in amounts)
    assert (invoice.currency, placed.order.currency) == (currency, currency)
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()


def test_a_company_abroad_accounts_for_the_tax_and_the_invoice_says_so(
    kernel: Kernel, make_payer: Callable[..., Payer]
) -> None:
    """Without the note the recipient's tax office takes the tax from the seller."""
    shop = make_shop(kernel, currency="EUR")
    tax(kernel, shop, inclusive=True)
    french = make_payer(shop, country="FR", vat_number="FR61954506077")
    invoice = order(kernel, shop, french).invoice
    assert (invoice.net_minor, invoice.tax_minor) == (840, 0)
    assert invoice.tax_note == REVERSE_CHARGE
    assert invoice.payer["vat_number"] == "FR61954506077"


def test_the_payer_decides_and_not_the_client(
    kernel: Kernel, make_payer: Callable[..., Payer]
) -> None:
    """One client buys for a company abroad and for itself: each invoice by its own payer."""
    shop = make_shop(kernel, currency="EUR")
    tax(kernel, shop)
    at_home = order(kernel, shop, make_payer(shop, country="DE", kind="individual")).invoice
    abroad = order(kernel, shop, make_payer(shop, country="FR", kind="individual")).invoice
    assert [line.tax_rate for line in (at_home.lines[0], abroad.lines[0])] == ["0.19", "0.20"]


@pytest.mark.parametrize(
    ("choice", "pointers"),
    [
        ({"policy": "none"}, []),
        ({"policy": "standard", "collects_in": "DE FR", "home_rate_in_union": True}, []),
        ({"policy": "guess"}, ["/tax/policy"]),
        ({}, ["/tax/policy"]),
        ({"policy": "none", "collects_in": "DE"}, ["/tax/collects_in"]),
        ({"policy": "standard", "home_rate_in_union": "yes"}, ["/tax/home_rate_in_union"]),
    ],
)
def test_a_providers_choice_is_checked_by_what_the_policy_declares(
    kernel: Kernel, choice: dict[str, Any], pointers: list[str]
) -> None:
    """A misspelt policy is refused when it is written, not when the next client orders."""
    assert [error.pointer for error in tax_errors(kernel, choice)] == pointers


class Flat(TaxPolicy):
    """A plugin's own policy: the rate that the provider wrote down."""

    key: ClassVar[str] = "flat"
    title: ClassVar[dict[str, str]] = {"en": "Flat"}
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField("rate", {"en": "Rate"}, FieldKind.TEXT),
    )

    def decide(self, situation: TaxSituation) -> TaxDecision:
        return TaxDecision(str(situation.parameters["rate"]), note="Flat tax")


class FlatPlugin:
    MANIFEST: ClassVar[PluginManifest] = PluginManifest("flat_tax", "Flat tax", ">=1.0,<2")

    @impl
    def billing_pricing_policies(self) -> Sequence[PricingPolicy]:
        return (Flat(),)


def test_a_plugin_may_tax_in_its_own_way_but_not_at_an_impossible_rate(
    settings: Settings,
) -> None:
    """Tax law is endless: the kernel computes and rounds, and refuses what is no rate."""
    kernel = make_kernel(settings, FakeModule(), plugins=(FlatPlugin(),))
    shop = make_shop(kernel)
    item = OrderItem(shop.plan.id, 1, {"name": "my thing"})

    def sold_at(rate: str) -> PlacedOrder:
        def work(session: Any) -> PlacedOrder:
            session.get_one(Provider, shop.provider.id).tax = {"policy": "flat", "rate": rate}
            session.flush()
            return place_order(session, kernel, shop.client.id, item)

        return kernel.database.run(work)

    invoice = sold_at("0.075").invoice
    assert (invoice.tax_minor, invoice.tax_note) == (75, "Flat tax")
    with pytest.raises(PluginFaultError, match="flat_tax"):
        sold_at("7.5")
    assert tax_errors(kernel, {"policy": "flat"})[0].pointer == "/tax/rate"
    kernel.database.close()
