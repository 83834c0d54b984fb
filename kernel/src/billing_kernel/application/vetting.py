"""Find everything that is wrong with a tariff plan before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    FieldError,
    InvalidInputError,
    PolicyKind,
    ProductType,
    check_fields,
)
from billing_kernel.application.delegating import name_server_errors
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.tariff_amounts import amount_errors, currency_of
from billing_kernel.domain.tariff_fields import TariffFields, terms_of
from billing_kernel.domain.tariff_rules import field_errors, period_errors
from billing_kernel.domain.tariffs import Choice, TariffPolicies, TariffTerms
from billing_kernel.models import (
    Base,
    ClientGroup,
    DocumentTemplate,
    MessageTemplate,
    ProcessingModule,
    TariffPlan,
)

POLICY_KINDS: Mapping[str, PolicyKind] = {
    "late_renewal_fee": PolicyKind.LATE_FEE,
    "tariff_change": PolicyKind.TARIFF_CHANGE,
    "addon_order": PolicyKind.ADDON_ORDER,
    "addon_cancellation": PolicyKind.ADDON_CANCELLATION,
    "weekend_suspension": PolicyKind.WEEKEND,
}
"""Which kind of policy each name in ``policies`` chooses."""


def vetted_terms(
    session: Session,
    kernel: Kernel,
    currency: str,
    fields: TariffFields,
    present: TariffTerms | None = None,
    *,
    external_id: str | None = None,
) -> TariffTerms:
    """The terms that a plan's fields mean, every policy with its defaults filled in.

    ``currency`` is the provider's, ``present`` the terms in force before a change.
    Raises InvalidInputError with everything that is wrong at once, PluginFaultError.
    """
    fields, errors = _with_policies(kernel, fields)
    errors += field_errors(fields)
    product_type = _product_type(kernel, fields.product_type)
    if product_type is None:
        known = ", ".join(kernel.extensions.product_types.keys())
        errors.append(FieldError("/product_type", f"must be one of {known}"))
    else:
        periods = (term.period_months for term in fields.prices)
        errors += period_errors(periods, product_type.periods_months)
    errors += _reference_errors(session, fields)
    errors += name_server_errors(session, fields.provider_id, fields.name_server_id)
    errors += _module_errors(session, fields)
    errors += _code_errors(session, kernel, fields, external_id)
    terms = terms_of(currency, fields)
    # Errors name prices by their place in the request.
    as_sent = msgspec.structs.replace(terms, prices=fields.prices, addons=fields.addons)
    errors += amount_errors(currency, as_sent, present)
    if errors:
        raise InvalidInputError(errors)
    return msgspec.structs.replace(terms, currency=currency_of(currency, terms, present))


def checked_choice(
    kernel: Kernel, kind: PolicyKind, choice: Choice, pointer: str
) -> tuple[Choice, list[FieldError]]:
    """The choice of a policy with its defaults filled in, and everything that is wrong with it."""
    policies = {
        policy.key: policy for policy in kernel.extensions.pricing_policies if policy.kind is kind
    }
    key = choice.get("policy")
    if not isinstance(key, str) or key not in policies:
        return choice, [FieldError(f"{pointer}/policy", f"must be one of {', '.join(policies)}")]
    given = {name: value for name, value in choice.items() if name != "policy"}
    values, errors = check_fields(policies[key].parameters, given, pointer)
    if not errors:
        errors = [
            FieldError(pointer + error.pointer, error.detail)
            for error in kernel.extensions.consult(policies[key].check_parameters, values)
        ]
    return {"policy": key, **values}, errors


def _with_policies(kernel: Kernel, fields: TariffFields) -> tuple[TariffFields, list[FieldError]]:
    charging, errors = checked_choice(kernel, PolicyKind.CHARGING, fields.charging, "/charging")
    choices = {}
    for name, kind in POLICY_KINDS.items():
        choice = getattr(fields.policies, name)
        choices[name], more = checked_choice(kernel, kind, choice, f"/policies/{name}")
        errors += more
    return replace(fields, charging=charging, policies=TariffPolicies(**choices)), errors


def _product_type(kernel: Kernel, key: str) -> ProductType | None:
    product_types = kernel.extensions.product_types
    return product_types.find(key) if key in product_types else None


def _reference_errors(session: Session, fields: TariffFields) -> list[FieldError]:
    named: list[tuple[str, type[Base], int | None, str]] = [
        (
            "/activation_template_id",
            MessageTemplate,
            fields.activation_template_id,
            "message template",
        ),
        (
            "/agreement_template_id",
            DocumentTemplate,
            fields.agreement_template_id,
            "document template",
        ),
    ]
    lists: Mapping[str, Sequence[int]] = {
        "allowed_client_group_ids": fields.allowed_client_group_ids,
        "forbidden_client_group_ids": fields.forbidden_client_group_ids,
    }
    for name, ids in lists.items():
        named += [
            (f"/{name}/{index}", ClientGroup, row_id, "client group")
            for index, row_id in enumerate(ids)
        ]
    return [
        FieldError(pointer, f"is not a {noun}")
        for pointer, model, row_id, noun in named
        if row_id is not None and session.get(model, row_id) is None
    ]


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


def _code_errors(
    session: Session, kernel: Kernel, fields: TariffFields, external_id: str | None
) -> list[FieldError]:
    """A code of an upstream with a price list must have been imported from it.

    Codes differ by country and account: one that was typed in could sell something else.
    """
    code = fields.tariff_code
    modules = _importing_modules(session, kernel, fields)
    if not code or code == external_id or not modules:
        return []
    imported = set(
        session.scalars(
            select(TariffPlan.external_id).where(
                TariffPlan.product_type == fields.product_type,
                TariffPlan.processing_module_id.in_(modules),
                TariffPlan.external_id.is_not(None),
            )
        )
    )
    if code in imported:
        return []
    known = ", ".join(sorted(filter(None, imported))) or "none"
    detail = f"is not a tariff that was imported from the upstream; imported: {known}"
    return [FieldError("/tariff_code", detail)]


def _importing_modules(session: Session, kernel: Kernel, fields: TariffFields) -> list[int]:
    """The modules of a plan whose upstreams have a price list."""
    drivers = [
        driver.key
        for driver in kernel.extensions.processing_modules
        if Capability.IMPORT_TARIFFS in driver.capabilities
    ]
    modules = session.scalars(select(ProcessingModule).where(ProcessingModule.driver.in_(drivers)))
    return [
        module.id
        for module in modules
        if fields.processing_module_id in (None, module.id)
        and fields.product_type in module.product_types
    ]
