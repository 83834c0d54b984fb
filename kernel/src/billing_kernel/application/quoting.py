"""Price what somebody wants to buy, without side effects."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Occasion, QuoteView, text_in
from billing_kernel.application.checking import OrderItem, check_item
from billing_kernel.application.connecting import modules_for
from billing_kernel.application.consulting import InstalledPolicies
from billing_kernel.application.entitling import refuse_unentitled
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.taxing import decide_tax
from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import PricedItem, Sale, price_item
from billing_kernel.domain.quotes import QuotePart
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import Client, Payer, Provider, TariffPlan, TariffVersion


class TariffNotForSaleError(MissingError):
    """The tariff plan is disabled, ended, or nothing can provide what it sells."""

    code = "tariff.not_for_sale"


@dataclass(frozen=True, slots=True)
class QuotedItem:
    """A priced item with its checked parameters and all addons, priced once for each service.

    One that isn't complete leaves parameters for later, where that may be.
    """

    item: OrderItem
    plan: TariffPlan
    version: TariffVersion
    terms: TariffTerms
    name: str
    parameters: dict[str, Any]
    addons: dict[str, Any]
    priced: PricedItem
    is_complete: bool


def quote_item(
    session: Session,
    kernel: Kernel,
    provider: Provider,
    item: OrderItem,
    client: Client | None = None,
    payer: Payer | None = None,
    *,
    as_of: date | None = None,
    pointer: str = "",
) -> QuotedItem:
    """Price one item as of a day, today if none is given.

    Raises InvalidInputError with ``pointer`` before each field's name, TariffNotForSaleError,
    TariffForbiddenError, PeriodTooShortError, QuantityTooLargeError, PeriodNotSoldError,
    AddonNotSoldError, PluginFaultError.
    """
    today = as_of or business_date(kernel.clock.now(), provider.time_zone)
    plan = plan_for_sale(session, kernel, provider, item.tariff_plan_id, today)
    version = version_in_force(session, plan)
    terms = read_terms(version.terms)
    refuse_unentitled(plan, terms, item, client, today)
    checked = check_item(
        session, kernel, plan, terms, item, client, pointer, may_lack=plan.quick_order
    )
    sale = Sale(
        Occasion.ORDER,
        item.period_months,
        today,
        today,
        described(plan, checked.name, client),
        view_of_sale(plan, terms, client, Occasion.ORDER, item.period_months, item.quantity),
        checked.addons,
        decide_tax(session, kernel, provider, client, payer, today),
        provider.prices_include_tax,
    )
    priced = price_item(terms, sale, InstalledPolicies(kernel))
    return QuotedItem(
        item,
        plan,
        version,
        terms,
        checked.name,
        checked.parameters,
        checked.addons,
        priced,
        checked.is_complete,
    )


def view_of_sale(
    plan: TariffPlan,
    terms: TariffTerms,
    client: Client | None,
    occasion: Occasion,
    period_months: int,
    quantity: int = 1,
) -> QuoteView:
    """A sale as price-adjusting plugins see it; its net amount is filled in line by line."""
    return QuoteView(
        plan.provider_id,
        client.id if client else None,
        plan.product_type,
        plan.id,
        occasion,
        period_months,
        quantity,
        Money.zero(terms.currency),
    )


def described(plan: TariffPlan, name: str, client: Client | None) -> str:
    """How a line names a service: by its tariff plan and its own name."""
    tariff = text_in(plan.name, client.language if client else "")
    return tariff if name in ("", tariff) else f"{tariff}: {name}"


def parts_of(quoted: QuotedItem) -> list[QuotePart]:
    """The lines of an item, once for each service."""
    return [
        QuotePart(line, quoted.plan.id)
        for _ in range(quoted.item.quantity)
        for line in quoted.priced.lines
    ]


def plan_for_sale(
    session: Session, kernel: Kernel, provider: Provider, plan_id: int, today: date
) -> TariffPlan:
    """A plan that may be ordered today; TariffNotForSaleError otherwise."""
    plan = find(session, TariffPlan, plan_id, provider_id=provider.id)
    terms = read_terms(version_in_force(session, plan).terms)
    if not is_for_sale(kernel, provider, plan, terms, today) or not modules_for(session, plan):
        raise TariffNotForSaleError(f"tariff plan {plan_id} can't be ordered")
    return plan


def is_for_sale(
    kernel: Kernel, provider: Provider, plan: TariffPlan, terms: TariffTerms, today: date
) -> bool:
    """Enabled, not ended, priced in the provider's currency, and its product type installed.

    Nor may one of its worked examples come to something else than what is expected of it.
    """
    ended = plan.end_on is not None and today > plan.end_on
    return (
        plan.is_enabled
        and not ended
        and terms.currency == provider.currency
        and plan.product_type in kernel.extensions.product_types
        and not plan.examples_differ
    )


def version_in_force(session: Session, plan: TariffPlan) -> TariffVersion:
    """The version of a plan that new orders are sold under."""
    return session.scalars(
        select(TariffVersion).where(
            TariffVersion.tariff_plan_id == plan.id, TariffVersion.version == plan.version
        )
    ).one()
