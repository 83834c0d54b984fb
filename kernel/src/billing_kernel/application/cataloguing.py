"""Create and change tariff plans; every change of terms is a version of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    ChargingPolicy,
    FieldError,
    InvalidInputError,
    Money,
    check_fields,
)
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import version_in_force
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.tariffs import PriceTerm, TariffTerms, read_terms, terms_document
from billing_kernel.models import (
    Order,
    ProcessingModule,
    Provider,
    TariffPlan,
    TariffVersion,
)

PRICE_MAX_MINOR = 10**12


class TariffInUseError(ConflictError):
    """The tariff plan was sold; it can be disabled, not deleted."""

    code = "tariff.in_use"


class TariffUnpricedError(ConflictError):
    """A tariff plan without any price can't be enabled."""

    code = "tariff.unpriced"


@dataclass(frozen=True, slots=True)
class TariffFields:
    """A tariff plan as an administrator describes it."""

    provider_id: int
    product_type: str
    name: Mapping[str, str]
    prices: tuple[PriceTerm, ...] = ()
    processing_module_id: int | None = None
    description: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    sort: int = 1
    labels: tuple[str, ...] = ()
    notes: str = ""
    end_on: date | None = None
    setup_fee: Money | None = None
    charging: Mapping[str, Any] = field(default_factory=lambda: {"policy": "period"})
    tariff_code: str = ""
    services_per_order_max: int = 1
    services_per_client_max: int | None = None


def create_plan(session: Session, kernel: Kernel, fields: TariffFields, **more: Any) -> TariffPlan:
    """Create a tariff plan with its first version; raises InvalidInputError."""
    provider = find(session, Provider, fields.provider_id)
    check_fields_of(session, kernel, provider.currency, fields)
    if fields.enabled and not fields.prices:
        raise InvalidInputError(
            [FieldError("/prices", "must have a price for at least one period")]
        )
    plan = TariffPlan(provider_id=provider.id, product_type=fields.product_type, version=1, **more)
    _describe(plan, fields)
    session.add(plan)
    session.flush()
    session.add(
        TariffVersion(
            tariff_plan_id=plan.id,
            version=1,
            terms=terms_document(terms_of(provider.currency, fields)),
        )
    )
    session.flush()
    return plan


def change_plan(session: Session, kernel: Kernel, plan_id: int, fields: TariffFields) -> TariffPlan:
    """Change a tariff plan; changed terms become a new version, sold services keep theirs.

    Prices in a currency that the provider has left stay until they are set anew: until then
    the plan isn't for sale.
    """
    plan = find(session, TariffPlan, plan_id, lock=True)
    provider = session.get_one(Provider, plan.provider_id)
    present = read_terms(version_in_force(session, plan).terms)
    repriced = (fields.prices, fields.setup_fee) != (present.prices, present.setup_fee)
    currency = provider.currency if repriced else present.currency
    check_fields_of(session, kernel, currency, fields)
    terms = terms_of(currency, fields)
    if fields.enabled and not terms.prices:
        raise TariffUnpricedError("set a price for at least one period first")
    _describe(plan, fields)
    if terms != present:
        plan.version += 1
        session.add(
            TariffVersion(tariff_plan_id=plan.id, version=plan.version, terms=terms_document(terms))
        )
    session.flush()
    return plan


def fields_of(session: Session, plan: TariffPlan) -> TariffFields:
    """A plan's present fields, as the start of a change."""
    terms = read_terms(version_in_force(session, plan).terms)
    return TariffFields(
        provider_id=plan.provider_id,
        product_type=plan.product_type,
        name=plan.name,
        prices=terms.prices,
        processing_module_id=plan.processing_module_id,
        description=plan.description,
        enabled=plan.is_enabled,
        sort=plan.sort,
        labels=tuple(plan.labels),
        notes=plan.notes,
        end_on=plan.end_on,
        setup_fee=terms.setup_fee,
        charging=terms.charging,
        tariff_code=terms.tariff_code,
        services_per_order_max=terms.services_per_order_max,
        services_per_client_max=terms.services_per_client_max,
    )


def switch_plans(session: Session, plan_ids: list[int], *, enabled: bool) -> list[TariffPlan]:
    """Enable or disable several plans, all or none; raises TariffUnpricedError naming one."""
    plans = [find(session, TariffPlan, plan_id, lock=True) for plan_id in sorted(set(plan_ids))]
    for plan in plans:
        terms = read_terms(version_in_force(session, plan).terms)
        provider = session.get_one(Provider, plan.provider_id)
        if enabled and not (terms.prices and terms.currency == provider.currency):
            raise TariffUnpricedError(
                f"tariff plan {plan.id} has no price in {provider.currency}: "
                "set one for at least one period first"
            )
        plan.is_enabled = enabled
    return plans


def delete_plan(session: Session, plan_id: int) -> None:
    """Delete a plan that was never ordered, with its versions; TariffInUseError otherwise."""
    plan = find(session, TariffPlan, plan_id, lock=True)
    if session.scalar(select(Order.id).where(Order.tariff_plan_id == plan.id).limit(1)):
        raise TariffInUseError(f"tariff plan {plan.id} was ordered: disable it instead")
    session.execute(delete(TariffVersion).where(TariffVersion.tariff_plan_id == plan.id))
    session.delete(plan)


def terms_of(currency: str, fields: TariffFields) -> TariffTerms:
    """What the fields mean for prices."""
    return TariffTerms(
        currency=currency,
        prices=tuple(sorted(fields.prices, key=lambda term: term.period_months)),
        setup_fee=fields.setup_fee,
        charging=dict(fields.charging),
        tariff_code=fields.tariff_code,
        services_per_order_max=fields.services_per_order_max,
        services_per_client_max=fields.services_per_client_max,
    )


def check_fields_of(session: Session, kernel: Kernel, currency: str, fields: TariffFields) -> None:
    """Raise InvalidInputError with everything that is wrong with a plan's fields."""
    errors = [*_naming_errors(fields), *_price_errors(currency, fields)]
    if fields.product_type not in kernel.extensions.product_types:
        known = ", ".join(kernel.extensions.product_types.keys())
        errors.append(FieldError("/product_type", f"must be one of {known}"))
    errors += _charging_errors(kernel, fields)
    errors += _module_errors(session, fields)
    if errors:
        raise InvalidInputError(errors)


def _charging_errors(kernel: Kernel, fields: TariffFields) -> list[FieldError]:
    policies = kernel.extensions.pricing_policies.of_kind(ChargingPolicy)
    policy = policies.get(fields.charging.get("policy", ""))
    if policy is None:
        return [FieldError("/charging/policy", f"must be one of {', '.join(policies)}")]
    parameters = {name: value for name, value in fields.charging.items() if name != "policy"}
    return check_fields(policy.parameters, parameters, "/charging")[1]


def _naming_errors(fields: TariffFields) -> list[FieldError]:
    errors = []
    if not any(text.strip() for text in fields.name.values()):
        errors.append(FieldError("/name", "is required in at least one language"))
    if fields.sort < 1:
        errors.append(FieldError("/sort", "must be a natural number; the lowest comes first"))
    if not 1 <= fields.services_per_order_max <= 100:
        errors.append(FieldError("/services_per_order_max", "must be from 1 to 100"))
    most = fields.services_per_client_max
    if most is not None and most < 1:
        errors.append(FieldError("/services_per_client_max", "must be at least 1, or null"))
    return errors


def _price_errors(currency: str, fields: TariffFields) -> list[FieldError]:
    errors = []
    seen: set[int] = set()
    for index, term in enumerate(fields.prices):
        pointer = f"/prices/{index}"
        if term.period_months in seen:
            errors.append(FieldError(f"{pointer}/period_months", "is named twice"))
        if not 0 <= term.period_months <= 120:
            errors.append(FieldError(f"{pointer}/period_months", "must be from 0 to 120"))
        seen.add(term.period_months)
        errors += _money_errors(currency, term.price, f"{pointer}/price")
        if term.renewal_price is not None:
            errors += _money_errors(currency, term.renewal_price, f"{pointer}/renewal_price")
    if fields.setup_fee is not None:
        errors += _money_errors(currency, fields.setup_fee, "/setup_fee")
    return errors


def _money_errors(currency: str, money: Money, pointer: str) -> list[FieldError]:
    errors = []
    if money.currency != currency:
        detail = f"must be {currency}, the currency of the provider"
        errors.append(FieldError(f"{pointer}/currency", detail))
    if not 0 <= money.amount_minor <= PRICE_MAX_MINOR:
        errors.append(FieldError(f"{pointer}/amount_minor", f"must be from 0 to {PRICE_MAX_MINOR}"))
    return errors


def _module_errors(session: Session, fields: TariffFields) -> list[FieldError]:
    if fields.processing_module_id is None:
        return []
    module = session.get(ProcessingModule, fields.processing_module_id)
    if module is None:
        return [FieldError("/processing_module_id", "is not a processing module")]
    if fields.product_type not in module.product_types:
        return [
            FieldError("/processing_module_id", f"doesn't provide {fields.product_type} services")
        ]
    return []


def _describe(plan: TariffPlan, fields: TariffFields) -> None:
    plan.processing_module_id = fields.processing_module_id
    plan.name, plan.description = dict(fields.name), dict(fields.description)
    plan.is_enabled, plan.sort, plan.labels = fields.enabled, fields.sort, list(fields.labels)
    plan.notes, plan.end_on = fields.notes, fields.end_on
