"""Check what somebody wants to buy against the tariff plan, the product type and the driver."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import ClientView, FieldError, InvalidInputError, ServiceView, check_fields
from billing_kernel.application.bundling import bundled_names
from billing_kernel.application.connecting import modules_for
from billing_kernel.application.consulting import charging_policy
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.addons import amount_error, default_amount, resource_amounts
from billing_kernel.domain.pricing import offered_addons
from billing_kernel.domain.tariff_rules import SERVICES_PER_ORDER_MAX
from billing_kernel.domain.tariffs import TariffTerms
from billing_kernel.models import Client, TariffPlan


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
    agreement_accepted: bool = False


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """What an item means: its parameters and every addon, defaults filled in.

    One that isn't ``is_complete`` leaves parameters for later.
    """

    name: str
    parameters: dict[str, Any]
    addons: dict[str, Any]
    is_complete: bool


def check_item(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    item: OrderItem,
    client: Client | None,
    pointer: str,
    *,
    may_lack: bool,
) -> CheckedItem:
    """Check an item; raises InvalidInputError with ``pointer`` before each field's name.

    With ``may_lack`` it may leave out what the order form requires, or all that it asks for;
    its driver is asked about it once it doesn't.
    """
    product_type = kernel.extensions.product_types.find(plan.product_type)
    errors = _quantity_errors(item, pointer)
    form = product_type.order_form
    parameters, more = check_fields(
        [replace(each, required=each.required and not may_lack) for each in form],
        item.parameters,
        f"{pointer}/parameters",
    )
    lacking = [each for each in form if each.name not in parameters]
    is_later = (bool(lacking) and not item.parameters) or any(each.required for each in lacking)
    is_complete = not (may_lack and is_later)
    addons, wrong = check_addons(terms, item.addons, f"{pointer}/addons")
    addons = {**default_addons(terms), **addons}
    errors += more + wrong
    if charging_policy(kernel, terms.charging).charges_daily:
        errors += [
            FieldError(f"{pointer}/addons/{key}", "can't be had where each day is charged")
            for key in bundled_names(kernel, plan.product_type, terms, addons)
        ]
    name = item.name or str(parameters.get("name") or parameters.get("domain") or "")
    title = next(iter(plan.name.values()), "")
    checked = CheckedItem(name or title, parameters, addons, is_complete)
    if is_complete and not errors:
        errors = _driver_errors(session, kernel, plan, terms, item, client, checked, pointer)
    if errors:
        raise InvalidInputError(errors)
    return checked


def check_addons(
    terms: TariffTerms, wanted: Mapping[str, Any], pointer: str = "/addons"
) -> tuple[dict[str, Any], list[FieldError]]:
    """The amounts that can be had, and what is wrong with the others."""
    offered = {addon.resource_type: addon for addon in offered_addons(terms)}
    amounts, errors = {}, []
    for name, amount in wanted.items():
        if name not in offered:
            errors.append(FieldError(f"{pointer}/{name}", "is not an addon of this tariff plan"))
            continue
        wrong = amount_error(offered[name], amount)
        if wrong:
            errors.append(FieldError(f"{pointer}/{name}", wrong))
        amounts[name] = amount
    return amounts, errors


def default_addons(terms: TariffTerms) -> dict[str, Any]:
    """What a service has of each addon where nothing is asked for.

    An enumeration without a default that is among its values gives nothing.
    """
    amounts = {addon.resource_type: default_amount(addon) for addon in offered_addons(terms)}
    return {
        addon.resource_type: amounts[addon.resource_type]
        for addon in offered_addons(terms)
        if amount_error(addon, amounts[addon.resource_type]) is None
    }


def _quantity_errors(item: OrderItem, pointer: str) -> list[FieldError]:
    if not 1 <= item.quantity <= SERVICES_PER_ORDER_MAX:
        return [FieldError(f"{pointer}/quantity", f"must be from 1 to {SERVICES_PER_ORDER_MAX}")]
    return []


def _driver_errors(
    session: Session,
    kernel: Kernel,
    plan: TariffPlan,
    terms: TariffTerms,
    item: OrderItem,
    client: Client | None,
    checked: CheckedItem,
    pointer: str,
) -> list[FieldError]:
    """What the driver of the first module objects to."""
    who = (
        ClientView(client.id, client.name, client.email, client.country)
        if client
        else ClientView(0, "", "", "")
    )
    view = ServiceView(
        0, "", plan.product_type, terms.tariff_code, checked.name, item.period_months, who,
        checked.parameters, resource_amounts(terms.addons, checked.addons),
        account_template=plan.account_template,
    )  # fmt: skip
    driver = kernel.extensions.processing_modules.find(modules_for(session, plan)[0].driver)
    return [
        FieldError(pointer + error.pointer, error.detail)
        for error in kernel.extensions.consult(driver.validate_order, view)
    ]
