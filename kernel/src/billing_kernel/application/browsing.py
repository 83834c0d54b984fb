"""What may be ordered now, and by whom it is sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import (
    TariffNotForSaleError,
    is_for_sale,
    plan_for_sale,
    version_in_force,
)
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import ProcessingModule, Provider, TariffPlan, TariffVersion


@dataclass(frozen=True, slots=True)
class Offer:
    """A tariff plan that can be ordered today."""

    plan: TariffPlan
    terms: TariffTerms
    provider: Provider

    @property
    def order(self) -> tuple[int, str, int]:
        """By sort number; equal ones by name in the provider's language, ignoring case."""
        names = self.plan.name
        name = names.get(self.provider.default_language) or next(iter(names.values()), "")
        return (self.plan.sort, str(name).casefold(), self.plan.id)

    def sells(self, period_months: int) -> bool:
        """True if new orders may be for this period."""
        return any(
            term.orderable and term.period_months == period_months for term in self.terms.prices
        )


def offers(
    session: Session,
    kernel: Kernel,
    *,
    provider_id: int | None = None,
    product_type: str | None = None,
    label: str | None = None,
    period_months: int | None = None,
) -> list[Offer]:
    """Every tariff plan that can be ordered today, by filters."""
    statement = (
        select(TariffPlan, TariffVersion, Provider)
        .join(
            TariffVersion,
            (TariffVersion.tariff_plan_id == TariffPlan.id)
            & (TariffVersion.version == TariffPlan.version),
        )
        .join(Provider, Provider.id == TariffPlan.provider_id)
        .where(TariffPlan.is_enabled)
    )
    if provider_id is not None:
        statement = statement.where(TariffPlan.provider_id == provider_id)
    if product_type is not None:
        statement = statement.where(TariffPlan.product_type == product_type)
    modules = session.scalars(select(ProcessingModule).where(ProcessingModule.is_enabled)).all()
    enabled = [
        Offer(plan, read_terms(version.terms), provider)
        for plan, version, provider in session.execute(statement)
        if _is_provided(plan, modules)
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


def offer(session: Session, kernel: Kernel, plan_id: int, provider_id: int | None = None) -> Offer:
    """One tariff plan that can be ordered today; TariffNotForSaleError, MissingError."""
    plan = find(session, TariffPlan, plan_id)
    if provider_id is not None and plan.provider_id != provider_id:
        raise TariffNotForSaleError(f"tariff plan {plan_id} can't be ordered")
    provider = session.get_one(Provider, plan.provider_id)
    plan_for_sale(session, kernel, provider, plan.id, _today(kernel, provider))
    return Offer(plan, read_terms(version_in_force(session, plan).terms), provider)


def _today(kernel: Kernel, provider: Provider) -> date:
    return business_date(kernel.clock.now(), provider.time_zone)


def _is_provided(plan: TariffPlan, modules: Sequence[ProcessingModule]) -> bool:
    return any(
        plan.product_type in module.product_types and plan.processing_module_id in (None, module.id)
        for module in modules
    )
