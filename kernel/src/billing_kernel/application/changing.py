"""Price changes of running services: to another tariff plan, to other amounts of addons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import InvalidInputError, Occasion
from billing_kernel.application.bundling import (
    BundleFixedError,
    bundled_names,
    refuse_bundled,
)
from billing_kernel.application.buying import bought_lines
from billing_kernel.application.checking import check_addons
from billing_kernel.application.consulting import InstalledPolicies, charging_policy
from billing_kernel.application.entitling import refuse_forbidden
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import (
    described,
    plan_for_sale,
    version_in_force,
    view_of_sale,
)
from billing_kernel.application.starting import refuse_being_deleted
from billing_kernel.application.taxing import decide_tax
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.paid import Paid, read_paid
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import Sale
from billing_kernel.domain.repricing import (
    ChangeImpossibleError,
    PricedChange,
    Running,
    kept_addons,
    price_addon_change,
    price_tariff_change,
)
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import TariffTerms, price_for, read_terms
from billing_kernel.models import Client, Payer, Provider, Service, TariffPlan, TariffVersion

CHANGEABLE = (ServiceState.ACTIVE, ServiceState.SUSPENDED)


class NotChangeableError(ConflictError):
    """The service isn't active or suspended, or nothing was paid for it yet."""

    code = "service.not_changeable"


@dataclass(frozen=True, slots=True)
class ChangeTariff:
    """``period_months`` None keeps the service's own."""

    tariff_plan_id: int
    period_months: int | None = None


def quote_tariff_change(
    session: Session,
    kernel: Kernel,
    service: Service,
    command: ChangeTariff,
    payer: Payer | None = None,
    *,
    as_of: date | None = None,
    after: Paid | None = None,
) -> PricedChange:
    """Price the way to another tariff plan as of a day, today if none is given.

    Services that are charged daily pay nothing now: the next day costs more or less.

    ``after`` is a renewal that is bought together with it and comes first.

    Raises NotChangeableError, TariffNotForSaleError, TariffForbiddenError,
    ChangeImpossibleError, PolicyObjectsError, PeriodNotSoldError, AddonNotSoldError,
    PluginFaultError.
    """
    terms = _sold_terms(session, service)
    client = session.get_one(Client, service.client_id)
    provider = session.get_one(Provider, service.provider_id)
    today = as_of or business_date(kernel.clock.now(), provider.time_zone)
    plan = plan_for_sale(session, kernel, provider, command.tariff_plan_id, today)
    new_terms = read_terms(version_in_force(session, plan).terms)
    refuse_forbidden(plan, client)
    _refuse_impossible(kernel, service, terms, plan, new_terms)
    if _bundled(kernel, service, terms) or bundled_names(
        kernel, service.product_type, new_terms, kept_addons(new_terms, service.addons)
    ):
        raise BundleFixedError("another tariff plan isn't possible with what is bundled")
    today = _first_day(today, after)
    text = f"Change of {service.name} to {described(plan, '', client)}"
    months = command.period_months or service.period_months
    sale = _sale(session, kernel, plan, new_terms, service, payer, today, text, months)
    if charging_policy(kernel, terms.charging).charges_daily:
        # Its days are priced one by one, by the price of a period that there must be.
        price_for(new_terms, months, renewal=True)
        return PricedChange((), None, kept_addons(new_terms, service.addons))
    running = _running(session, service, terms, after)
    return price_tariff_change(running, new_terms, plan.id, sale, InstalledPolicies(kernel))


def quote_addon_change(
    session: Session,
    kernel: Kernel,
    service: Service,
    addons: Mapping[str, Any],
    payer: Payer | None = None,
    *,
    as_of: date | None = None,
    after: Paid | None = None,
    pointer: str = "/addons",
) -> PricedChange:
    """Price other amounts of some addons, by the terms that the service was sold under.

    Services that are charged daily pay nothing now: the next day costs more or less. Raises
    NotChangeableError, InvalidInputError with ``pointer``, AddonNotSoldError,
    PolicyObjectsError, PluginFaultError.
    """
    terms = _sold_terms(session, service)
    amounts, errors = check_addons(terms, addons, pointer)
    if errors:
        raise InvalidInputError(errors)
    after_change = {**service.addons, **amounts}
    names = bundled_names(kernel, service.product_type, terms, after_change)
    if names != _bundled(kernel, service, terms):
        raise BundleFixedError("what is bundled with a service is chosen when it is ordered")
    if charging_policy(kernel, terms.charging).charges_daily:
        return PricedChange((), None, {**service.addons, **amounts})
    plan = session.get_one(TariffPlan, service.tariff_plan_id)
    provider = session.get_one(Provider, service.provider_id)
    today = as_of or business_date(kernel.clock.now(), provider.time_zone)
    today = _first_day(today, after)
    running = _running(session, service, terms, after)
    sale = _sale(
        session, kernel, plan, terms, service, payer, today, service.name, running.paid.months
    )
    return price_addon_change(running, amounts, sale, InstalledPolicies(kernel))


def _bundled(kernel: Kernel, service: Service, terms: TariffTerms) -> dict[str, str]:
    return bundled_names(kernel, service.product_type, terms, service.addons)


def _sold_terms(session: Session, service: Service) -> TariffTerms:
    refuse_bundled(session, service)
    refuse_being_deleted(service)
    if service.status not in CHANGEABLE:
        raise NotChangeableError(f"service {service.id} is {service.status}")
    return read_terms(session.get_one(TariffVersion, service.tariff_version_id).terms)


def _first_day(today: date, after: Paid | None) -> date:
    return today if after is None else max(today, after.start_on)


def _running(session: Session, service: Service, terms: TariffTerms, after: Paid | None) -> Running:
    if after is not None:
        # What pays for its days is about to be invoiced, taxed as it is today.
        return Running(
            terms, after, service.addons, after.end_on, after.start_on, service.tariff_plan_id
        )
    paid = read_paid(service.paid)
    if paid is None or service.expires_on is None or service.anchor_on is None:
        raise NotChangeableError(f"service {service.id} has no paid period to change within")
    return Running(
        terms,
        paid,
        service.addons,
        service.expires_on,
        service.anchor_on,
        service.tariff_plan_id,
        bought_lines(session, service, paid.price.currency),
    )


def _refuse_impossible(
    kernel: Kernel, service: Service, terms: TariffTerms, plan: TariffPlan, new_terms: TariffTerms
) -> None:
    if plan.id == service.tariff_plan_id:
        raise ChangeImpossibleError("the service has this tariff plan already")
    if plan.product_type != service.product_type:
        raise ChangeImpossibleError(
            f"a {service.product_type} service can't become a {plan.product_type}"
        )
    old, new = (charging_policy(kernel, each.charging) for each in (terms, new_terms))
    if old.charges_daily is not new.charges_daily:
        raise ChangeImpossibleError(
            "one of the two tariff plans is charged daily and the other is not"
        )


def _sale(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    service: Service,
    payer: Payer | None,
    today: date,
    text: str,
    months: int,
) -> Sale:
    client = session.get_one(Client, service.client_id)
    provider = session.get_one(Provider, service.provider_id)
    return Sale(
        Occasion.CHANGE,
        months,
        today,
        today,
        text,
        view_of_sale(plan, terms, client, Occasion.CHANGE, months),
        service.addons,
        decide_tax(session, kernel, provider, client, payer, today),
        provider.prices_include_tax,
    )
