"""Price what somebody wants to buy, without side effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Adjustment,
    Charge,
    ChargingPolicy,
    ChargingSituation,
    ClientView,
    FieldError,
    InvalidInputError,
    Money,
    Occasion,
    QuoteView,
    ServiceView,
    check_fields,
    text_in,
)
from billing_kernel.application.connecting import modules_for
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.taxing import decide_tax
from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import PricedItem, PricedLine, Situation, price_item
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import Client, Payer, Provider, TariffPlan, TariffVersion

QUANTITY_MAX = 100


class TariffNotForSaleError(MissingError):
    """The tariff plan is disabled, ended, or nothing can provide what it sells."""

    code = "tariff.not_for_sale"


@dataclass(frozen=True, slots=True)
class OrderItem:
    """What somebody wants to buy; prices never come from here."""

    tariff_plan_id: int
    period_months: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    addons: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    auto_renewal: bool = False
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class QuotedItem:
    """A priced item: ``item`` with its checked parameters, priced once for each service."""

    item: OrderItem
    plan: TariffPlan
    version: TariffVersion
    terms: TariffTerms
    name: str
    parameters: dict[str, Any]
    priced: PricedItem


@dataclass(frozen=True, slots=True)
class Quote:
    lines: tuple[PricedLine, ...]
    net: Money
    tax: Money
    total: Money
    expires_on: date | None


def quote_items(
    session: Session,
    kernel: Kernel,
    provider: Provider,
    items: Sequence[OrderItem],
    client: Client | None = None,
    payer: Payer | None = None,
) -> list[QuotedItem]:
    """Price items as of today.

    Raises InvalidInputError with pointers into ``items``, TariffNotForSaleError,
    PeriodNotSoldError, PluginFaultError.
    """
    return [
        quote_item(session, kernel, provider, item, client, payer, pointer=f"/items/{index}")
        for index, item in enumerate(items)
    ]


def quote_item(
    session: Session,
    kernel: Kernel,
    provider: Provider,
    item: OrderItem,
    client: Client | None = None,
    payer: Payer | None = None,
    *,
    pointer: str = "",
) -> QuotedItem:
    """Price one item as of today; see ``quote_items``."""
    today = business_date(kernel.clock.now(), provider.time_zone)
    plan = plan_for_sale(session, kernel, provider, item.tariff_plan_id, today)
    version = version_in_force(session, plan)
    terms = read_terms(version.terms)
    errors = _quantity_errors(item, terms, pointer)
    parameters, name, more = _checked_parameters(
        session, kernel, plan, item, client, terms, pointer
    )
    if errors + more:
        raise InvalidInputError(errors + more)
    tax = decide_tax(session, kernel, provider, client, payer, today)
    situation = Situation(
        Occasion.ORDER,
        item.period_months,
        today,
        today,
        described(plan, name, client),
        tax,
        provider.prices_include_tax,
    )
    priced = price(kernel, plan, terms, situation, client, item.quantity)
    return QuotedItem(item, plan, version, terms, name, parameters, priced)


def price(
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    situation: Situation,
    client: Client | None,
    quantity: int = 1,
) -> PricedItem:
    """Price one service by the tariff's policy and the plugins' adjustments."""
    policy = kernel.extensions.pricing_policies.find_policy(
        ChargingPolicy, terms.charging["policy"]
    )

    def adjust(net: Money) -> Sequence[tuple[str, Adjustment]]:
        return kernel.extensions.adjust_price(
            QuoteView(
                plan.provider_id,
                client.id if client else None,
                plan.product_type,
                plan.id,
                situation.occasion,
                situation.period_months,
                quantity,
                net,
            )
        )

    def charging(facts: ChargingSituation) -> Charge:
        return kernel.extensions.consult(policy.charge, facts)

    return price_item(terms, charging, situation, adjust)


def described(plan: TariffPlan, name: str, client: Client | None) -> str:
    """How a line names a service: by its tariff plan and its own name."""
    tariff = text_in(plan.name, client.language if client else "")
    return tariff if name in ("", tariff) else f"{tariff}: {name}"


def total_of(quoted: Sequence[QuotedItem], currency: str) -> Quote:
    """All lines, one for each service, and their sums."""
    lines = tuple(
        line for part in quoted for _ in range(part.item.quantity) for line in part.priced.lines
    )
    zero = Money.zero(currency)
    return Quote(
        lines,
        sum((line.net for line in lines), zero),
        sum((line.tax for line in lines), zero),
        sum((line.total for line in lines), zero),
        quoted[0].priced.expires_on if len(quoted) == 1 else None,
    )


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
    """Enabled, not ended, priced in the provider's currency, and its product type installed."""
    ended = plan.end_on is not None and today > plan.end_on
    return (
        plan.is_enabled
        and not ended
        and terms.currency == provider.currency
        and plan.product_type in kernel.extensions.product_types
    )


def version_in_force(session: Session, plan: TariffPlan) -> TariffVersion:
    """The version of a plan that new orders are sold under."""
    return session.scalars(
        select(TariffVersion).where(
            TariffVersion.tariff_plan_id == plan.id, TariffVersion.version == plan.version
        )
    ).one()


def _quantity_errors(item: OrderItem, terms: TariffTerms, pointer: str) -> list[FieldError]:
    most = min(terms.services_per_order_max, QUANTITY_MAX)
    if not 1 <= item.quantity <= most:
        return [FieldError(f"{pointer}/quantity", f"must be from 1 to {most}")]
    return []


def _checked_parameters(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    item: OrderItem,
    client: Client | None,
    terms: TariffTerms,
    pointer: str,
) -> tuple[dict[str, Any], str, list[FieldError]]:
    product_type = kernel.extensions.product_types.find(plan.product_type)
    parameters, errors = check_fields(
        product_type.order_form, item.parameters, f"{pointer}/parameters"
    )
    errors += [
        FieldError(f"{pointer}/addons/{name}", "is not an addon of this tariff plan")
        for name in item.addons
    ]
    name = item.name or str(parameters.get("name") or parameters.get("domain") or "")
    if not name:
        name = next(iter(plan.name.values()), "")
    if not errors:
        view = _view_of_order(plan, item, client, terms, name, parameters)
        driver = kernel.extensions.processing_modules.find(modules_for(session, plan)[0].driver)
        errors += [
            FieldError(pointer + error.pointer, error.detail)
            for error in kernel.extensions.consult(driver.validate_order, view)
        ]
    return parameters, name, errors


def _view_of_order(
    plan: TariffPlan,
    item: OrderItem,
    client: Client | None,
    terms: TariffTerms,
    name: str,
    parameters: Mapping[str, Any],
) -> ServiceView:
    who = (
        ClientView(client.id, client.name, client.email, client.country)
        if client
        else ClientView(0, "", "", "")
    )
    return ServiceView(
        0, "", plan.product_type, terms.tariff_code, name, item.period_months, who, parameters
    )
