"""The driver for IPmanager 5: addresses from a pool, found again by their notes."""

from typing import Final

from billing_hookspecs import (
    AddressAllocated,
    AddressReleased,
    AllocateAddress,
    ConnectionReport,
    Context,
    FindAddress,
    FormField,
    IpAllocator,
    IpFamily,
    NotFound,
    OutcomeUnknownError,
    ReleaseAddress,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_ipmanager.client import AddressPanel, ListedAddress
from billing_ipmanager.settings import PASSWORD, USERNAME, function_field, url_field
from billing_ispsystem_api.errors import PanelRefusedError, PanelSetupError

MANAGER: Final = "ipmgr"
NONE_FREE: Final = frozenset({"limit", "missed"})
"""Error types of an allocation that, as far as is known, mean that no address is free now."""
NONE_FREE_RETRY_S: Final = 900


class Ipmanager(IpAllocator):
    """Addresses of the account's pools.

    The reference of an allocation goes into the address's note, in brackets: by it a lost
    answer is found again, and an address that carries another note is never given back.
    """

    key = "ipmanager"
    title = {"en": "IPmanager", "ru": "IPmanager"}
    settings = (
        url_field("https://example.com:1500/ipmgr/"),
        USERNAME,
        PASSWORD,
        FormField(
            "group",
            {"en": "Address group", "ru": "Группа адресов"},
            default="public",
            length_max=64,
        ),
        function_field("ip"),
    )
    account_identity = ("url", "username")

    def check_connection(self, context: Context) -> ConnectionReport:
        panel = AddressPanel(context, MANAGER)
        try:
            name, held = panel.own_name(), len(panel.addresses())
        except PanelSetupError as error:
            raise error.as_refusal() from error
        return ConnectionReport(f"IPmanager, user {name}, addresses held: {held}")

    def allocate_address(self, request: AllocateAddress, context: Context) -> AddressAllocated:
        panel = AddressPanel(context, MANAGER)
        if held := _held(panel, request.reference, request.family):
            return AddressAllocated(held.address)
        group, note = str(context.settings["group"]), _note(request.reference)
        try:
            address = panel.allocate(request.family, group, request.domain, note)
        except PanelRefusedError as refusal:
            if refusal.refusal.type in NONE_FREE:
                raise UpstreamBusyError(
                    f"no address is free: {refusal.message}", NONE_FREE_RETRY_S
                ) from refusal
            raise
        if not address:
            raise OutcomeUnknownError("an address was allocated, and the answer doesn't name it")
        return AddressAllocated(address)

    def release_address(self, request: ReleaseAddress, context: Context) -> AddressReleased:
        panel = AddressPanel(context, MANAGER)
        rows = [row for row in panel.addresses() if row.address == request.address]
        if rows and not _is_held(rows[0], request.reference, request.family):
            raise UpstreamRefusedError(
                "not_ours", f"{request.address} doesn't carry the note of {request.reference}"
            )
        if rows:
            panel.release(request.address)
        return AddressReleased()

    def find_address(self, request: FindAddress, context: Context) -> AddressAllocated | NotFound:
        held = _held(AddressPanel(context, MANAGER), request.reference, request.family)
        return AddressAllocated(held.address) if held else NotFound()


def _held(panel: AddressPanel, reference: str, family: IpFamily) -> ListedAddress | None:
    return next((row for row in panel.addresses() if _is_held(row, reference, family)), None)


def _is_held(row: ListedAddress, reference: str, family: IpFamily) -> bool:
    return _note(reference) in row.note and row.family is family


def _note(reference: str) -> str:
    return f"[{reference}]"
