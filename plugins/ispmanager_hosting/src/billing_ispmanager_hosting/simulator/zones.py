"""Zones and their records, as ispmanager and DNSmanager keep them."""

from dataclasses import dataclass, field
from ipaddress import ip_address

from billing_ispsystem_api.simulator import (
    ADMINISTRATOR,
    Call,
    Panel,
    RefusalError,
    Reply,
    Text,
    function,
)
from billing_ispsystem_api.simulator.replies import Fields

VERSIONS = {"a": 4, "aaaa": 6}


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """``name`` is full, with its final dot; ``type`` is in capitals."""

    name: str
    type: str
    value: str

    @property
    def key(self) -> str:
        """One space before the type and two after it, as panels make it."""
        return f"{self.name} {self.type}  {self.value}"


@dataclass(slots=True)
class Zone:
    name: str
    owner: str
    type: str = "master"
    records: list[ZoneRecord] = field(default_factory=list)


class NamePanel(Panel):
    """The part of a panel that keeps zones; users see their own, administrators all."""

    def __init__(self) -> None:
        super().__init__()
        self.zones: dict[str, Zone] = {}

    def add_zone(self, name: str, owner: str, type: str = "master") -> Zone:
        """A zone with its name servers, as one that a person has made there."""
        zone = Zone(name, owner, type)
        zone.records += [ZoneRecord(f"{name}.", "NS", f"ns{n}.{name}.") for n in (1, 2)]
        self.zones[name] = zone
        return zone

    def zone_state(self) -> dict[str, list[str]]:
        return {zone.name: sorted(it.key for it in zone.records) for zone in self.zones.values()}

    @function("domain")
    def zone_list(self, call: Call) -> Reply:
        rows: list[Fields] = [
            {"name": zone.name, "user": zone.owner, "dtype": zone.type}
            for zone in sorted(self.zones.values(), key=lambda zone: zone.name)
            if _may_see(call, zone)
        ]
        return Reply(rows=rows, key="name")

    @function("domain.record")
    def record_list(self, call: Call) -> Reply:
        rows: list[Fields] = [
            {
                "rkey": it.key,
                "rkey_name": it.name,
                "name": it.name,
                "ttl": "3600",
                "rtype": Text.coded(it.type, f"{it.type} record"),
                "rtype_hidden": it.type,
                "value": it.value,
            }
            for it in self._zone(call, "elid").records
        ]
        return Reply(rows=rows, key="rkey")

    @function("domain.record.edit")
    def record_edit(self, call: Call) -> Reply:
        """Only new records, and only addresses: nothing else is asked of it."""
        zone, kind = self._zone(call, "plid"), call.required("rtype")
        if not call.executes:
            return Reply(fields={"plid": zone.name, "rtype": kind})
        if zone.type != "master":
            raise RefusalError("access", "domain", zone.name, "A slave zone can't be changed")
        if call.text("elid") or kind not in VERSIONS:
            raise RefusalError("value", "rtype", kind, f"'{kind}' can't be added here")
        if not call.required("ttl").isdigit():
            raise RefusalError("value", "ttl", call.text("ttl"), "The time to live is a number")
        record = ZoneRecord(_full_name(call, zone), kind.upper(), _address(call, kind))
        if record in zone.records:
            raise RefusalError("exists", "record", record.key, "The record already exists")
        zone.records.append(record)
        return Reply(done=True, fields={"id": record.key})

    @function("domain.record.delete")
    def record_delete(self, call: Call) -> Reply:
        zone, key = self._zone(call, "plid"), call.required("elid")
        for record in zone.records:
            if record.key == key:
                zone.records.remove(record)
                return Reply(done=True)
        raise RefusalError("missed", "record", key, f"There is no record '{key}'")

    def _zone(self, call: Call, parameter: str) -> Zone:
        name = call.required(parameter)
        zone = self.zones.get(name)
        if zone is None or not _may_see(call, zone):
            raise RefusalError("missed", "domain", name, f"There is no domain '{name}'")
        return zone


def _may_see(call: Call, zone: Zone) -> bool:
    return call.level >= ADMINISTRATOR or zone.owner == call.user


def _full_name(call: Call, zone: Zone) -> str:
    """The record's name in full; a name without a final dot is relative to its zone."""
    name = call.required("name").lower()
    full = name if name.endswith(".") else f"{name}.{zone.name}."
    if full != f"{zone.name}." and not full.endswith(f".{zone.name}."):
        raise RefusalError("value", "name", name, f"'{name}' is not in the domain '{zone.name}'")
    return full


def _address(call: Call, kind: str) -> str:
    text = call.required("ip")
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != VERSIONS[kind]:
        raise RefusalError("value", "ip", text, f"'{text}' is not an address for {kind}")
    return str(address)
