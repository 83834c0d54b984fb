"""Create and change tariff plans; every change of terms is a version of its own."""

from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, ValueType
from billing_kernel.application.exemplifying import set_examples
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.vetting import vetted_terms
from billing_kernel.domain.addon_rules import default_term
from billing_kernel.domain.addons import AddonTerm
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.examples import read_examples
from billing_kernel.domain.tariff_fields import TariffFields
from billing_kernel.domain.tariffs import TariffTerms, read_terms, terms_document
from billing_kernel.models import Order, Provider, TariffAddon, TariffPlan, TariffVersion

COLUMNS = (
    "processing_module_id",
    "name",
    "description",
    "sort",
    "icon",
    "show_addon_icons",
    "site_info",
    "notes",
    "end_on",
    "account_template",
    "username_template",
    "domain_template",
    "name_server_id",
    "quick_order",
    "create_all_addons",
    "activation_template_id",
    "agreement_template_id",
)
"""What of a plan's fields is kept as it is, and may change without a version."""

TERMS = tuple(name for name in TariffTerms.__struct_fields__ if name != "currency")
"""What of a plan's fields is kept in its versions."""


class TariffInUseError(ConflictError):
    """The tariff plan was sold; it can be disabled, not deleted."""

    code = "tariff.in_use"


class TariffUnpricedError(ConflictError):
    """A tariff plan without any price can't be enabled."""

    code = "tariff.unpriced"


def create_plan(session: Session, kernel: Kernel, fields: TariffFields, **more: Any) -> TariffPlan:
    """Create a tariff plan with its addons and first version.

    ``more`` are columns that only an import knows, such as ``external_id``. Raises
    InvalidInputError, ExampleDiffersError.
    """
    provider = find(session, Provider, fields.provider_id)
    terms = vetted_terms(
        session, kernel, provider.currency, fields, external_id=more.get("external_id")
    )
    if fields.enabled and not fields.prices:
        raise InvalidInputError(
            [FieldError("/prices", "must have a price for at least one period")]
        )
    plan = TariffPlan(provider_id=provider.id, product_type=fields.product_type, version=1, **more)
    _describe(plan, fields)
    session.add(plan)
    session.flush()
    addons = [
        *fields.addons,
        *(_default_addons(kernel, fields) if fields.create_all_addons else ()),
    ]
    terms = msgspec.structs.replace(
        terms,
        addons=tuple(
            msgspec.structs.replace(addon, id=addon_id(session, plan, addon.resource_type))
            for addon in addons
        ),
    )
    _add_version(session, plan, terms)
    set_examples(session, kernel, plan, terms, fields.examples)
    return plan


def change_plan(session: Session, kernel: Kernel, plan_id: int, fields: TariffFields) -> TariffPlan:
    """Change a tariff plan; changed terms become a new version, sold services keep theirs.

    Amounts in a currency that the provider has left stay until they are set anew: until then
    the plan isn't for sale. Raises InvalidInputError, TariffUnpricedError, ExampleDiffersError.
    """
    plan = find(session, TariffPlan, plan_id, lock=True)
    provider = session.get_one(Provider, plan.provider_id)
    present = terms_in_force(session, plan)
    terms = vetted_terms(
        session, kernel, provider.currency, fields, present, external_id=plan.external_id
    )
    if fields.enabled and not terms.prices:
        raise TariffUnpricedError("set a price for at least one period first")
    _describe(plan, fields)
    set_examples(session, kernel, plan, terms, fields.examples)
    renew_terms(session, plan, terms)
    return plan


def renew_terms(session: Session, plan: TariffPlan, terms: TariffTerms) -> None:
    """Put other terms of a plan, which the caller has locked, in force as its next version."""
    if terms != terms_in_force(session, plan):
        plan.version += 1
        _add_version(session, plan, terms)
    session.flush()


def terms_in_force(session: Session, plan: TariffPlan) -> TariffTerms:
    """What new orders of a plan are sold under."""
    return read_terms(version_in_force(session, plan).terms)


def fields_of(session: Session, plan: TariffPlan) -> TariffFields:
    """A plan's present fields, as the start of a change."""
    terms = terms_in_force(session, plan)
    columns: dict[str, Any] = {name: getattr(plan, name) for name in COLUMNS}
    agreed: dict[str, Any] = {name: getattr(terms, name) for name in TERMS}
    return TariffFields(
        provider_id=plan.provider_id,
        product_type=plan.product_type,
        enabled=plan.is_enabled,
        labels=tuple(plan.labels),
        allowed_client_group_ids=tuple(plan.allowed_client_group_ids),
        forbidden_client_group_ids=tuple(plan.forbidden_client_group_ids),
        examples=read_examples(plan.examples),
        **columns,
        **agreed,
    )


def switch_plans(session: Session, plan_ids: list[int], *, enabled: bool) -> list[TariffPlan]:
    """Enable or disable several plans, all or none; raises TariffUnpricedError naming one."""
    plans = [find(session, TariffPlan, plan_id, lock=True) for plan_id in sorted(set(plan_ids))]
    for plan in plans:
        terms = terms_in_force(session, plan)
        provider = session.get_one(Provider, plan.provider_id)
        if enabled and not (terms.prices and terms.currency == provider.currency):
            raise TariffUnpricedError(
                f"tariff plan {plan.id} has no price in {provider.currency}, or amounts in another "
                "currency: set at least one price, and every other amount, in it first"
            )
        plan.is_enabled = enabled
    return plans


def delete_plan(session: Session, plan_id: int) -> None:
    """Delete a plan that was never ordered, with its versions; TariffInUseError otherwise."""
    plan = find(session, TariffPlan, plan_id, lock=True)
    if session.scalar(select(Order.id).where(Order.tariff_plan_id == plan.id).limit(1)):
        raise TariffInUseError(f"tariff plan {plan.id} was ordered: disable it instead")
    for part in (TariffVersion, TariffAddon):
        session.execute(delete(part).where(part.tariff_plan_id == plan.id))
    session.delete(plan)


def addon_id(session: Session, plan: TariffPlan, resource_type: str) -> int:
    """The id of a plan's addon for a resource type, kept even while there is no such addon."""
    row = session.scalar(
        select(TariffAddon).filter_by(tariff_plan_id=plan.id, resource_type=resource_type)
    )
    if row is None:
        row = TariffAddon(tariff_plan_id=plan.id, resource_type=resource_type)
        session.add(row)
        session.flush()
    return row.id


def _default_addons(kernel: Kernel, fields: TariffFields) -> list[AddonTerm]:
    """What the product type gives to new plans; an enumeration has no values to offer yet."""
    product_type = kernel.extensions.product_types.find(fields.product_type)
    given = [addon.resource_type for addon in fields.addons]
    return [
        default_term(resource, sort=index)
        for index, resource in enumerate(product_type.resource_types, start=1)
        if resource.key in product_type.default_addons
        and resource.key not in given
        and resource.value_type is not ValueType.ENUMERATION
    ]


def _add_version(session: Session, plan: TariffPlan, terms: TariffTerms) -> None:
    session.add(
        TariffVersion(tariff_plan_id=plan.id, version=plan.version, terms=terms_document(terms))
    )
    session.flush()


def _describe(plan: TariffPlan, fields: TariffFields) -> None:
    for name in COLUMNS:
        setattr(plan, name, getattr(fields, name))
    plan.name, plan.description = dict(fields.name), dict(fields.description)
    plan.is_enabled, plan.labels = fields.enabled, list(fields.labels)
    plan.allowed_client_group_ids = list(fields.allowed_client_group_ids)
    plan.forbidden_client_group_ids = list(fields.forbidden_client_group_ids)
