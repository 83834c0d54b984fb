"""An ispmanager as name server: the contract's suite, and what is ispmanager's own."""

from collections.abc import Callable
from typing import Any

import pytest

from billing_hookspecs import (
    Context,
    DomainFound,
    FindDomain,
    NameServer,
    OutcomeUnknownError,
    PointDomain,
    RemoveDomain,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import NameServerConformance
from billing_ispmanager_hosting.name_server import IspmanagerNameServer
from billing_ispmanager_hosting.simulator import IspmanagerPanel, ZoneRecord
from billing_ispsystem_api.simulator import USER

ZONE = "hosting.test"
DOMAIN = f"ann.{ZONE}"


@pytest.fixture
def zoned(panel: IspmanagerPanel) -> IspmanagerPanel:
    panel.add_zone(ZONE, "root")
    return panel


@pytest.fixture
def connection(zoned: IspmanagerPanel, context_with: Callable[..., Context]) -> Context:
    return context_with()


def point(context: Context, domain: str = DOMAIN, address: str = "192.0.2.10") -> None:
    IspmanagerNameServer().point_domain(PointDomain("s-1", domain, address), context)


class TestNameServer(NameServerConformance):
    @pytest.fixture
    def name_server(self) -> NameServer:
        return IspmanagerNameServer()

    @pytest.fixture
    def upstream(self, zoned: IspmanagerPanel) -> IspmanagerPanel:
        return zoned

    @pytest.fixture
    def settings(self, entered: dict[str, Any]) -> dict[str, Any]:
        return entered

    @pytest.fixture
    def zone(self) -> str:
        return ZONE

    @pytest.fixture
    def upstream_records(self, zoned: IspmanagerPanel) -> Callable[[], dict[str, list[str]]]:
        return zoned.zone_state


def test_the_record_is_as_the_panel_documents_it(
    zoned: IspmanagerPanel, connection: Context
) -> None:
    """A full name with its final dot, the type by address, and the zone as parent."""
    point(connection)
    point(connection, f"six.{ZONE}", "2001:db8::10")
    assert f"{DOMAIN}. A  192.0.2.10" in zoned.zone_state()[ZONE]
    assert f"six.{ZONE}. AAAA  2001:db8::10" in zoned.zone_state()[ZONE]


def test_the_nearest_zone_gets_the_record(zoned: IspmanagerPanel, connection: Context) -> None:
    """A record in the zone above is hidden by the zone below it."""
    zoned.add_zone(f"sites.{ZONE}", "root")
    point(connection, f"ann.sites.{ZONE}")
    assert f"ann.sites.{ZONE}. A  192.0.2.10" in zoned.zone_state()[f"sites.{ZONE}"]
    assert len(zoned.zones[ZONE].records) == 2


def test_a_zone_that_only_ends_alike_is_not_its_zone(connection: Context) -> None:
    """nothosting.test is somebody else's domain."""
    with pytest.raises(UpstreamRefusedError, match="no zone"):
        point(connection, f"ann.not{ZONE}")


def test_the_zone_itself_is_never_pointed(connection: Context) -> None:
    """The provider's own site is there."""
    with pytest.raises(UpstreamRefusedError, match="no zone"):
        point(connection, ZONE)


def test_a_copy_of_another_servers_zone_is_not_changed(
    zoned: IspmanagerPanel, connection: Context
) -> None:
    """Its next transfer would take the record away again."""
    zoned.zones[ZONE].type = "slave"
    with pytest.raises(UpstreamRefusedError, match="no zone"):
        point(connection)


@pytest.mark.parametrize(("kind", "value"), [("CNAME", "mail.test."), ("NS", "ns.else.test.")])
def test_a_name_with_records_of_other_kinds_is_taken(
    zoned: IspmanagerPanel, connection: Context, kind: str, value: str
) -> None:
    """An address beside an alias makes the zone invalid; beside a delegation it is hidden."""
    zoned.zones[ZONE].records.append(ZoneRecord(f"{DOMAIN}.", kind, value))
    with pytest.raises(UpstreamRefusedError) as refused:
        point(connection)
    assert refused.value.reason == "name_taken"


def test_a_text_is_no_hindrance(zoned: IspmanagerPanel, connection: Context) -> None:
    """A proof of ownership leads nowhere, and stays when the name is removed."""
    text = ZoneRecord(f"{DOMAIN}.", "TXT", "proof")
    zoned.zones[ZONE].records.append(text)
    point(connection)
    remove = RemoveDomain("s-1", DOMAIN, ("192.0.2.10",))
    IspmanagerNameServer().remove_domain(remove, connection)
    assert [it for it in zoned.zones[ZONE].records if it.name == f"{DOMAIN}."] == [text]


def test_a_user_sees_only_zones_of_its_own(
    zoned: IspmanagerPanel, context_with: Callable[..., Context]
) -> None:
    """The billing's account needs no right to anybody's zones but these."""
    zoned.add_user("dns", "a password of dns", USER)
    zoned.add_zone("free.test", "dns")
    context = context_with(username="dns", password="a password of dns")
    report = IspmanagerNameServer().check_connection(context)
    assert report.summary == "ispmanager, user dns, zones: free.test"
    with pytest.raises(UpstreamRefusedError, match="no zone"):
        point(context)


def test_a_move_that_stops_half_way_is_unknown(zoned: IspmanagerPanel, connection: Context) -> None:
    """The new record is there already, so neither busy nor refused would be true."""
    point(connection)
    zoned.faults.add("refused", "domain.record.delete", type="access")
    move = PointDomain("s-1", DOMAIN, "192.0.2.11", ("192.0.2.10",))
    driver = IspmanagerNameServer()
    with pytest.raises(OutcomeUnknownError, match="half of it was done"):
        driver.point_domain(move, connection)
    found = driver.find_domain(FindDomain("s-1", DOMAIN), connection)
    assert isinstance(found, DomainFound)
    assert set(found.addresses) == {"192.0.2.10", "192.0.2.11"}
    driver.point_domain(move, connection)
    assert driver.find_domain(FindDomain("s-1", DOMAIN), connection) == DomainFound(("192.0.2.11",))
