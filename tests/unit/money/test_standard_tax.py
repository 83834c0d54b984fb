"""The standard tax policy: who is charged which rate, as docs/adr/0006-tax.md decides."""

from typing import Any

import pytest

from billing_hookspecs import RateView, TaxDecision, TaxSituation
from billing_kernel.domain.policies.taxing import EXPORT, REVERSE_CHARGE, NoTax, StandardTax

RATES = (
    RateView("DE", "any", "0.19"),
    RateView("FR", "any", "0.20"),
    RateView("GR", "any", "0.24"),
    RateView("RU", "any", "0.20"),
    RateView("RU", "company", "0.22"),
    RateView("NO", "individual", "0.25"),
)


def situation(seller: str, customer: str, kind: str = "individual", **more: Any) -> TaxSituation:
    known = tuple(rate for rate in RATES if rate.country in (seller, customer))
    number, rates = more.pop("vat_number", ""), more.pop("rates", known)
    return TaxSituation(seller, customer, kind, number, False, rates, more)


def decided(*given: Any, **more: Any) -> TaxDecision:
    return StandardTax().decide(situation(*given, **more))


def test_at_home_everybody_pays_the_home_rate() -> None:
    """A VAT number changes nothing inside one country."""
    assert decided("DE", "DE") == TaxDecision("0.19", "0.19")
    assert decided("DE", "DE", "company", vat_number="DE136695976") == TaxDecision("0.19", "0.19")


def test_a_rate_for_the_kind_goes_before_the_one_for_any() -> None:
    """The general rate is what holds where nothing more exact is on record."""
    assert decided("RU", "RU", "company").rate == "0.22"
    assert decided("RU", "RU", "individual").rate == "0.20"
    assert decided("RU", "NO", "company") == TaxDecision("0", "0.22", EXPORT)


def test_consumers_in_the_union_pay_their_own_countrys_rate() -> None:
    """Services over the internet are taxed where the consumer lives."""
    assert decided("DE", "FR") == TaxDecision("0.20", "0.20")
    assert decided("DE", "GR") == TaxDecision("0.24", "0.24")


def test_consumers_pay_the_home_rate_where_theirs_is_not_on_record() -> None:
    """A missing rate must not make a sale free of tax."""
    assert decided("DE", "IT") == TaxDecision("0.19", "0.19")


def test_companies_with_a_number_account_for_the_tax_themselves() -> None:
    """Nothing is charged, a gross price loses the home tax, the document says why."""
    reverse = TaxDecision("0", "0.19", REVERSE_CHARGE)
    assert decided("DE", "FR", "company", vat_number="FR61954506077") == reverse
    assert decided("DE", "GR", "company", vat_number="EL094259216") == reverse


def test_companies_without_a_number_are_taxed_as_consumers() -> None:
    """Saying so doesn't make one a business."""
    assert decided("DE", "FR", "company") == TaxDecision("0.20", "0.20")


@pytest.mark.parametrize("kind", ["individual", "company"])
def test_northern_ireland_is_outside_of_the_union_for_services(kind: str) -> None:
    """As all of GB: what an XI number is good for, trade in goods, is not sold here."""
    assert decided("DE", "GB", kind) == TaxDecision("0", "0.19", EXPORT)


def test_exports_are_not_taxed_unless_a_rate_is_on_record() -> None:
    """A provider registered abroad records that country's rate and charges it."""
    assert decided("DE", "NO", "company") == TaxDecision("0", "0.19", EXPORT)
    assert decided("DE", "NO", "individual") == TaxDecision("0.25", "0.25")


def test_foreign_companies_account_for_the_tax_to_sellers_outside_of_the_union_too() -> None:
    """A seller that is registered in the EU collects from its consumers there, not its firms."""
    assert decided("RU", "DE") == TaxDecision("0.19", "0.19")
    assert decided("RU", "DE", "company", vat_number="DE136695976").note == REVERSE_CHARGE


def test_a_provider_collects_abroad_only_where_it_says() -> None:
    """Rates are on record for all providers; one of them may be registered at home only."""
    assert decided("DE", "NO", collects_in="fr, ch") == TaxDecision("0", "0.19", EXPORT)
    assert decided("DE", "NO", collects_in="CH NO") == TaxDecision("0.25", "0.25")
    assert decided("DE", "DE", collects_in="NO") == TaxDecision("0.19", "0.19")
    assert decided("DE", "FR", collects_in="NO") == TaxDecision("0.19", "0.19")


def test_small_sellers_charge_consumers_in_the_union_the_home_rate() -> None:
    """Below the threshold the place of supply is the seller's; outside nothing changes."""
    assert decided("DE", "FR", home_rate_in_union=True) == TaxDecision("0.19", "0.19")
    assert decided("DE", "NO", home_rate_in_union=True) == TaxDecision("0.25", "0.25")
    number = "FR61954506077"
    small = decided("DE", "FR", "company", vat_number=number, home_rate_in_union=True)
    assert small.note == REVERSE_CHARGE


def test_without_any_rate_nothing_is_charged() -> None:
    """A provider that chose the policy first and records the rates next."""
    assert decided("DE", "DE", rates=()) == TaxDecision("0", "0")


def test_no_tax_is_no_tax() -> None:
    """For providers that are exempt, whatever rates are on record for others."""
    assert NoTax().decide(situation("DE", "DE")) == TaxDecision()
