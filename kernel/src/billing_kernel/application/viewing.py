"""Services as drivers see them: plain values that outlive the transaction."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from billing_hookspecs import ClientView, ServiceView
from billing_kernel.application.finding import terms_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.addons import resource_amounts
from billing_kernel.models import Client, ProcessingModule, Service, TariffPlan


def view_service(session: Session, service: Service, **changes: Any) -> ServiceView:
    """The service as its driver is to see it, with ``changes`` that aren't stored yet."""
    client = session.get_one(Client, service.client_id)
    terms = terms_of(session, service.tariff_version_id)
    plan = session.get_one(TariffPlan, service.tariff_plan_id)
    is_bundled = service.parent_service_id is not None
    view = ServiceView(
        id=service.id,
        reference=service.reference,
        product_type=service.product_type,
        tariff_code=service.tariff_code if is_bundled else terms.tariff_code,
        name=service.name,
        period_months=service.period_months,
        client=ClientView(client.id, client.name, client.email, client.country),
        parameters=service.parameters,
        resources=resource_amounts(terms.addons, service.addons),
        upstream_id=service.upstream_id,
        facts=service.facts,
        paid_until=_paid_until(session, service),
        auto_renewal=service.auto_renewal,
        account_template="" if is_bundled else plan.account_template,
        username=service.username,
        domain=service.domain or str(service.parameters.get("domain", "")),
    )
    return replace(view, **changes) if changes else view


def client_facts(session: Session, kernel: Kernel, service: Service) -> dict[str, Any]:
    """What of a service's facts its driver lets clients see."""
    if service.processing_module_id is None:
        return {}
    module = session.get_one(ProcessingModule, service.processing_module_id)
    if module.driver not in kernel.extensions.processing_modules:
        return {}
    visible = kernel.extensions.processing_modules.find(module.driver).client_facts
    return {name: service.facts[name] for name in visible if name in service.facts}


def _paid_until(session: Session, service: Service) -> date | None:
    """What is bundled with a service is paid for as long as that is."""
    if service.parent_service_id is None:
        return service.expires_on
    return session.get_one(Service, service.parent_service_id).expires_on


def stored_view(view: ServiceView) -> dict[str, Any]:
    """A view as a JSON document, to be kept with the operation that it was made for."""
    document: dict[str, Any] = msgspec.to_builtins(view)
    return document


def read_view(document: dict[str, Any]) -> ServiceView:
    """A view from the document of an operation."""
    return msgspec.convert(document, ServiceView)
