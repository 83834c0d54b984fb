"""Standard tax policies."""

from typing import ClassVar

from billing_hookspecs import LocalizedText, RateView, TaxDecision, TaxPolicy, TaxSituation
from billing_kernel.domain.countries import EU
from billing_kernel.domain.parties import COMPANY
from billing_kernel.domain.taxes import ANY_KIND

REVERSE_CHARGE = "Reverse charge: the recipient accounts for the tax"
EXPORT = "Not taxable: supplied to a recipient outside of the seller's tax area"


class NoTax(TaxPolicy):
    """The provider charges no tax."""

    key: ClassVar[str] = "none"
    title: ClassVar[LocalizedText] = {"en": "No tax", "ru": "Без налога"}

    def decide(self, situation: TaxSituation) -> TaxDecision:
        return TaxDecision()


class StandardTax(TaxPolicy):
    """Value-added tax by country, kind of customer and number.

    At home the home rate. In the EU from country to country: companies with a VAT number
    account for it themselves, everybody else pays their country's rate, or the home rate
    where that isn't on record. Elsewhere a country's rate if there is one, otherwise none.
    """

    key: ClassVar[str] = "standard"
    title: ClassVar[LocalizedText] = {"en": "Value-added tax", "ru": "НДС"}

    def decide(self, situation: TaxSituation) -> TaxDecision:
        seller, customer = situation.seller_country, situation.customer_country
        home = _rate(situation, seller) or "0"
        if customer == seller:
            return TaxDecision(home, home)
        theirs = _rate(situation, customer)
        within_eu = seller in EU and customer in EU
        if within_eu and situation.customer_kind == COMPANY and situation.vat_number:
            return TaxDecision("0", home, REVERSE_CHARGE)
        if theirs is not None:
            return TaxDecision(theirs, theirs)
        if within_eu:
            return TaxDecision(home, home)
        return TaxDecision("0", home, EXPORT)


def _rate(situation: TaxSituation, country: str) -> str | None:
    """The rate for this kind of customer, else the one for any kind; None if there is none."""
    rates: list[RateView] = [rate for rate in situation.rates if rate.country == country]
    for kind in (situation.customer_kind, ANY_KIND):
        for rate in rates:
            if rate.customer_kind == kind:
                return rate.rate
    return None
