"""Tariff plans as those see them who may order them."""

from datetime import date
from typing import Any, Self

from billing_hookspecs import Money, ProductType, json_schema
from billing_kernel.application.browsing import Offer
from billing_kernel.domain.tariffs import MinimumPeriod
from billing_kernel.http.languages import Languages
from billing_kernel.http.shapes.addons import AddonOffer
from billing_kernel.http.shapes.base import Answer
from billing_kernel.http.shapes.prices import Price


class TariffPlanOffer(Answer):
    """A tariff plan that can be ordered; ``agreement`` is a text that orders must accept.

    ``description`` is Markdown, ``icon`` a data URI to be shown as an image.
    """

    id: int
    provider_id: int
    product_type: str
    name: str
    description: str
    icon: str
    show_addon_icons: bool
    labels: list[str]
    prices: list[Price]
    setup_fee: Money | None
    charging: dict[str, Any]
    minimum_period: MinimumPeriod | None
    services_per_order_max: int
    end_on: date | None
    quick_order: bool
    agreement: str | None
    addons: list[AddonOffer]
    order_form: dict[str, Any]

    @classmethod
    def of(cls, offer: Offer, product_type: ProductType, languages: Languages) -> Self:
        plan, terms, default = offer.plan, offer.terms, offer.provider.default_language
        agreement = offer.agreement
        return cls(
            id=plan.id,
            provider_id=plan.provider_id,
            product_type=plan.product_type,
            name=languages.text(plan.name, default),
            description=languages.text(plan.description, default),
            icon=plan.icon,
            show_addon_icons=plan.show_addon_icons,
            labels=plan.labels,
            prices=[Price.of(term) for term in offer.prices],
            setup_fee=terms.setup_fee,
            charging=terms.charging,
            minimum_period=terms.minimum_period,
            services_per_order_max=terms.services_per_order_max,
            end_on=plan.end_on,
            quick_order=plan.quick_order,
            agreement=languages.text(agreement, default) if agreement else None,
            addons=[
                AddonOffer.of(addon, languages, default) for addon in terms.addons if addon.enabled
            ],
            order_form=json_schema(product_type.order_form, languages.best(default)),
        )
