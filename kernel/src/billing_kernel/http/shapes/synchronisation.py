"""Imported tariff plans beside what their upstream sells now."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Self

from msgspec import Meta

from billing_kernel import models
from billing_kernel.application.synchronising import ChangedTariff, Differences
from billing_kernel.domain.upstream_costs import CostChange
from billing_kernel.http.shapes.base import Answer, Body, FieldName, RowId
from billing_kernel.http.shapes.connections import ImportableTariffAnswer


class SyncTariffPlans(Body):
    """Which differences to take over; none of them, with ``dry_run`` or without ``accept``.

    ``provider_id`` says who sells what is new; it may be left out where there is one choice.
    """

    EXAMPLE = {"accept": ["55228"]}

    dry_run: bool = False
    accept: Annotated[list[FieldName], Meta(max_length=500)] = []
    provider_id: RowId | None = None


class GoneTariffPlan(Answer):
    """A tariff plan whose tariff the upstream doesn't sell any more."""

    tariff_plan_id: int
    external_id: str
    product_type: str
    name: Mapping[str, str]
    enabled: bool

    @classmethod
    def of(cls, row: models.TariffPlan) -> Self:
        return cls(
            tariff_plan_id=row.id,
            external_id=row.external_id or "",
            product_type=row.product_type,
            name=row.name,
            enabled=row.is_enabled,
        )


class ChangedTariffPlan(Answer):
    """A tariff plan whose upstream asks other costs.

    ``gone_on`` is set where the upstream sells again what it had stopped to sell.
    """

    tariff_plan_id: int
    external_id: str
    product_type: str
    name: Mapping[str, str]
    gone_on: date | None
    costs: list[CostChange]

    @classmethod
    def of(cls, change: ChangedTariff) -> Self:
        return cls(
            tariff_plan_id=change.plan.id,
            external_id=change.tariff.external_id,
            product_type=change.plan.product_type,
            name=change.plan.name,
            gone_on=change.plan.upstream_gone_on,
            costs=list(change.costs),
        )


class TariffDifferences(Answer):
    """What is still different, and the tariff plans that something was taken over for."""

    new: list[ImportableTariffAnswer]
    gone: list[GoneTariffPlan]
    changed: list[ChangedTariffPlan]
    applied: list[int]

    @classmethod
    def of(cls, found: Differences, applied: Sequence[models.TariffPlan] = ()) -> Self:
        return cls(
            new=[ImportableTariffAnswer.of(tariff) for tariff in found.new],
            gone=[GoneTariffPlan.of(plan) for plan in found.gone],
            changed=[ChangedTariffPlan.of(change) for change in found.changed],
            applied=[plan.id for plan in applied],
        )
