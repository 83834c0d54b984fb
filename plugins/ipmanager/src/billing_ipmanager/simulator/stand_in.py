"""An ispmanager of which only the address list is asked, by an ordinary user."""

from typing import Any

from billing_ispsystem_api.simulator import Call, Panel, RefusalError, Reply, function


class StandInPanel(Panel):
    """``addresses`` maps each to its role; without ``may_list`` the right was taken away."""

    manager = "ispmgr"

    def __init__(self) -> None:
        super().__init__()
        self.may_list = True
        self.addresses: dict[str, str] = {}

    def state(self) -> dict[str, Any]:
        return dict(self.addresses)

    @function("ipaddr")
    def address_list(self, call: Call) -> Reply:
        if not self.may_list:
            raise RefusalError("access", "ipaddr", "", "Not enough rights")
        rows = [{"name": name, "iprole": role} for name, role in self.addresses.items()]
        return Reply(rows=rows, key="name")
