"""The driver for an ispmanager that stands in for an IPmanager: it lends its own address."""

from typing import Final

from billing_hookspecs import (
    AddressAllocated,
    AddressReleased,
    AllocateAddress,
    ConnectionReport,
    Context,
    FindAddress,
    IpAllocator,
    IpFamily,
    NotFound,
    ReleaseAddress,
    UpstreamRefusedError,
)
from billing_ipmanager.client import AddressPanel
from billing_ipmanager.settings import PASSWORD, USERNAME, function_field, url_field
from billing_ispsystem_api.errors import PanelSetupError

MANAGER: Final = "ispmgr"
LENT: Final = frozenset({"shared", "assigned"})


class IspmanagerStandIn(IpAllocator):
    """The first shared or assigned address that the account sees; nothing is ever taken.

    For panels without address management: all services get the server's address.
    """

    key = "ispmanager_stand_in"
    title = {"en": "ispmanager instead of IPmanager", "ru": "ispmanager вместо IPmanager"}
    settings = (
        url_field("https://example.com:1500/ispmgr/"),
        USERNAME,
        PASSWORD,
        function_field("ipaddr"),
    )
    account_identity = ("url", "username")
    shares_addresses = True

    def check_connection(self, context: Context) -> ConnectionReport:
        panel = AddressPanel(context, MANAGER)
        try:
            name = panel.own_name()
            lent = [row.address for row in panel.addresses() if row.role in LENT]
        except PanelSetupError as error:
            raise error.as_refusal() from error
        return ConnectionReport(f"ispmanager, user {name}, address: {', '.join(lent) or 'none'}")

    def allocate_address(self, request: AllocateAddress, context: Context) -> AddressAllocated:
        address = _lent(context, request.family)
        if not address:
            raise UpstreamRefusedError(
                "no_address", f"the panel shows no {request.family.value} address to lend"
            )
        return AddressAllocated(address)

    def release_address(self, request: ReleaseAddress, context: Context) -> AddressReleased:
        return AddressReleased()

    def find_address(self, request: FindAddress, context: Context) -> AddressAllocated | NotFound:
        """The address that would be lent now: lending leaves no trace to look for."""
        address = _lent(context, request.family)
        return AddressAllocated(address) if address else NotFound()


def _lent(context: Context, family: IpFamily) -> str:
    rows = AddressPanel(context, MANAGER).addresses()
    return next((it.address for it in rows if it.role in LENT and it.family is family), "")
