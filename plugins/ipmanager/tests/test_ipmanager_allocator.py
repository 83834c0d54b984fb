"""Addresses from IPmanager: one for a reference, and never somebody else's back."""

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
    OutcomeUnknownError,
    ReleaseAddress,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_ipmanager.ipmanager import Ipmanager
from billing_ipmanager.simulator import IpmanagerPanel

IPV4 = IpFamily.IPV4
WANTED = AllocateAddress("b1-510-ipv4-1", IPV4, domain="shop.example.com")
FAULTS = [
    "dropped",
    "answer_lost",
    "html",
    "truncated",
    "cut_off",
    "empty",
    "expired_session",
    "busy",
    "server_error",
]


@pytest.fixture
def context(connect: Callable[..., Context], panel: IpmanagerPanel) -> Context:
    return connect(Ipmanager(), panel)


def held(panel: IpmanagerPanel) -> dict[str, str]:
    """Address → note of everything that is held."""
    return {it.address: it.note for it in panel.pool.values() if it.state == "held"}


def test_the_report_names_the_user_and_what_it_holds(
    panel: IpmanagerPanel, context: Context
) -> None:
    """An administrator sees whether it is the account whose addresses are meant."""
    Ipmanager().allocate_address(WANTED, context)
    report = Ipmanager().check_connection(context)
    assert report.summary == "IPmanager, user bill, addresses held: 1"


def test_a_wrong_password_is_refused_with_its_reason(
    connect: Callable[..., Context], panel: IpmanagerPanel
) -> None:
    """The administrator is waiting and can put it right at once."""
    context = connect(Ipmanager(), panel, password="not the password")
    with pytest.raises(UpstreamRefusedError) as refused:
        Ipmanager().check_connection(context)
    assert refused.value.reason == "credentials"


def test_a_panel_without_an_address_list_is_refused(
    connect: Callable[..., Context], panel: IpmanagerPanel
) -> None:
    """Another product, or a function that is called differently there."""
    context = connect(Ipmanager(), panel, address_function="iplist")
    with pytest.raises(UpstreamRefusedError) as refused:
        Ipmanager().check_connection(context)
    assert refused.value.reason == "missing"


def test_an_address_comes_from_the_group_with_its_name_and_its_note(
    panel: IpmanagerPanel, context: Context
) -> None:
    """The name is what it resolves back to, the note is what it is found again by."""
    allocated = Ipmanager().allocate_address(WANTED, context)
    row = panel.pool[allocated.address]
    assert (row.group, row.owner) == ("public", "bill")
    assert (row.domain, row.note) == ("shop.example.com", "[b1-510-ipv4-1]")


@pytest.mark.parametrize(("family", "address"), [("ipv4", "192.0.2.10"), ("ipv6", "2001:db8::10")])
def test_the_family_is_the_one_that_was_asked_for(
    family: str, address: str, context: Context
) -> None:
    """A service that bought an IPv4 address can't use another."""
    wanted = AllocateAddress("b1-510-1", IpFamily(family))
    assert Ipmanager().allocate_address(wanted, context) == AddressAllocated(address)


@pytest.mark.parametrize("fields", [("id", "ip"), ("id",), ("ip",)])
def test_the_address_is_understood_wherever_the_answer_names_it(
    fields: tuple[str, ...], panel: IpmanagerPanel, context: Context
) -> None:
    """Which of the two fields carries it isn't documented."""
    panel.answer_fields = fields
    assert Ipmanager().allocate_address(WANTED, context).address == "192.0.2.10"


def test_another_group_is_asked_where_the_connection_says_so(
    connect: Callable[..., Context], panel: IpmanagerPanel
) -> None:
    """Installations keep private addresses in a group of their own."""
    context = connect(Ipmanager(), panel, group="private")
    assert Ipmanager().allocate_address(WANTED, context).address == "198.51.100.1"


def test_one_reference_holds_one_address(panel: IpmanagerPanel, context: Context) -> None:
    """A worker that died after the call makes it again."""
    first = Ipmanager().allocate_address(WANTED, context)
    assert Ipmanager().allocate_address(WANTED, context) == first
    assert list(held(panel)) == [first.address]


def test_references_are_compared_whole(panel: IpmanagerPanel, context: Context) -> None:
    """The address of number 10 must not be found as that of number 1."""
    ten = AllocateAddress("b1-510-ipv4-10", IPV4)
    one = AllocateAddress("b1-510-ipv4-1", IPV4)
    addresses = {Ipmanager().allocate_address(it, context).address for it in (ten, one)}
    assert addresses == {"192.0.2.10", "192.0.2.11"}


@pytest.mark.parametrize("kind", FAULTS)
def test_however_the_line_fails_one_address_is_held_in_the_end(
    kind: str, panel: IpmanagerPanel, context: Context
) -> None:
    """The kernel retries what is busy and looks up what is unknown; both must end the same."""
    panel.faults.add(kind, "ip.edit")
    try:
        Ipmanager().allocate_address(WANTED, context)
    except OutcomeUnknownError:
        found = Ipmanager().find_address(FindAddress(WANTED.reference, IPV4), context)
        assert isinstance(found, NotFound) == (not held(panel))
    except UpstreamBusyError:
        assert held(panel) == {}
    allocated = Ipmanager().allocate_address(WANTED, context)
    assert held(panel) == {allocated.address: "[b1-510-ipv4-1]"}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_look_up_that_fails_never_says_not_found(
    kind: str, panel: IpmanagerPanel, context: Context
) -> None:
    """Not found lets the kernel allocate a second address."""
    allocated = Ipmanager().allocate_address(WANTED, context)
    panel.faults.add(kind, "ip")
    try:
        found = Ipmanager().find_address(FindAddress(WANTED.reference, IPV4), context)
    except UpstreamBusyError:
        return
    assert found == allocated


def test_addresses_on_further_pages_are_found(panel: IpmanagerPanel, context: Context) -> None:
    """A big account lists its addresses in pages."""
    panel.page_size = 1
    for number in (1, 2):
        Ipmanager().allocate_address(AllocateAddress(f"b1-{number}", IPV4), context)
    found = Ipmanager().find_address(FindAddress("b1-2", IPV4), context)
    assert found == AddressAllocated("192.0.2.11")


@pytest.mark.parametrize("exhausted_type", ["limit", "missed"])
def test_an_empty_pool_is_busy_not_final(
    exhausted_type: str, panel: IpmanagerPanel, context: Context
) -> None:
    """Addresses that were given back are free again within hours; the order can wait."""
    panel.exhausted_type = exhausted_type
    for number in (1, 2):
        Ipmanager().allocate_address(AllocateAddress(f"b1-{number}", IPV4), context)
    with pytest.raises(UpstreamBusyError):
        Ipmanager().allocate_address(AllocateAddress("b1-3", IPV4), context)


def test_any_other_refusal_is_final(panel: IpmanagerPanel, context: Context) -> None:
    """What isn't known to pass by itself must not keep a client's money waiting."""
    panel.faults.add("refused", "ip.edit", type="value", object="iptype")
    with pytest.raises(UpstreamRefusedError) as refused:
        Ipmanager().allocate_address(WANTED, context)
    assert refused.value.reason == "invalid"


def test_an_answer_that_names_no_address_leaves_the_outcome_open(
    panel: IpmanagerPanel, context: Context
) -> None:
    """Something was allocated; the look-up by note tells what."""
    panel.answer_fields = ()
    with pytest.raises(OutcomeUnknownError):
        Ipmanager().allocate_address(WANTED, context)
    found = Ipmanager().find_address(FindAddress(WANTED.reference, IPV4), context)
    assert found == AddressAllocated("192.0.2.10")


def test_a_released_address_rests_before_it_is_free(
    panel: IpmanagerPanel, context: Context
) -> None:
    """It is checked first: mail from its last owner may have got it onto lists."""
    address = Ipmanager().allocate_address(WANTED, context).address
    release = ReleaseAddress(WANTED.reference, IPV4, address)
    assert Ipmanager().release_address(release, context) == AddressReleased()
    assert panel.pool[address].state == "pending"
    found = Ipmanager().find_address(FindAddress(WANTED.reference, IPV4), context)
    assert isinstance(found, NotFound)
    panel.check_pending()
    again = AllocateAddress("b1-511-ipv4-1", IPV4)
    assert Ipmanager().allocate_address(again, context).address == address


def test_releasing_twice_is_done(panel: IpmanagerPanel, context: Context) -> None:
    """The first answer may have been lost."""
    address = Ipmanager().allocate_address(WANTED, context).address
    release = ReleaseAddress(WANTED.reference, IPV4, address)
    panel.faults.add("answer_lost", "ip.delete")
    with pytest.raises(OutcomeUnknownError):
        Ipmanager().release_address(release, context)
    assert Ipmanager().release_address(release, context) == AddressReleased()
    assert len(panel.requests.executed("ip.delete")) == 1


def test_an_address_that_another_service_holds_by_now_is_kept(
    panel: IpmanagerPanel, context: Context
) -> None:
    """Taking it would cut a paying client off the network."""
    address = Ipmanager().allocate_address(WANTED, context).address
    panel.pool[address].note = "[b1-999-ipv4-1]"
    with pytest.raises(UpstreamRefusedError) as refused:
        Ipmanager().release_address(ReleaseAddress(WANTED.reference, IPV4, address), context)
    assert refused.value.reason == "not_ours"
    assert address in held(panel)


def test_credentials_never_travel_in_an_address(panel: IpmanagerPanel, context: Context) -> None:
    """Addresses of requests end up in the logs of every server on the way."""
    Ipmanager().allocate_address(WANTED, context)
    assert all(request.in_url == () for request in panel.requests.all())
