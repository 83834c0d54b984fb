"""Import tariffs from an upstream: disabled, unpriced, with the upstream's costs beside them."""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    FieldError,
    ImportableTariff,
    InvalidInputError,
    ValueType,
)
from billing_kernel.application.cataloguing import create_plan
from billing_kernel.application.connecting import PATIENCE_S, module_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.addon_rules import addon_errors, default_term, fitted_term
from billing_kernel.domain.addons import AddonTerm
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.tariff_fields import TariffFields
from billing_kernel.domain.upstream_costs import costs_document, costs_of
from billing_kernel.models import ProcessingModule, TariffPlan


class NothingToImportError(RuleError):
    """The module's driver has no tariffs to import."""

    code = "processing_module.nothing_to_import"


def importable_tariffs(kernel: Kernel, module_id: int) -> tuple[ImportableTariff, ...]:
    """What the upstream of a module sells; asks it, so call this outside of transactions.

    Raises NothingToImportError, UpstreamRefusedError, UpstreamBusyError.
    """
    with kernel.database.reading() as session:
        module = find(session, ProcessingModule, module_id)
    driver = kernel.extensions.processing_modules.find(module.driver)
    if Capability.IMPORT_TARIFFS not in driver.capabilities:
        raise NothingToImportError(f"the driver {driver.key} has no tariffs to import")
    with module_context(
        kernel, module, operation_id="", attempt=1, timeout_s=PATIENCE_S
    ) as context:
        return kernel.extensions.call_driver(driver.importable_tariffs, context)


def import_tariffs(
    session: Session,
    kernel: Kernel,
    module_id: int,
    provider_id: int,
    product_type: str,
    external_ids: Sequence[str],
    offered: Sequence[ImportableTariff],
) -> list[TariffPlan]:
    """Create a disabled, unpriced plan for each chosen tariff; present ones stay as they are.

    ``offered`` is what ``importable_tariffs`` just answered. Raises InvalidInputError for an
    id that isn't among it.
    """
    find(session, ProcessingModule, module_id)
    by_id = {
        tariff.external_id: tariff for tariff in offered if tariff.product_type == product_type
    }
    errors = [
        FieldError(f"/external_ids/{index}", f"is not a tariff that the upstream sells: {chosen}")
        for index, chosen in enumerate(external_ids)
        if chosen not in by_id
    ]
    if errors:
        raise InvalidInputError(errors)
    return [
        _present(session, module_id, provider_id, by_id[chosen])
        or import_tariff(session, kernel, module_id, provider_id, by_id[chosen])
        for chosen in dict.fromkeys(external_ids)
    ]


def import_tariff(
    session: Session, kernel: Kernel, module_id: int, provider_id: int, tariff: ImportableTariff
) -> TariffPlan:
    """A disabled, unpriced plan for an upstream's tariff, with its addons; InvalidInputError."""
    fields = TariffFields(
        provider_id=provider_id,
        product_type=tariff.product_type,
        name=tariff.title,
        processing_module_id=module_id,
        enabled=False,
        tariff_code=tariff.external_id,
        addons=tuple(_addons(kernel, tariff)),
    )
    return create_plan(
        session,
        kernel,
        fields,
        external_id=tariff.external_id,
        upstream_costs=costs_document(costs_of(tariff)),
    )


def _present(
    session: Session, module_id: int, provider_id: int, tariff: ImportableTariff
) -> TariffPlan | None:
    return session.scalar(
        select(TariffPlan).where(
            TariffPlan.provider_id == provider_id,
            TariffPlan.processing_module_id == module_id,
            TariffPlan.product_type == tariff.product_type,
            TariffPlan.external_id == tariff.external_id,
        )
    )


def _addons(kernel: Kernel, tariff: ImportableTariff) -> Iterator[AddonTerm]:
    """The upstream's addons that the product type knows, within the upstream's bounds.

    Choices are left out: their values have to be made first.
    """
    if tariff.product_type not in kernel.extensions.product_types:
        return
    product_type = kernel.extensions.product_types.find(tariff.product_type)
    resources = {resource.key: resource for resource in product_type.resource_types}
    offered = {addon.resource_type: addon for addon in tariff.addons}
    for sort, (key, addon) in enumerate(offered.items(), start=1):
        if key not in resources or resources[key].value_type is ValueType.ENUMERATION:
            continue
        suggested = default_term(resources[key], sort=sort)
        bounded = fitted_term(
            msgspec.structs.replace(
                suggested,
                name=dict(addon.title),
                min=addon.minimum,
                max=addon.maximum,
                step=addon.step,
            )
        )
        wrong = addon_errors(bounded, resources[key], product_type.periods_months, ())
        yield suggested if wrong else bounded
