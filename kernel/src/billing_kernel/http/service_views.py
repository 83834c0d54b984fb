"""Services as their readers may see them."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from billing_kernel.application.bundling import bundled_with
from billing_kernel.application.closing import allowed_actions
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.permitting import permitted_actions
from billing_kernel.application.starting import open_operation_of
from billing_kernel.application.viewing import client_facts
from billing_kernel.http.shapes.services import BundledService, Service
from billing_kernel.models import Service as ServiceRow

View = Callable[[Session, Kernel, ServiceRow], Service]
"""A service for one kind of reader."""


def for_client(session: Session, kernel: Kernel, service: ServiceRow) -> Service:
    """With the facts that the driver lets clients see, and the actions that are theirs."""
    actions = allowed_actions(session, kernel, service)
    return Service.of(
        service,
        open_operation_of(session, service.id),
        client_facts(session, kernel, service),
        permitted_actions(session, kernel, service, actions),
        [
            BundledService.of(each, client_facts(session, kernel, each))
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
