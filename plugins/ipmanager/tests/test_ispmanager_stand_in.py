"""An ispmanager instead of an IPmanager: it lends its own address and takes nothing away."""

from collections.abc import Callable

import pytest

from billing_hookspecs import (
    AddressAllocated,
    AddressReleased,
    AllocateAddress,
    Context,
    FindAddress,
    IpFamily,
    NotFound,
    ReleaseAddress,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_ipmanager.simulator import StandInPanel
from billing_ipmanager.stand_in import IspmanagerStandIn

IPV4 = IpFamily.IPV4


@pytest.fixture
def context(connect: Callable[..., Context], stand_in: StandInPanel) -> Context:
    return connect(IspmanagerStandIn(), stand_in)


@pytest.mark.parametrize(("family", "address"), [("ipv4", "192.0.2.80"), ("ipv6", "2001:db8::80")])
def test_the_first_shared_or_assigned_address_is_lent(
    family: str, address: str, context: Context
) -> None:
    """A free address isn't set up on the server, so nothing would answer at it."""
    wanted = AllocateAddress("b1-1", IpFamily(family))
    assert IspmanagerStandIn().allocate_address(wanted, context) == AddressAllocated(address)


def test_all_services_get_the_same_address_and_the_driver_says_so(context: Context) -> None:
    """Without the declaration the kernel would refuse an address that it knows as taken."""
    module = IspmanagerStandIn()
    addresses = {
        module.allocate_address(AllocateAddress(f"b1-{number}", IPV4), context).address
        for number in range(3)
    }
    assert addresses == {"192.0.2.80"}
    assert module.shares_addresses


def test_giving_back_asks_nobody(stand_in: StandInPanel, context: Context) -> None:
    """The address is the server's own; releasing it would take every site down."""
    release = ReleaseAddress("b1-1", IPV4, "192.0.2.80")
    assert IspmanagerStandIn().release_address(release, context) == AddressReleased()
    assert stand_in.requests.all() == []


def test_nothing_is_ever_changed_on_the_server(stand_in: StandInPanel, context: Context) -> None:
    """The account is an ordinary user's and only reads."""
    module = IspmanagerStandIn()
    module.check_connection(context)
    module.allocate_address(AllocateAddress("b1-1", IPV4), context)
    module.find_address(FindAddress("b1-1", IPV4), context)
    assert {request.function for request in stand_in.requests.all()} == {"whoami", "ipaddr"}


def test_a_server_without_such_an_address_refuses(stand_in: StandInPanel, context: Context) -> None:
    """Waiting would change nothing: the order fails and the money returns."""
    del stand_in.addresses["2001:db8::80"]
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerStandIn().allocate_address(AllocateAddress("b1-1", IpFamily.IPV6), context)
    assert refused.value.reason == "no_address"
    found = IspmanagerStandIn().find_address(FindAddress("b1-1", IpFamily.IPV6), context)
    assert isinstance(found, NotFound)


def test_ranges_in_the_list_are_not_lent(stand_in: StandInPanel, context: Context) -> None:
    """Administrators can add whole networks to the list."""
    stand_in.addresses = {"192.0.2.0/24": "shared", "192.0.2.81": "shared"}
    allocated = IspmanagerStandIn().allocate_address(AllocateAddress("b1-1", IPV4), context)
    assert allocated.address == "192.0.2.81"


def test_a_user_whose_right_was_taken_away_is_refused(
    stand_in: StandInPanel, context: Context
) -> None:
    """Setting the stand-in up takes a right away; which calls then still work isn't public."""
    stand_in.may_list = False
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerStandIn().check_connection(context)
    assert refused.value.reason == "forbidden"


def test_another_function_can_be_named(
    connect: Callable[..., Context], stand_in: StandInPanel
) -> None:
    """The panel's log shows which one a user without the right may call."""
    context = connect(IspmanagerStandIn(), stand_in, address_function="ip")
    with pytest.raises(UpstreamRefusedError) as refused:
        IspmanagerStandIn().check_connection(context)
    assert refused.value.reason == "missing"
    assert stand_in.requests.all("ip")


def test_the_report_names_the_address_that_will_be_lent(context: Context) -> None:
    """The administrator sees before the first order what clients will get."""
    report = IspmanagerStandIn().check_connection(context)
    assert report.summary == "ispmanager, user bill, address: 192.0.2.80, 2001:db8::80"


def test_a_page_for_people_lends_nothing(stand_in: StandInPanel, context: Context) -> None:
    """A firewall in front answers HTML with status 200."""
    stand_in.faults.add("html")
    with pytest.raises(UpstreamBusyError):
        IspmanagerStandIn().allocate_address(AllocateAddress("b1-1", IPV4), context)
