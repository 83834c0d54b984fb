"""The driver: an ispmanager as the name server of zones that it has."""

from collections.abc import Callable, Iterable
from functools import partial

from billing_hookspecs import (
    ConnectionReport,
    Context,
    DomainFound,
    DomainPointed,
    DomainRemoved,
    FindDomain,
    NameServer,
    NotFound,
    OutcomeUnknownError,
    PointDomain,
    RemoveDomain,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_ispmanager_hosting.settings import CONNECTION
from billing_ispmanager_hosting.zones import Record, ZonePanel
from billing_ispsystem_api.errors import PanelSetupError


class IspmanagerNameServer(NameServer):
    """A and AAAA records in the zones of an ispmanager user, or of DNSmanager's.

    Records have no place for a note, so a name belongs to whom it leads to: one that leads
    anywhere but where the billing says that it made it lead is never changed.
    """

    key = "ispmanager"
    title = {"en": "ispmanager 6", "ru": "ispmanager 6"}
    settings = CONNECTION

    def check_connection(self, context: Context) -> ConnectionReport:
        panel = ZonePanel(context)
        try:
            name, zones = panel.own_name(), panel.zones()
        except PanelSetupError as error:
            raise error.as_refusal() from error
        return ConnectionReport(
            f"ispmanager, user {name}, zones: {', '.join(zones) or 'none'}", {"zones": list(zones)}
        )

    def point_domain(self, request: PointDomain, context: Context) -> DomainPointed:
        panel, domain, address = ZonePanel(context), request.domain, request.address
        zone = panel.zone_of(domain)
        if not zone:
            raise UpstreamRefusedError("zone_missing", f"no zone of the account has {domain}")
        present = panel.leading(zone, domain)
        ours = {address, *request.previous}
        if foreign := [it.value for it in present if it.address not in ours]:
            raise UpstreamRefusedError("name_taken", f"{domain} leads to {foreign[0]} already")
        steps = [partial(panel.delete, zone, it) for it in present if it.address != address]
        if all(it.address != address for it in present):
            steps.insert(0, partial(panel.add_address, zone, domain, address))
        _take(steps)
        return DomainPointed()

    def remove_domain(self, request: RemoveDomain, context: Context) -> DomainRemoved:
        panel = ZonePanel(context)
        zone, present = _look_up(panel, request.domain)
        gone = (it for it in present if it.address in request.addresses)
        _take(partial(panel.delete, zone, it) for it in gone)
        return DomainRemoved()

    def find_domain(self, request: FindDomain, context: Context) -> DomainFound | NotFound:
        _, present = _look_up(ZonePanel(context), request.domain)
        addresses = tuple(it.address for it in present if it.address)
        return DomainFound(addresses) if addresses else NotFound()


def _look_up(panel: ZonePanel, domain: str) -> tuple[str, tuple[Record, ...]]:
    """The zone of a name and where it leads; "" and nothing where no zone has it."""
    zone = panel.zone_of(domain)
    return zone, panel.leading(zone, domain) if zone else ()


def _take(steps: Iterable[Callable[[], None]]) -> None:
    """Take each step; after the first, "nothing was done" would no longer be true."""
    has_changed = False
    for step in steps:
        try:
            step()
        except (UpstreamBusyError, UpstreamRefusedError) as error:
            if not has_changed:
                raise
            raise OutcomeUnknownError(f"half of it was done, then {error.message}") from error
        has_changed = True
