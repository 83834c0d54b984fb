"""What may be ordered now, by whom, and who sells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.application.entitling import may_order, refuse_forbidden
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import (
    TariffNotForSaleError,
    is_for_sale,
    plan_for_sale,
    version_in_force,
)
from billing_kernel.domain.minimum_periods import orderable_prices
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.tariffs import PriceTerm, TariffTerms, read_terms
from billing_kernel.models import (
    Client,
    DocumentTemplate,
    ProcessingModule,
    Provider,
    TariffPlan,
    TariffVersion,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A tariff plan that can be ordered today, at these prices.

    ``agreement`` is the text that orders must accept, by language; None where there is none.
    """

    plan: TariffPlan
    terms: TariffTerms
    provider: Provider
    prices: tuple[PriceTerm, ...]
    agreement: Mapping[str, Any] | None = None

    @property
    def order(self) -> tuple[int, str, int]:
        """By sort number; equal ones by name in the provider's language, ignoring case."""
        names = self.plan.name
        name = names.get(self.provider.default_language) or next(iter(names.values()), "")
        return (self.plan.sort, str(name).casefold(), self.plan.id)

    def sells(self, period_months: int) -> bool:
        """True if new orders may be for this period."""
        return any(term.period_months == period_months for term in self.prices)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom offers are for: a client, a guest (None), or somebody who sees all of them."""

    client: Client | None = None
    sees_all: bool = False

    def may_see(self, plan: TariffPlan) -> bool:
        """True for what this client, or a client without a group, may order."""
        if self.sees_all:
            return True
        if self.client is not None and plan.provider_id != self.client.provider_id:
            return False
        return may_order(plan, self.client.client_group_id if self.client else None)


def offers(
    session: Session,
    kernel: Kernel,
    audience: Audience,
    *,
    provider_id: int | None = None,
    product_type: str | None = None,
    label: str | None = None,
    period_months: int | None = None,
) -> list[Offer]:
    """Every tariff plan that the audience can order today, by filters."""
    in_force = (TariffVersion.tariff_plan_id == TariffPlan.id) & (
        TariffVersion.version == TariffPlan.version
    )
    statement = (
        select(TariffPlan, TariffVersion, Provider)
        .join(TariffVersion, in_force)
        .join(Provider, Provider.id == TariffPlan.provider_id)
        .where(TariffPlan.is_enabled)
    )
    if audience.client is not None:
        statement = statement.where(TariffPlan.provider_id == audience.client.provider_id)
    elif provider_id is not None:
        statement = statement.where(TariffPlan.provider_id == provider_id)
    if product_type is not None:
        statement = statement.where(TariffPlan.product_type == product_type)
    modules = session.scalars(select(ProcessingModule).where(ProcessingModule.is_enabled)).all()
    enabled = [
        _offered(session, kernel, plan, read_terms(version.terms), provider)
        for plan, version, provider in session.execute(statement)
        if _is_provided(plan, modules) and audience.may_see(plan)
    ]
    return [
        offer
        for offer in enabled
        if is_for_sale(
            kernel, offer.provider, offer.plan, offer.terms, _today(kernel, offer.provider)
        )
        and (label is None or label in offer.plan.labels)
        and (period_months is None or offer.sells(period_months))
    ]


def offer(session: Session, kernel: Kernel, audience: Audience, plan_id: int) -> Offer:
    """One tariff plan that can be ordered today.

    Raises MissingError, TariffNotForSaleError, TariffForbiddenError for a client whose group
    may not order it.
    """
    plan = find(session, TariffPlan, plan_id)
    client = audience.client
    if client is not None and plan.provider_id == client.provider_id:
        refuse_forbidden(plan, client)
    if not audience.may_see(plan):
        raise TariffNotForSaleError(f"tariff plan {plan_id} can't be ordered")
    provider = session.get_one(Provider, plan.provider_id)
    plan_for_sale(session, kernel, provider, plan.id, _today(kernel, provider))
    terms = read_terms(version_in_force(session, plan).terms)
    return _offered(session, kernel, plan, terms, provider)


def _offered(
    session: Session, kernel: Kernel, plan: TariffPlan, terms: TariffTerms, provider: Provider
) -> Offer:
    agreement = None
    if plan.agreement_template_id is not None:
        agreement = session.get_one(DocumentTemplate, plan.agreement_template_id).body
    prices = orderable_prices(terms, _today(kernel, provider))
    return Offer(plan, terms, provider, prices, agreement)


def _today(kernel: Kernel, provider: Provider) -> date:
    return business_date(kernel.clock.now(), provider.time_zone)


def _is_provided(plan: TariffPlan, modules: Sequence[ProcessingModule]) -> bool:
    return any(
        plan.product_type in module.product_types and plan.processing_module_id in (None, module.id)
        for module in modules
    )
