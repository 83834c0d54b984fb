"""Services as their readers may see them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from billing_kernel.application.bundling import bundled_with
from billing_kernel.application.closing import allowed_actions
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.permitting import permitted_actions
from billing_kernel.application.starting import open_operation_of
from billing_kernel.http.shapes.services import BundledService, Service
from billing_kernel.models import ProcessingModule
from billing_kernel.models import Service as ServiceRow

View = Callable[[Session, Kernel, ServiceRow], Service]
"""A service for one kind of reader."""


def for_client(session: Session, kernel: Kernel, service: ServiceRow) -> Service:
    """With the facts that the driver lets clients see, and the actions that are theirs."""
    actions = allowed_actions(session, kernel, service)
    return Service.of(
        service,
        open_operation_of(session, service.id),
        _client_facts(session, kernel, service),
        permitted_actions(session, kernel, service, actions),
        [
            BundledService.of(each, _client_facts(session, kernel, each))
            for each in bundled_with(session, service)
        ],
    )


def for_administrator(session: Session, kernel: Kernel, service: ServiceRow) -> Service:
    """With every fact and every action."""
    return Service.of(
        service,
        open_operation_of(session, service.id),
        service.facts or {},
        allowed_actions(session, kernel, service),
        [BundledService.of(each, each.facts or {}) for each in bundled_with(session, service)],
    )


def _client_facts(session: Session, kernel: Kernel, service: ServiceRow) -> dict[str, Any]:
    if service.processing_module_id is None:
        return {}
    module = session.get_one(ProcessingModule, service.processing_module_id)
    if module.driver not in kernel.extensions.processing_modules:
        return {}
    visible = kernel.extensions.processing_modules.find(module.driver).client_facts
    return {name: service.facts[name] for name in visible if name in service.facts}
