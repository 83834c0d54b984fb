"""The simulated IPmanager keeps the rules of a real one."""

from collections.abc import Callable

import pytest

from billing_hookspecs import Context
from billing_ipmanager.ipmanager import Ipmanager
from billing_ipmanager.simulator import IpmanagerPanel
from billing_ispsystem_api.client import PanelClient
from billing_ispsystem_api.errors import PanelRefusedError
from billing_ispsystem_api.simulator import USER


@pytest.fixture
def client(connect: Callable[..., Context], panel: IpmanagerPanel) -> PanelClient:
    context = connect(Ipmanager(), panel)
    return PanelClient(context.http, "bill", context.settings["password"], manager="ipmgr")


def test_an_address_is_shown_and_changed_by_whoever_holds_it(
    client: PanelClient, panel: IpmanagerPanel
) -> None:
    """Fields that are left out keep their values."""
    client.execute("ip.edit", {"family": "ipv4", "domain": "a.example.com", "note": "mine"})
    client.execute("ip.edit", {"elid": "192.0.2.10", "domain": "b.example.com"})
    shown = client.read("ip.edit", {"elid": "192.0.2.10"})
    assert (shown.text("domain"), shown.text("note")) == ("b.example.com", "mine")


@pytest.mark.parametrize("function", ["ip.edit", "ip.delete"])
def test_an_address_of_another_account_is_out_of_reach(
    function: str, client: PanelClient, panel: IpmanagerPanel
) -> None:
    """Accounts share the server, not their addresses."""
    panel.add_user("other", "another password", USER)
    panel.pool["192.0.2.10"].owner = "other"
    with pytest.raises(PanelRefusedError) as refused:
        client.execute(function, {"elid": "192.0.2.10"})
    assert refused.value.refusal.type == "missed"
    assert client.rows("ip") == ()


def test_a_family_that_doesn_t_exist_is_refused(client: PanelClient) -> None:
    """A panel that takes anything would hide what the driver sends wrong."""
    with pytest.raises(PanelRefusedError) as refused:
        client.execute("ip.edit", {"family": "ipx"})
    assert refused.value.refusal.object == "family"


def test_the_state_is_there_for_tests_in_other_processes(
    client: PanelClient, panel: IpmanagerPanel
) -> None:
    """A demo or a crash test can't look into the simulator's memory."""
    client.execute("ip.edit", {"family": "ipv6", "note": "[b1-1]"})
    assert panel.state()["2001:db8::10"] == {"state": "held", "owner": "bill", "note": "[b1-1]"}
