"""IPmanager 5 as a billing sees it: the addresses of one account."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from billing_ispsystem_api.simulator import Call, Panel, RefusalError, Reply, function
from billing_ispsystem_api.simulator.replies import Fields


class State(StrEnum):
    """An address that was given back is checked before anybody gets it again."""

    FREE = "free"
    HELD = "held"
    PENDING = "pending"


@dataclass(slots=True)
class PooledAddress:
    address: str
    group: str
    state: State = State.FREE
    owner: str = ""
    domain: str = ""
    note: str = ""

    @property
    def family(self) -> str:
        return f"ipv{ip_address(self.address).version}"

    def as_row(self) -> Fields:
        return {
            "ip": self.address,
            "domain": self.domain,
            "iptype": self.group,
            "note": self.note,
        }


class IpmanagerPanel(Panel):
    """One server with pools. What isn't documented is a switch.

    ``exhausted_type``  the error type of an allocation when no address is free.
    ``answer_fields``   where the answer of an allocation names the address.
    """

    manager = "ipmgr"

    def __init__(self) -> None:
        super().__init__()
        self.exhausted_type = "limit"
        self.answer_fields: tuple[str, ...] = ("id", "ip")
        self.pool: dict[str, PooledAddress] = {}

    def add_addresses(self, *addresses: str, group: str = "public") -> None:
        self.pool.update({it: PooledAddress(it, group) for it in addresses})

    def check_pending(self) -> None:
        """What the hourly check does: every pending address is fine and free again."""
        for address in self.pool.values():
            if address.state is State.PENDING:
                address.state = State.FREE

    def state(self) -> dict[str, Any]:
        return {
            it.address: {"state": it.state.value, "owner": it.owner, "note": it.note}
            for it in self.pool.values()
        }

    @function("ip")
    def address_list(self, call: Call) -> Reply:
        held = [it for it in self.pool.values() if self._is_held_by(it, call.user)]
        return Reply(rows=[it.as_row() for it in held], key="ip")

    @function("ip.edit")
    def address_edit(self, call: Call) -> Reply:
        """Allocate without ``elid``; with it, show or change an address of the caller's own."""
        if not call.text("elid"):
            return self._allocated(call) if call.executes else Reply(fields={"family": "ipv4"})
        address = self._own(call.required("elid"), call)
        if not call.executes:
            return Reply(fields=address.as_row())
        address.domain = call.text("domain", address.domain)
        address.note = call.text("note", address.note)
        return Reply(done=True)

    @function("ip.delete")
    def address_delete(self, call: Call) -> Reply:
        keys = call.keys()
        for address in [self._own(key, call) for key in keys]:
            address.state, address.owner = State.PENDING, ""
            address.domain, address.note = "", ""
        return Reply(done=True)

    def _allocated(self, call: Call) -> Reply:
        family, group = call.text("family", "ipv4"), call.text("iptype", "public")
        if family not in ("ipv4", "ipv6"):
            raise RefusalError("value", "family", family, f"'{family}' is no address family")
        fitting = (it for it in self.pool.values() if (it.family, it.group) == (family, group))
        address = next((it for it in fitting if it.state is State.FREE), None)
        if address is None:
            raise RefusalError(self.exhausted_type, "ip", group, "There are no free addresses")
        address.state, address.owner = State.HELD, call.user
        address.domain, address.note = call.text("domain"), call.text("note")
        return Reply(done=True, fields=dict.fromkeys(self.answer_fields, address.address))

    def _own(self, key: str, call: Call) -> PooledAddress:
        address = self.pool.get(key)
        if address is None or not self._is_held_by(address, call.user):
            raise RefusalError("missed", "ip", key, f"There is no address '{key}'")
        return address

    def _is_held_by(self, address: PooledAddress, user: str) -> bool:
        return address.state is State.HELD and address.owner == user
