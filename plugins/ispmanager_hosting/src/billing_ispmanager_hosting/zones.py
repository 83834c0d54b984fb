"""The panel's functions for zones and their records; nothing else in this plugin knows them."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from billing_hookspecs import Context
from billing_ispmanager_hosting.client import account_name, connected
from billing_ispsystem_api.document import Node

TTL_S: Final = 3600
ADDRESS_TYPES: Final = {4: "a", 6: "aaaa"}
LEADING_TYPES: Final = frozenset({"a", "aaaa", "cname", "ns"})
"""Types of records by which a name leads somewhere; others, such as TXT, are no hindrance."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record; ``key`` is the panel's own name of it. ``type`` is in lower case."""

    key: str
    name: str
    type: str
    value: str

    @property
    def address(self) -> str:
        """The canonical address that it leads to; "" where it is none that leads to one."""
        return _canonical(self.value) if self.type in ADDRESS_TYPES.values() else ""


class ZonePanel:
    """The zones of one ispmanager, as the connection's account sees them.

    Raises what PanelClient raises: UpstreamRefusedError, UpstreamBusyError, and
    OutcomeUnknownError where something may have been changed.
    """

    def __init__(self, context: Context) -> None:
        self._panel = connected(context)

    def own_name(self) -> str:
        return account_name(self._panel)

    def zones(self) -> tuple[str, ...]:
        """The names of zones whose records can be changed here; copies of others' can't."""
        rows = self._panel.rows("domain")
        return tuple(_plain(row.text("name")) for row in rows if row.code("dtype") != "slave")

    def zone_of(self, domain: str) -> str:
        """The nearest zone that ``domain`` lies below; "" where there is none."""
        above = (zone for zone in self.zones() if zone and domain.endswith(f".{zone}"))
        return max(above, key=len, default="")

    def leading(self, zone: str, domain: str) -> tuple[Record, ...]:
        """The records of ``zone`` by which ``domain`` leads somewhere."""
        records = (_record(row, zone) for row in self._panel.rows("domain.record", {"elid": zone}))
        return tuple(it for it in records if it.name == domain and it.type in LEADING_TYPES)

    def add_address(self, zone: str, domain: str, address: str) -> None:
        self._panel.execute(
            "domain.record.edit",
            {
                "plid": zone,
                "elid": "",
                "name": f"{domain}.",
                "rtype": ADDRESS_TYPES[ip_address(address).version],
                "ttl": str(TTL_S),
                "ip": address,
            },
        )

    def delete(self, zone: str, record: Record) -> None:
        self._panel.execute("domain.record.delete", {"plid": zone, "elid": record.key})


def _record(row: Node, zone: str) -> Record:
    name = row.text("name")
    # A full name ends with a dot; any other is relative to its zone.
    full = _plain(name) if name.endswith(".") else _plain(f"{name}.{zone}")
    kind = row.code("rtype_hidden", "rtype").partition(" ")[0].lower()
    return Record(row.text("rkey"), full, kind, row.text("value").strip())


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _canonical(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
