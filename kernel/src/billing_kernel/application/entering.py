"""Get into the panel of a service: by a link that logs in once, or by a new password."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from billing_hookspecs import Capability, OperationKind, ServiceView, UpstreamBusyError
from billing_kernel.application.bundling import refuse_bundled
from billing_kernel.application.closing import (
    ADMINISTRATOR,
    CLIENT,
    NotSupportedError,
    require_capability,
)
from billing_kernel.application.connecting import module_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.application.registering import SESSION_HOURS, Caller
from billing_kernel.application.starting import refuse_being_deleted, start_operation
from billing_kernel.application.viewing import view_service
from billing_kernel.domain.errors import ConflictError, MissingError
from billing_kernel.domain.states import ServiceState
from billing_kernel.extensions import PluginFaultError
from billing_kernel.models import ProcessingModule, Provider, Service, wall_clock
from billing_kernel.sealing import SealError

PATIENCE_S = 10
"""How long a person waits for a link."""

WAY_BACK = "panel return"
"""What sealed ways back are bound to: no other sealed text is taken for one."""


class NotActiveError(ConflictError):
    """The service isn't active: nobody can be let into its panel."""

    code = "service.not_active"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a driver is asked with for a link: nothing of the session."""

    service: ServiceView
    client_id: int
    provider_id: int
    module: ProcessingModule


def open_panel(kernel: Kernel, service_id: int, caller: Caller, **owned: Any) -> str:
    """An address that logs the service's user in to its panel once; recorded as an event.

    It is asked for outside of any transaction, at most ten seconds. Raises MissingError,
    BundledServiceError, NotActiveError, NotSupportedError, PluginFaultError, and what
    ``panel_link`` of the driver raises.
    """
    with kernel.database.reading() as session:
        entrance = _entrance(session, kernel, find(session, Service, service_id, **owned))
    url = _ask(kernel, entrance, way_back(kernel, entrance.provider_id, caller))
    facts = {"service_id": service_id, "by": caller.principal}
    kernel.database.run(
        lambda session: record_event(session, kernel, "PanelEntered", facts, entrance.client_id)
    )
    return url


def change_service_password(
    session: Session,
    kernel: Kernel,
    service_id: int,
    password: str,
    asked_by: str = ADMINISTRATOR,
    **owned: Any,
) -> Service:
    """Begin to give the service's user another password; sealed until a worker has set it.

    Raises MissingError, BundledServiceError, BeingDeletedError, NotActiveError,
    NotSupportedError, OperationInProgressError.
    """
    service = find(session, Service, service_id, lock=True, **owned)
    refuse_bundled(session, service)
    refuse_being_deleted(service)
    refuse_inactive(service)
    require_capability(session, kernel, service, Capability.CHANGE_PASSWORD)
    operation = start_operation(
        session, kernel, service, OperationKind.CHANGE_PASSWORD, asked_by=asked_by
    )
    operation.sealed_secrets = kernel.keys.seal({"password": password}, operation.uid)
    return service


def refuse_inactive(service: Service) -> None:
    """Raise NotActiveError for a service that doesn't run."""
    if service.status != ServiceState.ACTIVE:
        raise NotActiveError(f"service {service.id} is {service.status}")


def way_back(kernel: Kernel, provider_id: int, caller: Caller) -> str:
    """Where a panel may lead back to, for as long as a session lasts.

    It says whose client area that is, not where: the address is looked up when somebody comes.
    """
    until = wall_clock() + timedelta(hours=SESSION_HOURS)
    area = str(provider_id) if caller.role == CLIENT else ""
    sealed = kernel.keys.seal({"area": area, "until": until.isoformat()}, WAY_BACK)
    token = urlsafe_b64encode(sealed).decode().rstrip("=")
    return f"{kernel.settings.public_url}/api/v1/panel-returns/{token}"


def return_address(kernel: Kernel, token: str) -> str:
    """Where a way back leads: to the provider's client area, administrators to ours.

    Raises MissingError for one that has expired or isn't ours.
    """
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        told = kernel.keys.unseal(sealed, WAY_BACK)
    except (ValueError, SealError):
        raise MissingError("there is no such way back") from None
    if datetime.fromisoformat(told["until"]) <= wall_clock():
        raise MissingError("this way back has expired; go to the client area by yourself")
    if not told["area"]:
        return kernel.settings.public_url
    with kernel.database.reading() as session:
        provider = find(session, Provider, int(told["area"]))
    return provider.billing_url or kernel.settings.public_url


def _entrance(session: Session, kernel: Kernel, service: Service) -> Entrance:
    refuse_bundled(session, service)
    refuse_inactive(service)
    module = session.get(ProcessingModule, service.processing_module_id or 0)
    if module is None:
        raise NotSupportedError(f"service {service.id} is at no processing module")
    if module.driver not in kernel.extensions.processing_modules:
        raise UpstreamBusyError("the plugin of its processing module is away")
    require_capability(session, kernel, service, Capability.PANEL_LINK)
    view = view_service(session, service)
    return Entrance(view, service.client_id, service.provider_id, module)


def _ask(kernel: Kernel, entrance: Entrance, return_url: str) -> str:
    drivers = kernel.extensions.processing_modules
    driver = drivers.find(entrance.module.driver)
    timeout_s = min(PATIENCE_S, driver.call_timeout_s)
    with module_context(
        kernel, entrance.module, operation_id="", attempt=1, timeout_s=timeout_s
    ) as context:
        url = kernel.extensions.call_driver(
            driver.panel_link, entrance.service, return_url, context
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # A browser is sent there: anything else could run in the page that it comes from.
        owner = drivers.owner(entrance.module.driver)
        raise PluginFaultError(owner, "panel_link", "the answer is not an absolute URL")
    return url
