"""Make free domains lead to their services, apart from the operations on the services.

A domain's row says where it shall lead. Workers ask its name server until it does, so a name
server that fails keeps no service from being opened or deleted.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Context,
    FindDomain,
    OperationKind,
    PointDomain,
    RemoveDomain,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_hookspecs import NameServer as Driver
from billing_kernel.application.connecting import name_server_context
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue_at
from billing_kernel.application.tasking import close_tasks, open_service_task
from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.free_domains import (
    Answer,
    DomainCall,
    DomainState,
    Leading,
    address_in,
    is_free,
)
from billing_kernel.domain.pauses import TRIES_MAX, pause_after
from billing_kernel.domain.states import TaskState
from billing_kernel.models import NameServer, Service, ServiceDomain, TariffPlan, wall_clock
from billing_kernel.sealing import SealError

LOOK_AGAIN = timedelta(seconds=1)
TASK_KIND = "unpointed_domain"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that this worker is to make: everything for it, nothing of the session."""

    row_id: int
    number: int
    leading: Leading
    reference: str
    domain: str
    server: NameServer
    driver: Driver
    timeout_s: float


def follow_service(session: Session, service: Service, kind: OperationKind) -> None:
    """After an operation that is done: its free domain shall lead to the service, or nowhere.

    The service's row is locked by the caller.
    """
    row = _row_of(session, service)
    if kind is OperationKind.CLOSE:
        if row is not None:
            _wish(session, row, "")
        return
    if row is None and kind is OperationKind.OPEN:
        row = _new_row(session, service)
    address = address_in(service.facts)
    if row is not None and address and address != row.address:
        _wish(session, row, address)


def try_again(session: Session, service: Service) -> None:
    """Ask the name server of a service's free domain anew, if a person was asked about it."""
    row = _row_of(session, service)
    if row is not None and row.state == DomainState.FAILED:
        _wish(session, row, row.address)


def domain_of(session: Session, service_id: int) -> ServiceDomain:
    """The free domain of a service; raises MissingError."""
    service = find(session, Service, service_id)
    statement = select(ServiceDomain).where(ServiceDomain.service_id == service.id)
    row = session.scalar(statement)
    if row is None:
        raise MissingError(f"service {service.id} has no free domain")
    return row


def direct_domain(kernel: Kernel, service_domain_id: int) -> None:
    """Bring a free domain one call further; harmless to repeat and to run at once."""
    asked = kernel.database.run(lambda session: _claim(session, kernel, service_domain_id))
    if asked is None:
        return
    answer = _ask(kernel, asked)
    kernel.database.run(lambda session: _record(session, kernel, asked, answer))


def _row_of(session: Session, service: Service) -> ServiceDomain | None:
    return session.scalar(
        select(ServiceDomain).where(ServiceDomain.service_id == service.id).with_for_update()
    )


def _new_row(session: Session, service: Service) -> ServiceDomain | None:
    """The row of a free domain that a name server is there for; it leads nowhere yet."""
    plan = session.get_one(TariffPlan, service.tariff_plan_id)
    server = session.get(NameServer, plan.name_server_id or 0)
    if server is None or not server.is_for_free_domains:
        return None
    if not is_free(service.domain, service.parameters):
        return None
    row = ServiceDomain(
        service_id=service.id,
        name_server_id=server.id,
        domain=service.domain,
        state=DomainState.WAITING,
        address="",
        led=[],
        due_at=wall_clock(),
    )
    session.add(row)
    session.flush()
    return row


def _wish(session: Session, row: ServiceDomain, address: str) -> None:
    """Let a domain lead to ``address`` from now on; what is still in doubt is waited for."""
    row.address, row.tries, row.reason = address, 0, ""
    close_tasks(session, _subject(row), TaskState.CANCELLED)
    if _leading(row).is_settled:
        _settle(session, row)
        return
    row.state = DomainState.WORKING
    _ask_at(session, row, row.due_at if row.in_doubt else wall_clock())


def _settle(session: Session, row: ServiceDomain) -> None:
    """It leads where it shall; the name of one that leads nowhere is free for others."""
    row.state, row.tries, row.reason = DomainState.SETTLED, 0, ""
    if not row.address:
        session.delete(row)


def _claim(session: Session, kernel: Kernel, row_id: int) -> Asked | None:
    """Commit the intent to call; None where there is nothing to do now."""
    now = wall_clock()
    row = session.get(ServiceDomain, row_id, with_for_update=True)
    if row is None or row.state != DomainState.WORKING or row.due_at > now + LOOK_AGAIN:
        return None
    server = session.get_one(NameServer, row.name_server_id)
    driver = _driver(kernel, server)
    if driver is None:
        _put_off(session, kernel, row, UpstreamBusyError("its name server is not available"))
        return None
    timeout_s = min(driver.call_timeout_s, kernel.settings.call_timeout_s)
    override = kernel.settings.quiet_period_s
    quiet_s = driver.quiet_period_s if override is None else override
    leading = _leading(row)
    row.calls += 1
    _keep(row, leading.asking())
    # Until then the request may take effect, whatever becomes of this worker.
    row.due_at = now + timedelta(seconds=timeout_s + quiet_s)
    service = session.get_one(Service, row.service_id)
    session.flush()
    session.expunge(server)
    return Asked(
        row.id, row.calls, leading, service.reference, row.domain, server, driver, timeout_s
    )


def _driver(kernel: Kernel, server: NameServer) -> Driver | None:
    """The name server's driver, if it is enabled and its plugin there and not set aside."""
    drivers = kernel.extensions.name_servers
    if not server.is_enabled or server.driver not in drivers:
        return None
    is_set_aside = kernel.extensions.faults.quarantine_text(drivers.owner(server.driver))
    return None if is_set_aside else drivers.find(server.driver)


def _ask(kernel: Kernel, asked: Asked) -> Answer:
    try:
        with _context(kernel, asked) as context:
            return _call(kernel, asked, context)
    except UpstreamError as error:
        return error
    except SealError as error:
        return UpstreamBusyError(f"nothing was sent: {error.message}")


def _context(kernel: Kernel, asked: Asked) -> AbstractContextManager[Context]:
    return name_server_context(
        kernel,
        asked.server,
        operation_id=asked.reference,
        attempt=asked.number,
        timeout_s=asked.timeout_s,
    )


def _call(kernel: Kernel, asked: Asked, context: Context) -> Answer:
    driver, leading, call = asked.driver, asked.leading, kernel.extensions.call_driver
    reference, domain = asked.reference, asked.domain
    match leading.call:
        case DomainCall.POINT:
            previous = tuple(it for it in leading.led if it != leading.address)
            point = PointDomain(reference, domain, leading.address, previous)
            return call(driver.point_domain, point, context)
        case DomainCall.REMOVE:
            remove = RemoveDomain(reference, domain, leading.led)
            return call(driver.remove_domain, remove, context)
        case _:
            return call(driver.find_domain, FindDomain(reference, domain), context)


def _record(session: Session, kernel: Kernel, asked: Asked, answer: Answer) -> None:
    """Write what came of a call, unless another worker has asked again meanwhile."""
    row = session.get(ServiceDomain, asked.row_id, with_for_update=True)
    if row is None or row.calls != asked.number:
        log.warning("domain.taken_over", service_domain_id=asked.row_id, call=asked.number)
        return
    _keep(row, asked.leading.after(answer))
    if _leading(row).is_settled:
        _settle(session, row)
    elif isinstance(answer, UpstreamError) and row.address == asked.leading.address:
        _put_off(session, kernel, row, answer)
    else:
        _ask_at(session, row, row.due_at if row.in_doubt else wall_clock())


def _put_off(session: Session, kernel: Kernel, row: ServiceDomain, error: UpstreamError) -> None:
    """Ask again after a pause; after a refusal or the last try a person is asked."""
    row.tries += 1
    row.reason = (str(error) or type(error).__name__)[:500]
    if isinstance(error, UpstreamRefusedError) or row.tries >= TRIES_MAX:
        row.state = DomainState.FAILED
        _open_task(session, kernel, row)
        return
    pause = pause_after(row.tries)
    if isinstance(error, UpstreamBusyError):
        pause = max(pause, timedelta(seconds=error.retry_after_s))
    at = wall_clock() + pause
    _ask_at(session, row, max(at, row.due_at) if row.in_doubt else at)


def _open_task(session: Session, kernel: Kernel, row: ServiceDomain) -> None:
    service = session.get_one(Service, row.service_id)
    title = f"{row.domain} doesn't lead to {row.address or 'nowhere'}"
    open_service_task(session, kernel, service, TASK_KIND, _subject(row), title, row.reason)


def _subject(row: ServiceDomain) -> str:
    return f"domain:{row.id}"


def _ask_at(session: Session, row: ServiceDomain, at: datetime) -> None:
    row.due_at = at
    enqueue_at(session, "direct_domain", {"service_domain_id": row.id}, at)


def _leading(row: ServiceDomain) -> Leading:
    return Leading(row.address, tuple(row.led), row.in_doubt)


def _keep(row: ServiceDomain, leading: Leading) -> None:
    row.led, row.in_doubt = list(leading.led), leading.in_doubt
