"""A tariff plan as an administrator describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from billing_hookspecs import Money
from billing_kernel.domain.addons import AddonTerm
from billing_kernel.domain.examples import Example
from billing_kernel.domain.service_names import DOMAIN_TEMPLATE, USERNAME_TEMPLATE
from billing_kernel.domain.tariffs import (
    Choice,
    MinimumPeriod,
    PriceTerm,
    TariffPolicies,
    TariffTerms,
)


@dataclass(frozen=True, slots=True)
class TariffFields:
    """Everything that can be said of a tariff plan.

    ``addons`` of a new plan have the id 0; ``create_all_addons`` adds those that the product
    type gives to new plans.
    """

    provider_id: int
    product_type: str
    name: Mapping[str, str]
    prices: tuple[PriceTerm, ...] = ()
    processing_module_id: int | None = None
    description: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    sort: int = 1
    labels: tuple[str, ...] = ()
    icon: str = ""
    show_addon_icons: bool = False
    site_info: str = ""
    notes: str = ""
    end_on: date | None = None
    setup_fee: Money | None = None
    charging: Choice = field(default_factory=lambda: {"policy": "period"})
    policies: TariffPolicies = TariffPolicies()  # noqa: RUF009 it is frozen
    tariff_code: str = ""
    services_per_order_max: int = 1
    services_per_client_max: int | None = None
    minimum_period: MinimumPeriod | None = None
    auto_deletion_days: int | None = None
    allowed_client_group_ids: tuple[int, ...] = ()
    forbidden_client_group_ids: tuple[int, ...] = ()
    account_template: str = ""
    username_template: str = USERNAME_TEMPLATE
    domain_template: str = DOMAIN_TEMPLATE
    name_server_id: int | None = None
    quick_order: bool = False
    create_all_addons: bool = True
    activation_template_id: int | None = None
    agreement_template_id: int | None = None
    addons: tuple[AddonTerm, ...] = ()
    examples: tuple[Example, ...] = ()


def terms_of(currency: str, fields: TariffFields) -> TariffTerms:
    """What of the fields prices depend on."""
    return TariffTerms(
        currency=currency,
        prices=tuple(sorted(fields.prices, key=lambda term: term.period_months)),
        setup_fee=fields.setup_fee,
        charging=dict(fields.charging),
        tariff_code=fields.tariff_code,
        services_per_order_max=fields.services_per_order_max,
        services_per_client_max=fields.services_per_client_max,
        policies=fields.policies,
        addons=tuple(sorted(fields.addons, key=lambda addon: (addon.sort, addon.id))),
        minimum_period=fields.minimum_period,
        auto_deletion_days=fields.auto_deletion_days,
    )
