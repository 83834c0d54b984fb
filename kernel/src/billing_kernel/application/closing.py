"""Suspend, resume and delete services."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Capability, OperationKind
from billing_kernel.application.bundling import is_bundled, refuse_bundled
from billing_kernel.application.charging_days import refuse_uncovered, try_to_charge
from billing_kernel.application.configuring import cancel_unconfigured, is_unconfigured
from billing_kernel.application.dating import today_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.starting import (
    bundle_operation_of,
    open_operation_of,
    refuse_during_operation,
    start_operation,
)
from billing_kernel.application.subscribing import SERVICE_DELETED, end_subscription
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.periods import day_after
from billing_kernel.domain.states import (
    SERVICE_TRANSITIONS,
    OperationState,
    ServiceEvent,
    ServiceState,
    advance,
)
from billing_kernel.models import Operation, ProcessingModule, Service

CLIENT, ADMINISTRATOR, NIGHTLY = "client", "administrator", "nightly"
"""Who asked for an operation, as it is written with it; the night stops what isn't paid for."""

FOLLOWING = {
    OperationKind.SUSPEND: ServiceEvent.SUSPENDED,
    OperationKind.RESUME: ServiceEvent.RESUMED,
    OperationKind.CLOSE: ServiceEvent.CLOSED,
}


class NotSupportedError(RuleError):
    """The service's processing module can't do this."""

    code = "service.not_supported"


def act_on_service(
    session: Session,
    kernel: Kernel,
    service_id: int,
    kind: OperationKind,
    *,
    asked_by: str = ADMINISTRATOR,
) -> Service:
    """Begin to suspend, resume or delete a service; a worker carries it out.

    A failed or unconfigured service, which the upstream doesn't have, is deleted at once, and
    none is stopped before it is deleted: ``ask_to_delete`` does that. ``asked_by`` is kept
    with the operation. Raises BundledServiceError, IllegalTransitionError,
    OperationInProgressError, NotSupportedError.
    """
    service = find(session, Service, service_id, lock=True)
    refuse_bundled(session, service)
    refuse_during_operation(session, service)
    state = ServiceState(service.status)
    if kind is OperationKind.CLOSE and is_unconfigured(service):
        cancel_unconfigured(session, kernel, service)
        end_subscription(session, kernel, service, SERVICE_DELETED)
        return service
    if kind is OperationKind.CLOSE and state is ServiceState.FAILED:
        service.status = advance(SERVICE_TRANSITIONS, state, ServiceEvent.CANCEL)
        end_subscription(session, kernel, service, SERVICE_DELETED)
        service.version += 1
        return service
    advance(SERVICE_TRANSITIONS, state, FOLLOWING[kind])
    if kind is not OperationKind.CLOSE:
        require_capability(session, kernel, service, Capability.SUSPEND)
    days = _settled_days(session, kernel, service, kind, asked_by)
    start_operation(session, kernel, service, kind, asked_by=asked_by, **days)
    return service


def _settled_days(
    session: Session, kernel: Kernel, service: Service, kind: OperationKind, asked_by: str
) -> dict[str, Any]:
    """Settle a service's days before it stops or starts; what its operation must know of them.

    Those that began are charged before it stops; a client starts it only with money for today
    and what it owes. A person stops it after the day has begun, the night before the day begins.
    """
    if service.charged_until is None:
        return {}
    today = today_of(session, kernel, service)
    if kind is OperationKind.RESUME:
        if asked_by == CLIENT:
            refuse_uncovered(session, kernel, service, today)
        return {}
    if asked_by != NIGHTLY:
        try_to_charge(session, kernel, service, today)
    if kind is OperationKind.CLOSE:
        return {}
    served_until = today if asked_by == NIGHTLY else day_after(today)
    return {"served_until": max(served_until, service.charged_until).isoformat()}


def suspended_by(session: Session, service: Service) -> str:
    """Who had a service suspended last: ``client``, ``administrator`` or ``nightly``; or ""."""
    last = session.scalars(
        select(Operation)
        .where(
            Operation.service_id == service.id,
            Operation.kind == OperationKind.SUSPEND,
            Operation.state == OperationState.DONE,
        )
        .order_by(Operation.id.desc())
        .limit(1)
    ).first()
    return "" if last is None else str(last.request.get("asked_by", ""))


def require_capability(
    session: Session, kernel: Kernel, service: Service, capability: Capability
) -> None:
    """Raise NotSupportedError unless the service's driver can do this."""
    if capability not in capabilities_of(session, kernel, service):
        raise NotSupportedError(
            f"the processing module of service {service.id} can't do this: {capability}"
        )


def allowed_actions(session: Session, kernel: Kernel, service: Service) -> list[str]:
    """What an administrator may do with a service now.

    While an operation is open its panel can be entered and nothing else be done. One that is to
    be deleted can only be kept.
    """
    if is_bundled(session, service):
        return []
    state = ServiceState(service.status)
    capabilities = capabilities_of(session, kernel, service)
    has_panel = state is ServiceState.ACTIVE and Capability.PANEL_LINK in capabilities
    entrance = [str(Capability.PANEL_LINK)] if has_panel else []
    if open_operation_of(session, service.id) is not None:
        return entrance
    if service.deletes_on is not None:
        return [str(OperationKind.RESUME)]
    if service.awaits_parameters and state is not ServiceState.DELETED:
        return ["configure", "delete"] if is_unconfigured(service) else ["configure"]
    actions = ["delete"] if state is ServiceState.FAILED else []
    for kind, event in FOLLOWING.items():
        possible = kind is OperationKind.CLOSE or Capability.SUSPEND in capabilities
        if possible and (state, event) in SERVICE_TRANSITIONS:
            actions.append("delete" if kind is OperationKind.CLOSE else str(kind))
    if state in (ServiceState.ACTIVE, ServiceState.SUSPENDED) and not bundle_operation_of(
        session, service.id
    ):
        actions += ["renew"] if service.expires_on else []
        can_change = Capability.CHANGE in capabilities
        actions += ["change_tariff", "change_addons"] if can_change else []
    if state is ServiceState.ACTIVE and Capability.CHANGE_PASSWORD in capabilities:
        actions.append(str(OperationKind.CHANGE_PASSWORD))
    return actions + entrance


def capabilities_of(session: Session, kernel: Kernel, service: Service) -> frozenset[Capability]:
    """What the driver of the service's module can do; nothing while its plugin is away."""
    module = (
        session.get(ProcessingModule, service.processing_module_id)
        if service.processing_module_id
        else None
    )
    if module is None or module.driver not in kernel.extensions.processing_modules:
        return frozenset()
    return kernel.extensions.processing_modules.find(module.driver).capabilities
