"""The functions of both panels and their parameters; nothing else in this plugin knows them."""

from dataclasses import dataclass
from ipaddress import ip_address

from billing_hookspecs import Context, IpFamily
from billing_ispsystem_api.client import PanelClient
from billing_ispsystem_api.document import Node


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """One row. ``role`` is ispmanager's: ``shared``, ``assigned``, ``free`` and others."""

    address: str
    note: str
    role: str

    @property
    def family(self) -> IpFamily:
        return IpFamily.IPV4 if ip_address(self.address).version == 4 else IpFamily.IPV6


class AddressPanel:
    """A panel's addresses, as the connection's account sees them.

    ``manager`` is ``ipmgr`` or ``ispmgr``. Raises what PanelClient raises.
    """

    def __init__(self, context: Context, manager: str) -> None:
        self._function = str(context.settings["address_function"])
        self._panel = PanelClient(
            context.http,
            context.settings["username"],
            context.settings["password"],
            manager=manager,
        )

    def own_name(self) -> str:
        document = self._panel.read("whoami")
        return next((node.attributes.get("name", "") for node in document.find("user")), "")

    def addresses(self) -> tuple[ListedAddress, ...]:
        """Every row that names an address; ranges and networks in the list are left out."""
        rows = (
            ListedAddress(canonical(row.text("ip", "name")), row.text("note"), row.code("iprole"))
            for row in self._panel.rows(self._function)
        )
        return tuple(row for row in rows if row.address)

    def allocate(self, family: IpFamily, group: str, domain: str, note: str) -> str:
        """Take the next free address of ``group``; "" where the answer doesn't name it."""
        parameters = {"family": family.value, "iptype": group, "note": note}
        if domain:
            parameters["domain"] = domain
        return _named(self._panel.execute(f"{self._function}.edit", parameters))

    def release(self, address: str) -> None:
        self._panel.execute(f"{self._function}.delete", {"elid": address})


def canonical(text: str) -> str:
    """``text`` as addresses are written everywhere; "" where it is none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _named(answer: Node) -> str:
    return canonical(answer.text("ip")) or canonical(answer.text("id"))
