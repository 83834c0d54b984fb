"""Changing a licence: name, address and addons at once, or the tariff. Never half of it."""

from billing_hookspecs import ChangeService, UpstreamRefusedError
from billing_hookspecs.processing import ServiceView
from billing_isp_licenses.client import LicenseServer
from billing_isp_licenses.identity import marked_name
from billing_isp_licenses.opening import addons_of
from billing_isp_licenses.wire import ADDON_PREFIX, License, same_address

_NOTHING = frozenset({"", "0", "off"})


def change_license(server: LicenseServer, license: License, request: ChangeService) -> None:
    """Send what was asked for and isn't so yet.

    The seller changes fields and tariff by two functions; if the second were refused after
    the first, the service would be half changed and an address can't be changed back for a
    month. So an instruction that asks for both is refused before anything is sent.
    """
    service, before = request.service, request.before
    tariff_changes = service.tariff_code != before.tariff_code
    fields = _asked(service, before, keep_dropped=not tariff_changes)
    if tariff_changes and fields:
        raise UpstreamRefusedError(
            "one_change_at_a_time",
            "the seller changes the tariff and other properties by separate instructions",
        )
    if tariff_changes and license.tariff_code != service.tariff_code:
        server.change_tariff(license.id, service.tariff_code, service.period_months)
    missing = {name: value for name, value in fields.items() if not _shows(license, name, value)}
    if missing:
        server.change(license.id, missing)


def is_changed(license: License, service: ServiceView) -> bool:
    """Whether the licence is what ``service`` says."""
    return license.tariff_code in ("", service.tariff_code) and all(
        _shows(license, name, value) for name, value in _wanted(service).items()
    )


def is_changed_as_asked(license: License, request: ChangeService) -> bool:
    """Whether what the instruction asked for is so; the rest may differ from our books."""
    service, before = request.service, request.before
    if service.tariff_code != before.tariff_code:
        return license.tariff_code == service.tariff_code
    fields = _asked(service, before, keep_dropped=True)
    return all(_shows(license, name, value) for name, value in fields.items())


def _wanted(service: ServiceView) -> dict[str, str]:
    ip = str(service.parameters.get("ip", ""))
    return {"licname": marked_name(service), **({"ip": ip} if ip else {}), **addons_of(service)}


def _asked(service: ServiceView, before: ServiceView, *, keep_dropped: bool) -> dict[str, str]:
    wanted, had = _wanted(service), _wanted(before)
    fields = {name: value for name, value in wanted.items() if had.get(name) != value}
    if keep_dropped:
        # Addons of the old tariff go with it; of the same tariff they must be given back.
        dropped = had.keys() - wanted.keys()
        fields |= {name: "0" for name in dropped if name.startswith(ADDON_PREFIX)}
    return fields


def _shows(license: License, name: str, value: str) -> bool:
    if name == "licname":
        return license.name == value
    if name == "ip":
        return same_address(license.ip, value)
    shown = license.addons.get(name, "")
    return shown == value or {shown, value} <= _NOTHING
