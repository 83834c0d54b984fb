"""Standard tax policies."""

import re
from typing import ClassVar

from billing_hookspecs import (
    FieldKind,
    FormField,
    LocalizedText,
    RateView,
    TaxDecision,
    TaxPolicy,
    TaxSituation,
)
from billing_kernel.domain.countries import EU
from billing_kernel.domain.parties import COMPANY
from billing_kernel.domain.taxes import ANY_KIND

REVERSE_CHARGE = "Reverse charge: the recipient accounts for the tax"
EXPORT = "Not taxable: supplied to a recipient outside of the seller's tax area"

COLLECTS_IN = FormField(
    "collects_in",
    {"en": "Collects tax abroad only in", "ru": "За рубежом взимать налог только в"},
    required=False,
    hint={
        "en": "Country codes such as DE FR; empty: in every country whose rate is on record",
        "ru": "Коды стран, например DE FR; пусто: во всех странах, ставки которых записаны",
    },
)
HOME_RATE_IN_UNION = FormField(
    "home_rate_in_union",
    {"en": "Home rate for consumers in the EU", "ru": "Своя ставка для потребителей в ЕС"},
    FieldKind.BOOLEAN,
    required=False,
    default=False,
    hint={
        "en": "For sellers below the EU-wide threshold of sales to consumers abroad",
        "ru": "Для продавцов ниже общеевропейского порога продаж потребителям за рубежом",
    },
)


class NoTax(TaxPolicy):
    """The provider charges no tax."""

    key: ClassVar[str] = "none"
    title: ClassVar[LocalizedText] = {"en": "No tax", "ru": "Без налога"}

    def decide(self, situation: TaxSituation) -> TaxDecision:
        return TaxDecision()


class StandardTax(TaxPolicy):
    """Value-added tax by country, kind of customer and number.

    At home the home rate. Abroad the customer's rate, if it is on record and collected. In
    the EU companies with a VAT number account for the tax themselves, and consumers pay the
    home rate where theirs isn't charged. Everything else is an export.
    """

    key: ClassVar[str] = "standard"
    title: ClassVar[LocalizedText] = {"en": "Value-added tax", "ru": "НДС"}
    parameters: ClassVar[tuple[FormField, ...]] = (COLLECTS_IN, HOME_RATE_IN_UNION)

    def decide(self, situation: TaxSituation) -> TaxDecision:
        seller, customer = situation.seller_country, situation.customer_country
        home = _rate(situation, seller) or "0"
        if customer == seller:
            return TaxDecision(home, home)
        within_eu = seller in EU and customer in EU
        theirs = _rate(situation, customer) if _collects_in(situation, customer) else None
        if within_eu and (theirs is None or situation.parameters.get(HOME_RATE_IN_UNION.name)):
            theirs = home
        if theirs is None:
            return TaxDecision("0", home, EXPORT)
        is_business = situation.customer_kind == COMPANY and bool(situation.vat_number)
        if customer in EU and is_business:
            return TaxDecision("0", home, REVERSE_CHARGE)
        return TaxDecision(theirs, theirs)


def _collects_in(situation: TaxSituation, country: str) -> bool:
    chosen = re.findall("[A-Z]{2}", str(situation.parameters.get(COLLECTS_IN.name, "")).upper())
    return not chosen or country in chosen


def _rate(situation: TaxSituation, country: str) -> str | None:
    """The rate for this kind of customer, else the one for any kind; None if there is none."""
    rates: list[RateView] = [rate for rate in situation.rates if rate.country == country]
    for kind in (situation.customer_kind, ANY_KIND):
        for rate in rates:
            if rate.customer_kind == kind:
                return rate.rate
    return None
