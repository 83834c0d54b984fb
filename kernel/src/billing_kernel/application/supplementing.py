"""Give tariff plans addons; every change of one is a version of its plan."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, ProductType, ResourceType
from billing_kernel.application.carting import drop_addon
from billing_kernel.application.cataloguing import addon_id, renew_terms, terms_in_force
from billing_kernel.application.exemplifying import require_agreement
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.addon_rules import addon_errors, default_term, fitted_term
from billing_kernel.domain.addons import AddonTerm, ValuePrices
from billing_kernel.domain.errors import ConflictError, MissingError
from billing_kernel.domain.tariff_amounts import addon_pointer, amount_errors, currency_of
from billing_kernel.domain.tariffs import TariffTerms
from billing_kernel.models import Enumeration, EnumerationValue, Provider, TariffPlan


class AddonExistsError(ConflictError):
    """The tariff plan has an addon of this resource type already."""

    code = "addon.exists"


def create_addon(
    session: Session,
    kernel: Kernel,
    plan_id: int,
    resource_type: str,
    said: Mapping[str, Any],
) -> AddonTerm:
    """Add an addon; what isn't ``said`` of it is as its resource type suggests.

    Raises MissingError, InvalidInputError, AddonExistsError, ExampleDiffersError.
    """
    plan = find(session, TariffPlan, plan_id, lock=True)
    terms = terms_in_force(session, plan)
    product_type, resource = _resource(kernel, plan, resource_type)
    if any(addon.resource_type == resource_type for addon in terms.addons):
        raise AddonExistsError(f"tariff plan {plan.id} has an addon for {resource_type}")
    place = product_type.resource_types.index(resource) + 1
    term = default_term(resource, addon_id=addon_id(session, plan, resource_type), sort=place)
    return _save(session, kernel, plan, terms, msgspec.structs.replace(term, **said))


def change_addon(
    session: Session, kernel: Kernel, plan_id: int, row_id: int, said: Mapping[str, Any]
) -> AddonTerm:
    """Change what is ``said`` of an addon; carts that hold it lose it.

    Raises MissingError, InvalidInputError, ExampleDiffersError.
    """
    plan = find(session, TariffPlan, plan_id, lock=True)
    terms = terms_in_force(session, plan)
    term = addon_of(terms, row_id)
    drop_addon(session, kernel, plan.id, term.resource_type)
    return _save(session, kernel, plan, terms, msgspec.structs.replace(term, **said))


def remove_addon(session: Session, kernel: Kernel, plan_id: int, row_id: int) -> None:
    """Take an addon out of a plan; services that have it keep it under their own version.

    Raises MissingError, ExampleDiffersError.
    """
    plan = find(session, TariffPlan, plan_id, lock=True)
    terms = terms_in_force(session, plan)
    gone = addon_of(terms, row_id)
    kept = tuple(addon for addon in terms.addons if addon is not gone)
    drop_addon(session, kernel, plan.id, gone.resource_type)
    _renew(session, kernel, plan, _in_currency(session, plan, terms, kept))


def addon_of(terms: TariffTerms, row_id: int) -> AddonTerm:
    """The addon with this id; raises MissingError."""
    for addon in terms.addons:
        if addon.id == row_id:
            return addon
    raise MissingError(f"there is no addon {row_id} of this tariff plan")


def with_names(addon: AddonTerm, values: Mapping[int, EnumerationValue]) -> AddonTerm:
    """The addon with the present names and order of its values; one that is gone stays last."""

    def named(value: ValuePrices) -> ValuePrices:
        row = values.get(value.value_id)
        if row is None:
            return value
        return msgspec.structs.replace(value, internal_name=row.internal_name, name=dict(row.name))

    def place(value: ValuePrices) -> tuple[bool, int, int]:
        row = values.get(value.value_id)
        return (row is None, row.sort if row else 0, value.value_id)

    ordered = sorted(map(named, addon.value_prices), key=place)
    return msgspec.structs.replace(addon, value_prices=tuple(ordered))


def values_of(session: Session, enumeration_id: int | None) -> dict[int, EnumerationValue]:
    """The values of an enumeration by their ids."""
    rows = session.scalars(
        select(EnumerationValue).where(EnumerationValue.enumeration_id == enumeration_id)
    )
    return {row.id: row for row in rows}


def _save(
    session: Session, kernel: Kernel, plan: TariffPlan, terms: TariffTerms, addon: AddonTerm
) -> AddonTerm:
    """Check an addon and put it in force, in place of the one with its id if there is one."""
    product_type, resource = _resource(kernel, plan, addon.resource_type)
    values = values_of(session, addon.enumeration_id)
    addon = fitted_term(addon)
    errors = addon_errors(addon, resource, product_type.periods_months, values)
    if addon.enumeration_id is not None and session.get(Enumeration, addon.enumeration_id) is None:
        errors.append(FieldError("/enumeration_id", "is not an enumeration"))
    others = [other for other in terms.addons if other.id != addon.id]
    provider = session.get_one(Provider, plan.provider_id)
    as_sent = msgspec.structs.replace(terms, addons=(*others, addon))
    above = addon_pointer(addon.id)
    errors += [
        FieldError(error.pointer.removeprefix(above), error.detail)
        for error in amount_errors(provider.currency, as_sent, terms)
    ]
    if errors:
        raise InvalidInputError(errors)
    addon = with_names(addon, values)
    _renew(session, kernel, plan, _in_currency(session, plan, terms, (*others, addon)))
    return addon


def _renew(session: Session, kernel: Kernel, plan: TariffPlan, terms: TariffTerms) -> None:
    require_agreement(session, kernel, plan, terms)
    renew_terms(session, plan, terms)


def _in_currency(
    session: Session, plan: TariffPlan, terms: TariffTerms, addons: Sequence[AddonTerm]
) -> TariffTerms:
    """The terms with other addons, in the provider's currency once all their amounts are."""
    provider = session.get_one(Provider, plan.provider_id)
    ordered = tuple(sorted(addons, key=lambda addon: (addon.sort, addon.id)))
    changed = msgspec.structs.replace(terms, addons=ordered)
    return msgspec.structs.replace(changed, currency=currency_of(provider.currency, changed, terms))


def _resource(kernel: Kernel, plan: TariffPlan, key: str) -> tuple[ProductType, ResourceType]:
    """The plan's product type and its resource type; raises InvalidInputError."""
    product_type = kernel.extensions.product_types.find(plan.product_type)
    for resource in product_type.resource_types:
        if resource.key == key:
            return product_type, resource
    known = ", ".join(resource.key for resource in product_type.resource_types) or "there is none"
    raise InvalidInputError([FieldError("/resource_type", f"must be one of {known}")])
