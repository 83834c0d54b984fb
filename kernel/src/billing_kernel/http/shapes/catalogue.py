"""Tariff plans as administrators see them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Self, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.domain.examples import read_examples
from billing_kernel.domain.service_names import DOMAIN_TEMPLATE, USERNAME_TEMPLATE
from billing_kernel.domain.tariff_fields import TariffFields
from billing_kernel.domain.tariffs import MinimumPeriod, TariffPolicies, TariffTerms
from billing_kernel.domain.upstream_costs import Margin, TariffCost, margins, read_costs
from billing_kernel.http.shapes.base import (
    Amount,
    Answer,
    Body,
    FieldName,
    Line,
    Localised,
    LocalisedText,
    OptionalLine,
    RowId,
    Scalar,
    Sort,
    Text,
    given,
)
from billing_kernel.http.shapes.examples import ExampleAnswer, Examples
from billing_kernel.http.shapes.prices import Price, Prices

ICON_MAX_CHARACTERS = 100_000

Labels: TypeAlias = Annotated[list[Line], Meta(max_length=100)]
RowIds: TypeAlias = Annotated[list[RowId], Meta(max_length=500)]
Icon: TypeAlias = Annotated[str, Meta(max_length=ICON_MAX_CHARACTERS)]
Group: TypeAlias = Annotated[dict[FieldName, Scalar], Meta(max_length=10)]
Choice: TypeAlias = Annotated[dict[FieldName, Scalar | Group], Meta(max_length=100)]
"""A policy by its name, and its parameters beside it; the policy's own form checks them."""


class PoliciesBody(Body):
    """Which policy decides what; what is left out stays, of a new plan the standard."""

    late_renewal_fee: Choice | UnsetType = UNSET
    tariff_change: Choice | UnsetType = UNSET
    addon_order: Choice | UnsetType = UNSET
    addon_cancellation: Choice | UnsetType = UNSET
    weekend_suspension: Choice | UnsetType = UNSET

    def over(self, present: TariffPolicies) -> TariffPolicies:
        """The present choices with those that were sent in their place."""
        return msgspec.structs.replace(present, **given(self))


class CreateTariffPlan(Body):
    """A new tariff plan; it is for sale at once unless ``enabled`` is false."""

    EXAMPLE = {
        "provider_id": 1,
        "product_type": "vps",
        "name": {"en": "Small", "de": "Klein"},
        "prices": [
            {"period_months": 1, "price": {"amount_minor": 500, "currency": "EUR"}},
            {"period_months": 12, "price": {"amount_minor": 5000, "currency": "EUR"}},
        ],
        "charging": {"policy": "calendar", "pro_rata_day": 15},
        "policies": {"late_renewal_fee": {"policy": "percent", "percent": "50"}},
        "processing_module_id": 1,
    }

    provider_id: RowId
    product_type: FieldName
    name: Localised
    prices: Prices = []
    processing_module_id: RowId | None = None
    description: LocalisedText = {}
    enabled: bool = True
    sort: Sort = 1
    labels: Labels = []
    icon: Icon = ""
    show_addon_icons: bool = False
    site_info: Text = ""
    notes: Text = ""
    end_on: date | None = None
    setup_fee: Amount | None = None
    charging: Choice = field(default_factory=lambda: {"policy": "period"})
    policies: PoliciesBody = field(default_factory=PoliciesBody)
    tariff_code: OptionalLine = ""
    services_per_order_max: int = 1
    services_per_client_max: int | None = None
    minimum_period: MinimumPeriod | None = None
    auto_deletion_days: int | None = None
    allowed_client_group_ids: RowIds = []
    forbidden_client_group_ids: RowIds = []
    account_template: OptionalLine = ""
    username_template: OptionalLine = USERNAME_TEMPLATE
    domain_template: OptionalLine = DOMAIN_TEMPLATE
    name_server_id: RowId | None = None
    quick_order: bool = False
    create_all_addons: bool = True
    activation_template_id: RowId | None = None
    agreement_template_id: RowId | None = None
    examples: Examples = []

    def fields(self) -> TariffFields:
        """What was sent, as the application's values."""
        return TariffFields(**_converted(msgspec.structs.asdict(self), TariffPolicies()))


class ChangeTariffPlan(Body):
    """What is to be another; what is left out stays. Sold services keep their terms."""

    name: Localised | UnsetType = UNSET
    prices: Prices | UnsetType = UNSET
    processing_module_id: RowId | UnsetType | None = UNSET
    description: LocalisedText | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    icon: Icon | UnsetType = UNSET
    show_addon_icons: bool | UnsetType = UNSET
    site_info: Text | UnsetType = UNSET
    notes: Text | UnsetType = UNSET
    end_on: date | UnsetType | None = UNSET
    setup_fee: Amount | UnsetType | None = UNSET
    charging: Choice | UnsetType = UNSET
    policies: PoliciesBody | UnsetType = UNSET
    tariff_code: OptionalLine | UnsetType = UNSET
    services_per_order_max: int | UnsetType = UNSET
    services_per_client_max: int | UnsetType | None = UNSET
    minimum_period: MinimumPeriod | UnsetType | None = UNSET
    auto_deletion_days: int | UnsetType | None = UNSET
    allowed_client_group_ids: RowIds | UnsetType = UNSET
    forbidden_client_group_ids: RowIds | UnsetType = UNSET
    account_template: OptionalLine | UnsetType = UNSET
    username_template: OptionalLine | UnsetType = UNSET
    domain_template: OptionalLine | UnsetType = UNSET
    name_server_id: RowId | UnsetType | None = UNSET
    quick_order: bool | UnsetType = UNSET
    create_all_addons: bool | UnsetType = UNSET
    activation_template_id: RowId | UnsetType | None = UNSET
    agreement_template_id: RowId | UnsetType | None = UNSET
    examples: Examples | UnsetType = UNSET

    def over(self, present: TariffFields) -> TariffFields:
        """The present fields with what was sent in their place."""
        return replace(present, **_converted(given(self), present.policies))


class TariffPlan(Answer):
    """A tariff plan; ``version`` counts changes of what prices and services depend on."""

    id: int
    provider_id: int
    product_type: str
    processing_module_id: int | None
    external_id: str | None
    name: Mapping[str, str]
    description: Mapping[str, str]
    enabled: bool
    sort: int
    labels: list[str]
    icon: str
    show_addon_icons: bool
    site_info: str
    notes: str
    end_on: date | None
    version: int
    prices: list[Price]
    setup_fee: Money | None
    charging: dict[str, Any]
    policies: dict[str, dict[str, Any]]
    tariff_code: str
    services_per_order_max: int
    services_per_client_max: int | None
    minimum_period: MinimumPeriod | None
    auto_deletion_days: int | None
    allowed_client_group_ids: list[int]
    forbidden_client_group_ids: list[int]
    account_template: str
    username_template: str
    domain_template: str
    name_server_id: int | None
    quick_order: bool
    create_all_addons: bool
    activation_template_id: int | None
    agreement_template_id: int | None
    upstream_costs: list[TariffCost]
    upstream_gone_on: date | None
    margins: list[Margin]
    examples: list[ExampleAnswer]

    @classmethod
    def of(cls, row: models.TariffPlan, terms: TariffTerms) -> Self:
        costs = read_costs(row.upstream_costs)
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            product_type=row.product_type,
            processing_module_id=row.processing_module_id,
            external_id=row.external_id,
            name=row.name,
            description=row.description,
            enabled=row.is_enabled,
            sort=row.sort,
            labels=row.labels,
            icon=row.icon,
            show_addon_icons=row.show_addon_icons,
            site_info=row.site_info,
            notes=row.notes,
            end_on=row.end_on,
            version=row.version,
            prices=[Price.of(term) for term in terms.prices],
            setup_fee=terms.setup_fee,
            charging=terms.charging,
            policies=msgspec.to_builtins(terms.policies),
            tariff_code=terms.tariff_code,
            services_per_order_max=terms.services_per_order_max,
            services_per_client_max=terms.services_per_client_max,
            minimum_period=terms.minimum_period,
            auto_deletion_days=terms.auto_deletion_days,
            allowed_client_group_ids=row.allowed_client_group_ids,
            forbidden_client_group_ids=row.forbidden_client_group_ids,
            account_template=row.account_template,
            username_template=row.username_template,
            domain_template=row.domain_template,
            name_server_id=row.name_server_id,
            quick_order=row.quick_order,
            create_all_addons=row.create_all_addons,
            activation_template_id=row.activation_template_id,
            agreement_template_id=row.agreement_template_id,
            upstream_costs=list(costs),
            upstream_gone_on=row.upstream_gone_on,
            margins=list(margins(terms, costs)),
            examples=[ExampleAnswer.of(it) for it in read_examples(row.examples)],
        )


class TariffPlans(Answer):
    """Several tariff plans."""

    items: list[TariffPlan]


class TariffPlanIds(Body):
    """The tariff plans to enable or to disable."""

    ids: Annotated[list[RowId], Meta(min_length=1, max_length=500)]


def _converted(sent: dict[str, Any], policies: TariffPolicies) -> dict[str, Any]:
    """What was sent as the application's values: money, price terms, policies, tuples."""
    fields = dict(sent)
    if "prices" in fields:
        fields["prices"] = tuple(price.term() for price in fields["prices"])
    for name in ("labels", "allowed_client_group_ids", "forbidden_client_group_ids"):
        if name in fields:
            fields[name] = tuple(fields[name])
    if "examples" in fields:
        fields["examples"] = tuple(example.example() for example in fields["examples"])
    if isinstance(fields.get("setup_fee"), Amount):
        fields["setup_fee"] = fields["setup_fee"].money()
    if "policies" in fields:
        fields["policies"] = fields["policies"].over(policies)
    return fields
