"""Resources of a service in the panel's words, and back. Pure.

Numeric limits are whole numbers in the panel's own units; a field that isn't sent keeps its
value there. What the panel can't be told under a name that we know is refused, not dropped:
the client has paid for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from billing_hookspecs import UpstreamRefusedError

ADDRESSES: Final = ("public_ipv4_addresses", "ipv6_addresses")


@dataclass(frozen=True, slots=True)
class Limit:
    """``field`` is the panel's name; one unit of ours is ``factor`` units of the panel."""

    field: str
    factor: int = 1


LIMITS: Final[Mapping[str, Limit]] = {
    "database": Limit("limit_db"),
    "disk_space": Limit("limit_quota"),
    "web_domain_limit": Limit("limit_webdomains"),
    "domain_limit": Limit("limit_domains"),
    "email_domain_limit": Limit("limit_emaildomains"),
    "ram": Limit("limit_memory"),
    "mailbox": Limit("limit_emails"),
    "cpu_time": Limit("limit_cpu"),
    "traffic": Limit("limit_traff", factor=1024),
}
"""Traffic is sold in GiB and limited in MiB; everything else has one unit on both sides."""


def known_limits(cpu_load_field: str) -> Mapping[str, Limit]:
    """All limits, with the CloudLinux one under the name that the connection gives it."""
    return {**LIMITS, "cpu_load": Limit(cpu_load_field)} if cpu_load_field else LIMITS


def limit_fields(
    resources: Mapping[str, int | str | bool], cpu_load_field: str = ""
) -> dict[str, str]:
    """The panel's fields for ``resources``; raises UpstreamRefusedError for what has none."""
    limits = known_limits(cpu_load_field)
    fields = {}
    for key, amount in resources.items():
        if key in limits:
            fields[limits[key].field] = str(int(amount) * limits[key].factor)
        elif amount:
            raise UpstreamRefusedError(
                f"{key}_unsupported", f"the panel can't be told a limit for {key}"
            )
    return fields


def resources_of(fields: Mapping[str, str], cpu_load_field: str = "") -> dict[str, int]:
    """What the panel's ``fields`` mean in units of the resource types, rounded down."""
    found = {}
    for key, limit in known_limits(cpu_load_field).items():
        number = whole_number(fields.get(limit.field, ""))
        if number is not None:
            found[key] = number // limit.factor
    return found


def agree(wanted: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Whether ``found`` has every wanted value; numbers are compared as numbers."""
    return all(
        _comparable(value) == _comparable(found.get(name, "")) for name, value in wanted.items()
    )


def whole_number(text: str) -> int | None:
    """The number at the start of ``text``, such as 1024 of "1024 MiB" and of "1024.0"."""
    match = re.match(r"\d{1,18}", text.strip())
    return int(match[0]) if match else None


def _comparable(text: str) -> str | int:
    number = whole_number(text)
    return text if number is None else number
