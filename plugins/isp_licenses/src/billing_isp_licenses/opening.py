"""Opening a licence: one order for a service, however often it is asked for."""

from datetime import UTC, datetime
from typing import Final

from billing_hookspecs import (
    Context,
    Done,
    NotFound,
    OutcomeUnknownError,
    Pending,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_hookspecs.processing import FindOperation, ServiceView
from billing_isp_licenses.client import LicenseServer
from billing_isp_licenses.identity import carries_mark, is_order_of, marked_name
from billing_isp_licenses.wire import ADDON_PREFIX, License, LicenseStatus

FIRST_CHECK_S: Final = 5
VANISHED_AFTER_S: Final = 3600
"""How long a licence that was promised may be missing from the list before it counts as gone."""


def open_license(server: LicenseServer, service: ServiceView, context: Context) -> Done | Pending:
    """Order the licence of ``service``, unless an earlier attempt already did."""
    if not service.tariff_code:
        raise UpstreamRefusedError("tariff_missing", "the tariff plan names no tariff to order")
    found = ordered_license(server, service, context)
    if found:
        return outcome_of(found, FIRST_CHECK_S)
    try:
        license_id = _order(server, service)
    except UpstreamRefusedError:
        # Perhaps because the request of an earlier attempt arrived late and took the address.
        late = ordered_license(server, service, context) if context.attempt > 1 else None
        if late is None:
            raise
        return outcome_of(late, FIRST_CHECK_S)
    try:
        license = server.license(license_id)
    except UpstreamError:
        # Bought all the same: the id must not get lost with the answer of a mere look.
        license = None
    if license is None or not license.exists:
        return Pending(FIRST_CHECK_S, license_id)
    return outcome_of(license, FIRST_CHECK_S)


def _order(server: LicenseServer, service: ServiceView) -> str:
    return server.order(
        tariff_code=service.tariff_code,
        period_months=service.period_months,
        ip=str(service.parameters.get("ip", "")),
        name=marked_name(service),
        reference=service.reference,
        addons=addons_of(service),
    )


def find_opening(
    server: LicenseServer, request: FindOperation, context: Context
) -> Done | Pending | NotFound:
    """What became of an order, by the id that it was answered with or by our mark."""
    elapsed_s = (datetime.now(UTC) - request.started_at).total_seconds()
    if not request.upstream_id:
        found = ordered_license(server, request.service, context)
        return outcome_of(found, pause_s(elapsed_s)) if found else NotFound()
    license = server.license(request.upstream_id)
    if license is None and elapsed_s < VANISHED_AFTER_S:
        return Pending(pause_s(elapsed_s), request.upstream_id)
    if license is None or not license.exists:
        raise UpstreamRefusedError("deleted", f"the seller deleted licence {request.upstream_id}")
    return outcome_of(license, pause_s(elapsed_s))


def ordered_license(
    server: LicenseServer, service: ServiceView, context: Context
) -> License | None:
    """The licence that was ordered for ``service``; None where the account has none.

    Raises OutcomeUnknownError where one with our mark isn't what we would have ordered.
    """
    rows = [row for row in server.licenses() if row.exists and carries_mark(row, service)]
    matches = [license for row in rows if (license := server.license(row.id)) and license.exists]
    if not matches:
        return None
    if not all(is_order_of(license, service) for license in matches):
        raise OutcomeUnknownError(
            f"licences {_ids(matches)} carry our reference but another tariff or address"
        )
    if len(matches) > 1:
        context.log.warning(
            "%s was bought more than once: licences %s", service.reference, _ids(matches)
        )
    return min(matches, key=lambda license: (len(license.id), license.id))


def outcome_of(license: License, check_after_s: int) -> Done | Pending:
    """Done once the licence has a key and runs; suspending it later is another matter."""
    working = license.status in (
        LicenseStatus.ORDERED,
        LicenseStatus.PROCESSING,
        LicenseStatus.UNKNOWN,
    )
    if working or not license.key:
        return Pending(check_after_s, license.id, license.facts)
    return Done(license.id, license.facts, license.expires_on)


def addons_of(service: ServiceView) -> dict[str, str]:
    """Resources of the service that are the seller's addons, as the seller writes amounts."""
    return {
        key: ("on" if amount else "off") if isinstance(amount, bool) else str(amount)
        for key, amount in service.resources.items()
        if key.startswith(ADDON_PREFIX)
    }


def pause_s(elapsed_s: float) -> int:
    """Seconds until the next look: often at first, seldom once it takes long."""
    if elapsed_s < 60:
        return 5
    return 30 if elapsed_s < 600 else 300


def _ids(licenses: list[License]) -> str:
    return ", ".join(license.id for license in licenses)
