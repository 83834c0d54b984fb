"""Find out how a sale is taxed: by the provider's policy, for whoever pays."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    FieldError,
    RateView,
    TaxDecision,
    TaxPolicy,
    TaxSituation,
    check_fields,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.parties import INDIVIDUAL
from billing_kernel.domain.taxes import checked_rate
from billing_kernel.extensions import PluginFaultError
from billing_kernel.models import Client, Company, Payer, Provider, TaxRate


def decide_tax(
    session: Session,
    kernel: Kernel,
    provider: Provider,
    client: Client | None,
    payer: Payer | None,
    today: date,
) -> TaxDecision:
    """The rate for a sale on this day; without a payer the client's country decides.

    Raises UnknownDriverError where the provider's policy isn't installed, PluginFaultError.
    """
    key = provider.tax["policy"]
    policy = kernel.extensions.pricing_policies.find_policy(TaxPolicy, key)
    company = session.get(Company, provider.company_id) if provider.company_id else None
    seller = company.country if company else provider.default_country
    if payer is not None:
        country, kind, number = payer.country, payer.kind, payer.vat_number
    else:
        country, kind, number = client.country if client else seller, INDIVIDUAL, ""
    situation = TaxSituation(
        seller,
        country,
        kind,
        number,
        provider.prices_include_tax,
        tuple(_rates(session, {seller, country}, today)),
        _parameters(provider.tax),
    )
    decision = kernel.extensions.consult(policy.decide, situation)
    try:
        checked_rate(decision.rate)
        checked_rate(decision.included_rate)
    except ValueError as error:
        owner = kernel.extensions.pricing_policies.owner(f"{policy.kind}.{key}")
        raise PluginFaultError(owner, f"{key}.decide", f"a rate {error}") from None
    return decision


def tax_errors(kernel: Kernel, tax: Mapping[str, Any], pointer: str = "/tax") -> list[FieldError]:
    """What is wrong with a provider's choice: ``policy`` with the parameters that it declares."""
    policies = kernel.extensions.pricing_policies.of_kind(TaxPolicy)
    policy = policies.get(str(tax.get("policy")))
    if policy is None:
        return [FieldError(f"{pointer}/policy", f"must be one of {', '.join(policies)}")]
    return check_fields(policy.parameters, _parameters(tax), pointer)[1]


def _parameters(tax: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tax.items() if key != "policy"}


def _rates(session: Session, countries: set[str], today: date) -> Sequence[RateView]:
    """The newest rate of each country and kind that holds on the day."""
    rows = session.scalars(
        select(TaxRate)
        .where(TaxRate.country.in_(countries), TaxRate.valid_from <= today)
        .order_by(TaxRate.valid_from)
    )
    newest = {(row.country, row.customer_kind): row for row in rows}
    return [RateView(row.country, row.customer_kind, row.rate, row.name) for row in newest.values()]
