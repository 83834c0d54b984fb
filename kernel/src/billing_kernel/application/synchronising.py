"""Compare imported tariff plans with what their upstream sells now, and accept what changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, ImportableTariff, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.importing import import_tariff
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.upstream_costs import (
    CostChange,
    cost_changes,
    costs_document,
    costs_of,
    read_costs,
)
from billing_kernel.models import ProcessingModule, Provider, TariffPlan


@dataclass(frozen=True, slots=True)
class ChangedTariff:
    """A plan whose upstream asks other costs, or sells its tariff again."""

    plan: TariffPlan
    tariff: ImportableTariff
    costs: tuple[CostChange, ...]

    @property
    def is_back(self) -> bool:
        return self.plan.upstream_gone_on is not None


@dataclass(frozen=True, slots=True)
class Differences:
    """What an upstream sells and we don't, what we have and it doesn't sell, what changed."""

    new: tuple[ImportableTariff, ...]
    gone: tuple[TariffPlan, ...]
    changed: tuple[ChangedTariff, ...]

    def external_ids(self) -> set[str]:
        plans = (*self.gone, *(change.plan for change in self.changed))
        known = {plan.external_id for plan in plans if plan.external_id is not None}
        return known | {tariff.external_id for tariff in self.new}


def compare_tariffs(
    session: Session, module_id: int, offered: Sequence[ImportableTariff]
) -> Differences:
    """Compare a module's imported plans with ``offered``, what ``importable_tariffs`` answered."""
    find(session, ProcessingModule, module_id)
    sold = {(tariff.product_type, tariff.external_id): tariff for tariff in offered}
    plans = list(_imported_plans(session, module_id))
    imported = {(plan.product_type, plan.external_id) for plan in plans}
    return Differences(
        new=tuple(tariff for key, tariff in sold.items() if key not in imported),
        gone=tuple(
            plan
            for plan in plans
            if (plan.product_type, plan.external_id) not in sold and plan.upstream_gone_on is None
        ),
        changed=tuple(_changed(plans, sold)),
    )


def accept_tariffs(
    session: Session,
    kernel: Kernel,
    module_id: int,
    accepted: Sequence[str],
    offered: Sequence[ImportableTariff],
    provider_id: int | None = None,
) -> list[TariffPlan]:
    """Take over the differences with these external ids; the plans that were touched.

    Costs are written beside the client's prices, which stay as they are. What is new arrives
    disabled and unpriced, for ``provider_id``; it may be left out where there is no choice.
    What is gone is marked and taken off sale; services of it go on. Raises InvalidInputError.
    """
    found = compare_tariffs(session, module_id, offered)
    chosen = set(accepted)
    new = [tariff for tariff in found.new if tariff.external_id in chosen]
    errors = [
        FieldError(f"/accept/{index}", "is not among the differences")
        for index, external_id in enumerate(accepted)
        if external_id not in found.external_ids()
    ]
    seller_id = _seller(session, module_id, provider_id) if new else None
    if new and seller_id is None:
        errors.append(FieldError("/provider_id", "is required: who sells what is new?"))
    if errors:
        raise InvalidInputError(errors)
    touched = [
        _take_over(session, change) for change in found.changed if _is_in(chosen, change.plan)
    ]
    touched += [_mark_gone(session, kernel, plan) for plan in found.gone if _is_in(chosen, plan)]
    if seller_id is not None:
        touched += [import_tariff(session, kernel, module_id, seller_id, tariff) for tariff in new]
    session.flush()
    return touched


def _imported_plans(session: Session, module_id: int) -> Iterator[TariffPlan]:
    yield from session.scalars(
        select(TariffPlan)
        .where(
            TariffPlan.processing_module_id == module_id,
            TariffPlan.external_id.is_not(None),
        )
        .order_by(TariffPlan.id)
    )


def _changed(
    plans: Sequence[TariffPlan], sold: dict[tuple[str, str], ImportableTariff]
) -> Iterator[ChangedTariff]:
    for plan in plans:
        tariff = sold.get((plan.product_type, plan.external_id or ""))
        if tariff is None:
            continue
        change = ChangedTariff(
            plan, tariff, cost_changes(read_costs(plan.upstream_costs), costs_of(tariff))
        )
        if change.costs or change.is_back:
            yield change


def _is_in(chosen: set[str], plan: TariffPlan) -> bool:
    return plan.external_id in chosen


def _take_over(session: Session, change: ChangedTariff) -> TariffPlan:
    plan = find(session, TariffPlan, change.plan.id, lock=True)
    plan.upstream_costs = costs_document(costs_of(change.tariff))
    plan.upstream_gone_on = None
    return plan


def _mark_gone(session: Session, kernel: Kernel, plan: TariffPlan) -> TariffPlan:
    plan = find(session, TariffPlan, plan.id, lock=True)
    provider = session.get_one(Provider, plan.provider_id)
    plan.upstream_gone_on = business_date(kernel.clock.now(), provider.time_zone)
    plan.is_enabled = False
    return plan


def _seller(session: Session, module_id: int, provider_id: int | None) -> int | None:
    """Who sells what is new: the one that is named, or the only one that it can be."""
    if provider_id is not None:
        return provider_id
    sellers = {plan.provider_id for plan in _imported_plans(session, module_id)}
    ids = sellers or set(session.scalars(select(Provider.id).limit(2)))
    return ids.pop() if len(ids) == 1 else None
