"""Services that an addon's value orders: bundled with another service, and gone with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    OperationKind,
    ResourceType,
    ValueType,
    check_fields,
    text_in,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.starting import open_operation_of, start_operation
from billing_kernel.application.viewing import view_service
from billing_kernel.bulk import as_indexed
from billing_kernel.domain.addons import resource_amounts
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.paid import paid_document, read_paid
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import (
    BilledPeriod,
    Client,
    Invoice,
    Operation,
    ProcessingModule,
    Service,
    TariffVersion,
)
from billing_kernel.models.services import IN_FORCE

FOLLOWING = {
    (ServiceState.SUSPENDED, ServiceState.ACTIVE): OperationKind.SUSPEND,
    (ServiceState.ACTIVE, ServiceState.SUSPENDED): OperationKind.RESUME,
    (ServiceState.DELETED, ServiceState.ACTIVE): OperationKind.CLOSE,
    (ServiceState.DELETED, ServiceState.SUSPENDED): OperationKind.CLOSE,
}
"""What a bundled service needs, by its parent's state and its own."""


class BundledServiceError(RuleError):
    """The service is bundled with another one: act on that one."""

    code = "service.bundled"


class BundleFixedError(RuleError):
    """What is bundled with a running service can't be changed."""

    code = "service.bundle_fixed"


@dataclass(frozen=True, slots=True)
class OrderedPart:
    """The opening of a bundled service; ``objection`` says why it can't be sent, or is ""."""

    operation: Operation
    objection: str


def bundled_with(session: Session, service: Service) -> list[Service]:
    """Everything that was ever ordered with a service, by id."""
    of_service = Service.parent_service_id == service.id
    return list(session.scalars(select(Service).where(of_service).order_by(Service.id)))


def is_bundled(session: Session, service: Service) -> bool:
    """True while the service follows another one; what outlived its parent stands alone."""
    if service.parent_service_id is None:
        return False
    return session.get_one(Service, service.parent_service_id).status != ServiceState.DELETED


def refuse_bundled(session: Session, service: Service) -> None:
    """Raise BundledServiceError for a service that follows another one."""
    if is_bundled(session, service):
        raise BundledServiceError(
            f"service {service.id} is bundled with service {service.parent_service_id}"
        )


def bundled_names(
    kernel: Kernel, product_type: str, terms: TariffTerms, addons: Mapping[str, Any]
) -> dict[str, str]:
    """The tariff codes that these amounts of addons order, by resource type."""
    amounts = resource_amounts(terms.addons, addons)
    keys = (resource.key for resource in _ordering(kernel, product_type))
    return {key: str(amounts[key]) for key in keys if amounts.get(key)}


def order_bundle(
    session: Session, kernel: Kernel, parent: Service, invoice: Invoice
) -> list[OrderedPart]:
    """Begin to open everything that the addons of a service that was just opened name."""
    terms = read_terms(session.get_one(TariffVersion, parent.tariff_version_id).terms)
    codes = bundled_names(kernel, parent.product_type, terms, parent.addons)
    return [
        _order(session, kernel, parent, resource, codes[resource.key], terms, invoice)
        for resource in _ordering(kernel, parent.product_type)
        if resource.key in codes
    ]


def renew_bundle(session: Session, kernel: Kernel, parent: Service, operation: Operation) -> None:
    """Renew what is bundled with a service after it, paid by the same invoice.

    The service's renewal began while no operation on its bundle was open.
    """
    request = operation.request
    start_on = date.fromisoformat(request["start_on"])
    for service in bundled_with(session, parent):
        if service.status not in (ServiceState.ACTIVE, ServiceState.SUSPENDED):
            continue
        start_operation(
            session,
            kernel,
            service,
            OperationKind.RENEW,
            session.get_one(Invoice, operation.invoice_id),
            start_on=start_on,
            expires_on=date.fromisoformat(request["expires_on"]),
            period_months=request["period_months"],
            view=view_service(session, service, paid_until=start_on),
        )


def follow_parent(session: Session, kernel: Kernel, service: Service) -> None:
    """Suspend, resume or close a bundled service as its parent was, where its driver can.

    One with an open operation follows when that has ended.
    """
    parent = session.get_one(Service, service.parent_service_id)
    kind = FOLLOWING.get((ServiceState(parent.status), ServiceState(service.status)))
    if kind is None or open_operation_of(session, service.id) is not None:
        return
    if kind is OperationKind.CLOSE or _can_suspend(session, kernel, service):
        start_operation(session, kernel, service, kind)


def strike_addon(session: Session, service: Service, operation: Operation) -> None:
    """A bundled service was refused: its parent isn't charged for it.

    One that never opened is no addon of the parent any more, so renewals don't cost it. The
    parent's row is locked by the caller.
    """
    parent = session.get_one(Service, service.parent_service_id)
    for row in session.scalars(
        select(BilledPeriod).where(
            BilledPeriod.service_id == parent.id,
            BilledPeriod.resource_type == service.bundled_as,
            BilledPeriod.invoice_id == operation.invoice_id,
            as_indexed(IN_FORCE),
        )
    ):
        row.reversed = True
    paid = read_paid(parent.paid)
    if paid is not None:
        addons = _without(paid.addons, service.bundled_as)
        parent.paid = paid_document(msgspec.structs.replace(paid, addons=addons))
    if operation.kind == OperationKind.OPEN:
        parent.addons = _without(parent.addons, service.bundled_as)
    parent.version += 1


def _ordering(kernel: Kernel, product_type: str) -> list[ResourceType]:
    """The resource types whose values are orders; only an enumeration's are named."""
    return [
        resource
        for resource in kernel.extensions.product_types.find(product_type).resource_types
        if resource.orders_product_type and resource.value_type is ValueType.ENUMERATION
    ]


def _order(
    session: Session,
    kernel: Kernel,
    parent: Service,
    resource: ResourceType,
    code: str,
    terms: TariffTerms,
    invoice: Invoice,
) -> OrderedPart:
    client = session.get_one(Client, parent.client_id)
    value = text_in(_names(terms, resource.key, parent.addons[resource.key]), client.language)
    module, objection = _provider_of(session, parent, resource.orders_product_type)
    parameters, wrong = _parameters(kernel, parent, resource.orders_product_type)
    service = Service(
        client_id=parent.client_id,
        provider_id=parent.provider_id,
        order_id=parent.order_id,
        product_type=resource.orders_product_type,
        tariff_plan_id=parent.tariff_plan_id,
        tariff_version_id=parent.tariff_version_id,
        processing_module_id=module.id if module else None,
        reference=uuid4().hex[:16],
        name=f"{value or code}: {parent.name}"[:255],
        status=ServiceState.OPENING,
        period_months=parent.period_months,
        parameters=parameters,
        addons={},
        facts={},
        parent_service_id=parent.id,
        bundled_as=resource.key,
        tariff_code=code,
    )
    session.add(service)
    session.flush()
    operation = start_operation(session, kernel, service, OperationKind.OPEN, invoice)
    return OrderedPart(operation, objection or wrong)


def _provider_of(
    session: Session, parent: Service, product_type: str
) -> tuple[ProcessingModule | None, str]:
    """The module that provides what is bundled with a service, or why there is none."""
    own = session.get(ProcessingModule, parent.processing_module_id or 0)
    linked = session.get(ProcessingModule, own.license_module_id or 0) if own else None
    if linked is None:
        return None, "its server's processing module names no license_module_id"
    if product_type not in linked.product_types:
        return linked, f"processing module {linked.id} doesn't provide {product_type}"
    return linked, ""


def _parameters(kernel: Kernel, parent: Service, product_type: str) -> tuple[dict[str, Any], str]:
    """Answers to the order form: facts of the parent, else its parameters, else its name."""
    if product_type not in kernel.extensions.product_types:
        return {}, f"product type {product_type} isn't installed"
    form = kernel.extensions.product_types.find(product_type).order_form
    known = {**parent.parameters, **parent.facts}
    known.setdefault("name", parent.name)
    answers = {field.name: known[field.name] for field in form if field.name in known}
    for field in form:
        if isinstance(answers.get(field.name), str):
            answers[field.name] = answers[field.name][: field.length_max]
    values, errors = check_fields(form, answers)
    return values, "; ".join(f"{error.pointer.lstrip('/')} {error.detail}" for error in errors)


def _names(terms: TariffTerms, resource_type: str, value_id: Any) -> Mapping[str, str]:
    for addon in terms.addons:
        if addon.resource_type == resource_type:
            return next((v.name for v in addon.value_prices if v.value_id == value_id), {})
    return {}


def _can_suspend(session: Session, kernel: Kernel, service: Service) -> bool:
    module = session.get(ProcessingModule, service.processing_module_id or 0)
    drivers = kernel.extensions.processing_modules
    if module is None or module.driver not in drivers:
        return False
    return Capability.SUSPEND in drivers.find(module.driver).capabilities


def _without(named: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name != key}
