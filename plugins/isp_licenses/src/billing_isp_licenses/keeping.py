"""Instructions for a licence that exists: look, act if the goal isn't reached, look again."""

from collections.abc import Callable
from typing import Final

from billing_hookspecs import (
    ChangeService,
    Done,
    FindOperation,
    NotFound,
    OperationKind,
    OutcomeUnknownError,
    Pending,
    RenewService,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_hookspecs.processing import ServiceView
from billing_isp_licenses.changing import change_license, is_changed, is_changed_as_asked
from billing_isp_licenses.client import LicenseServer
from billing_isp_licenses.identity import belongs_to
from billing_isp_licenses.renewals import Progress, progress_of
from billing_isp_licenses.wire import License, LicenseStatus

SOON_S: Final = 10


def present_license(server: LicenseServer, service: ServiceView) -> License:
    license = license_of_service(server, service)
    if license is None:
        raise UpstreamRefusedError("missing", "the seller doesn't have this licence")
    return license


def license_of_service(server: LicenseServer, service: ServiceView) -> License | None:
    """The service's licence; None where it is gone. Never somebody else's."""
    if not service.upstream_id:
        raise UpstreamRefusedError("missing", "the service has no licence")
    license = server.license(service.upstream_id)
    if license is None or not license.exists:
        return None
    if not belongs_to(license, service):
        raise UpstreamRefusedError(
            "not_ours", f"licence {license.id} doesn't carry the name of {service.reference}"
        )
    return license


def as_done(license: License) -> Done:
    return Done(license.id, license.facts, license.expires_on)


def suspend_license(server: LicenseServer, service: ServiceView) -> Done | Pending:
    return _reach(server, service, _is_suspended, lambda license: server.suspend(license.id))


def resume_license(server: LicenseServer, service: ServiceView) -> Done | Pending:
    return _reach(server, service, _is_active, lambda license: server.resume(license.id))


def change(server: LicenseServer, request: ChangeService) -> Done | Pending:
    return _reach(
        server,
        request.service,
        lambda license: is_changed_as_asked(license, request),
        lambda license: change_license(server, license, request),
    )


def close_license(server: LicenseServer, service: ServiceView) -> Done | Pending:
    license = license_of_service(server, service)
    if license is None:
        return Done(service.upstream_id)
    server.delete(license.id)
    try:
        left = server.license(license.id)
    except UpstreamError:
        return Pending(SOON_S, license.id)
    return Pending(SOON_S, license.id) if left and left.exists else Done(license.id)


def renew_license(server: LicenseServer, request: RenewService, attempt: int) -> Done | Pending:
    """Prolong once: a second attempt prolongs only if the expiry proves that the first had no
    effect, and a first one not if the licence is paid for long enough already."""
    license = present_license(server, request.service)
    progress = progress_of(
        license.expires_on, request.service.paid_until, request.expires_on, request.period_months
    )
    if progress is Progress.DONE:
        return as_done(license)
    if progress is Progress.UNCLEAR and attempt > 1:
        raise _no_proof(license)
    named = server.prolong(license.id, request.period_months)
    try:
        after = server.license(license.id)
    except UpstreamError:
        # It was accepted; that the look failed says nothing about it.
        return Pending(SOON_S, license.id)
    if after and after.expires_on and after.expires_on != license.expires_on:
        return as_done(after)
    if after and after.expires_on is None and named:
        return Done(license.id, after.facts, named)
    return Pending(SOON_S, license.id)


def find_instruction(server: LicenseServer, request: FindOperation) -> Done | Pending | NotFound:
    """What became of an instruction, by the state that it was to reach."""
    service = request.service
    if request.kind is OperationKind.CLOSE:
        left = license_of_service(server, service)
        return _not_yet(request, left) if left else Done(service.upstream_id)
    license = present_license(server, service)
    match request.kind:
        case OperationKind.RENEW:
            reached = _is_renewed(request, license)
        case OperationKind.CHANGE:
            reached = is_changed(license, service)
        case OperationKind.SUSPEND:
            reached = _is_suspended(license)
        case OperationKind.RESUME:
            reached = _is_active(license)
        case _:
            raise UpstreamRefusedError("unsupported", f"licences have no {request.kind.value}")
    return as_done(license) if reached else _not_yet(request, license)


def _reach(
    server: LicenseServer,
    service: ServiceView,
    is_reached: Callable[[License], bool],
    act: Callable[[License], None],
) -> Done | Pending:
    license = present_license(server, service)
    if is_reached(license):
        return as_done(license)
    act(license)
    try:
        after = server.license(license.id)
    except UpstreamError:
        # It was accepted; that the look failed says nothing about it.
        return Pending(SOON_S, license.id)
    return as_done(after) if after and is_reached(after) else Pending(SOON_S, license.id)


def _not_yet(request: FindOperation, license: License) -> Pending | NotFound:
    """The goal isn't reached: either the instruction never came, or it is being worked on."""
    if not request.upstream_id:
        return NotFound()
    if license.status is LicenseStatus.PROCESSING:
        return Pending(SOON_S, license.id)
    raise OutcomeUnknownError(
        f"the seller accepted the instruction, but licence {license.id} doesn't show it"
    )


def _is_renewed(request: FindOperation, license: License) -> bool:
    service = request.service
    progress = progress_of(
        license.expires_on, service.paid_until, request.expires_on, service.period_months
    )
    if progress is Progress.UNCLEAR:
        raise _no_proof(license)
    return progress is Progress.DONE


def _no_proof(license: License) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"licence {license.id} expires on {license.expires_on}, which doesn't tell whether it "
        "was prolonged"
    )


def _is_suspended(license: License) -> bool:
    return license.status is LicenseStatus.SUSPENDED


def _is_active(license: License) -> bool:
    return license.status is LicenseStatus.ACTIVE
