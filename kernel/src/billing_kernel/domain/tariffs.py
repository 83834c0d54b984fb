"""The terms of a tariff plan: everything that its price depends on, frozen in a version."""

from typing import Any, Literal

import msgspec

from billing_hookspecs import Money
from billing_kernel.domain.addons import AddonTerm
from billing_kernel.domain.errors import RuleError

Choice = dict[str, Any]
"""A policy by its name, and beside it its parameters."""


class PriceTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The price of one period; ``renewal_price`` None means the same as ``price``."""

    period_months: int
    price: Money
    renewal_price: Money | None = None
    orderable: bool = True


class MinimumPeriod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shortest time that a service is sold for; it can't be deleted by its client before."""

    length: int
    unit: Literal["days", "months"]


class TariffPolicies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which policy decides what, each as its name with its parameters."""

    late_renewal_fee: Choice = msgspec.field(default_factory=lambda: {"policy": "none"})
    tariff_change: Choice = msgspec.field(default_factory=lambda: {"policy": "refund_difference"})
    addon_order: Choice = msgspec.field(default_factory=lambda: {"policy": "until_expiration"})
    addon_cancellation: Choice = msgspec.field(default_factory=lambda: {"policy": "refund"})
    weekend_suspension: Choice = msgspec.field(default_factory=lambda: {"policy": "product_type"})


class TariffTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of one version of a tariff plan."""

    currency: str
    prices: tuple[PriceTerm, ...] = ()
    setup_fee: Money | None = None
    charging: dict[str, Any] = msgspec.field(default_factory=lambda: {"policy": "period"})
    tariff_code: str = ""
    services_per_order_max: int = 1
    services_per_client_max: int | None = None
    policies: TariffPolicies = TariffPolicies()
    addons: tuple[AddonTerm, ...] = ()
    minimum_period: MinimumPeriod | None = None
    auto_deletion_days: int | None = None


class PeriodNotSoldError(RuleError):
    """The tariff plan has no price for this period, or not for new orders."""

    code = "tariff.period_not_sold"


def price_for(terms: TariffTerms, period_months: int, *, renewal: bool) -> Money:
    """The list price of a period; raises PeriodNotSoldError naming the periods there are."""
    sold = [term for term in terms.prices if renewal or term.orderable]
    for term in sold:
        if term.period_months == period_months:
            special = term.renewal_price if renewal else None
            return term.price if special is None else special
    periods = ", ".join(str(term.period_months) for term in sold) or "none"
    raise PeriodNotSoldError(f"period_months {period_months} is not sold; there are: {periods}")


def without_renewal_prices(terms: TariffTerms) -> TariffTerms:
    """The same terms, where every renewal costs what the order did."""
    prices = tuple(msgspec.structs.replace(each, renewal_price=None) for each in terms.prices)
    return msgspec.structs.replace(terms, prices=prices)


def terms_document(terms: TariffTerms) -> dict[str, Any]:
    """The terms as a JSON document."""
    document: dict[str, Any] = msgspec.to_builtins(terms)
    return document


def read_terms(document: dict[str, Any]) -> TariffTerms:
    """Terms from the JSON document of a version."""
    return msgspec.convert(document, TariffTerms)
