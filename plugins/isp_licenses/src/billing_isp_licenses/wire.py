"""Documents of the selling BILLmanager ↔ our values. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from billing_hookspecs.values import FrozenDict, Json
from billing_isp_licenses.amounts import is_about_money
from billing_ispsystem_api import Node, Refusal

ADDON_PREFIX = "addon_"


class LicenseStatus(StrEnum):
    """Documented codes of a service's status, and what we call them."""

    ORDERED = "ordered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    PROCESSING = "processing"
    UNKNOWN = "unknown"


_STATUSES = {
    "1": LicenseStatus.ORDERED,
    "2": LicenseStatus.ACTIVE,
    "3": LicenseStatus.SUSPENDED,
    "4": LicenseStatus.DELETED,
    "5": LicenseStatus.PROCESSING,
}


@dataclass(frozen=True, slots=True)
class License:
    """A licence as one answer shows it; "" and None stand for what the answer doesn't say.

    ``status``     None where the answer carries none, as lists may.
    ``tariff_code``  the price-list id; ``remote_id`` our label, if the panel ever shows it.
    """

    id: str
    name: str = ""
    ip: str = ""
    key: str = ""
    status: LicenseStatus | None = None
    tariff_code: str = ""
    remote_id: str = ""
    expires_on: date | None = None
    addons: Mapping[str, str] = field(default_factory=FrozenDict)

    @property
    def exists(self) -> bool:
        return self.status is not LicenseStatus.DELETED

    @property
    def facts(self) -> dict[str, Json]:
        """What the kernel keeps of it; nothing that this answer didn't show."""
        shown = {
            "license_id": self.id,
            "license_key": self.key,
            "license_name": self.name,
            "ip": self.ip,
            "license_status": self.status.value if self.status else "",
        }
        return {name: value for name, value in shown.items() if value}


def license_of(node: Node) -> License:
    """A licence from a row of ``soft`` or from the form ``soft.edit``."""
    code = node.code("item_status", "status", "item_real_status")
    tariff_code = node.text("pricelist_id") or node.text("pricelist")
    return License(
        id=node.text("id", "elid", "item.id"),
        name=node.text("licname"),
        ip=node.text("ip"),
        key=node.text("lickey"),
        status=_STATUSES.get(code, LicenseStatus.UNKNOWN) if code else None,
        tariff_code=tariff_code if tariff_code.isdigit() else "",
        remote_id=node.text("remoteid"),
        expires_on=date_of(node.text("expiredate")) or date_of(node.text("real_expiredate")),
        addons=FrozenDict(
            {
                child.name: child.value
                for place in (node, *node.find("doc", "model"))
                for child in place.children
                if child.name.startswith(ADDON_PREFIX)
            }
        ),
    )


def date_of(text: str) -> date | None:
    """The date at the start of ``text``; None for phrases, which daily billing shows."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def same_address(one: str, other: str) -> bool:
    """Whether two spellings name one IP address."""
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one == other


def is_short_of_funds(refusal: Refusal) -> bool:
    """Whether an order was refused because the account's balance is too small.

    The error's type isn't documented, so type, object and text are all read for it.
    """
    return any(is_about_money(part) for part in (refusal.type, refusal.object, refusal.message))
