"""Which licence belongs to which service. Pure.

An order can be labelled with ``remoteid``, but no documented answer shows that label, and two
clients may order one tariff under one name, or one address: 0.0.0.0 is shared by parked
licences. So the licence's name at the seller starts with the service's reference, which is
unique for this installation. Only the reseller sees that name; clients see their own.
"""

from billing_hookspecs.processing import ServiceView
from billing_isp_licenses.wire import License, same_address


def marked_name(service: ServiceView) -> str:
    """The name that the licence carries at the seller: ``reference name``."""
    wanted = str(service.parameters.get("name") or service.name)
    return f"{_mark(service)} {wanted}".rstrip()


def carries_mark(license: License, service: ServiceView) -> bool:
    """Whether the seller's answer names ``service`` as the licence's owner."""
    if license.remote_id:
        return license.remote_id == service.reference
    return license.name.partition(" ")[0] == _mark(service)


def is_order_of(license: License, service: ServiceView) -> bool:
    """Whether a licence with our mark is what this order would have bought.

    False means that tariff or address contradict the mark: a second installation may be
    using the account. Nobody can tell by machine, so nothing is adopted and nothing bought.
    """
    ordered_ip = str(service.parameters.get("ip", ""))
    return (not license.tariff_code or license.tariff_code == service.tariff_code) and (
        not license.ip or same_address(license.ip, ordered_ip)
    )


def belongs_to(license: License, service: ServiceView) -> bool:
    """Whether an operation on ``service`` may touch this licence.

    By the mark; or, for licences that were imported without one, by the key or the name that
    an earlier answer gave for this very service.
    """
    if carries_mark(license, service):
        return True
    known = service.facts
    return bool(
        (license.key and license.key == known.get("license_key"))
        or (license.name and license.name == known.get("license_name"))
    )


def _mark(service: ServiceView) -> str:
    return "_".join(service.reference.split())
