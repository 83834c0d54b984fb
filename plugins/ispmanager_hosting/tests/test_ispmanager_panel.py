"""The simulated panel keeps the rules of a real one, or tests against it would prove nothing."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from billing_ispmanager_hosting.simulator import IspmanagerPanel
from billing_ispsystem_api.client import PanelClient
from billing_ispsystem_api.errors import PanelRefusedError
from billing_ispsystem_api.simulator import RESELLER, PanelServer

NEW = {"name": "ann", "passwd": "a good password", "confirm": "a good password"}


@pytest.fixture
def log_in(server: PanelServer, panel: IspmanagerPanel) -> Iterator[Callable[[str], PanelClient]]:
    """Name of somebody whom the panel knows → a client with that account."""
    with httpx.Client(base_url=server.endpoint, trust_env=False) as http:

        def make(name: str) -> PanelClient:
            password = panel.sessions.users[name].password
            return PanelClient(http, name, password, manager="ispmgr")

        yield make


@pytest.fixture
def root(log_in: Callable[[str], PanelClient]) -> PanelClient:
    return log_in("root")


def names(client: PanelClient, function: str, **parameters: str) -> list[str]:
    return [row.text("name") for row in client.rows(function, parameters)]


@pytest.mark.parametrize(
    ("fields", "type", "object"),
    [
        ({"name": ""}, "value", "name"),
        ({"name": "Ann Example"}, "value", "name"),
        ({"name": "a" * 33}, "value", "name"),
        ({"passwd": "", "confirm": ""}, "value", "passwd"),
        ({"confirm": "another password"}, "value", "confirm"),
        ({"passwd": "x" * 129, "confirm": "x" * 129}, "value", "passwd"),
        ({"preset": "no such template"}, "value", "preset"),
        ({"limit_quota": "much"}, "value", "limit_quota"),
        ({"name": "root"}, "exists", "user"),
    ],
)
def test_a_user_that_can_t_be_is_refused_and_nothing_is_made(
    fields: dict[str, str], type: str, object: str, root: PanelClient, panel: IspmanagerPanel
) -> None:
    """A panel that takes anything would hide what the driver sends wrong."""
    with pytest.raises(PanelRefusedError) as refused:
        root.execute("user.add.finish", NEW | fields)
    assert (refused.value.refusal.type, refused.value.refusal.object) == (type, object)
    assert panel.hosted == {}


def test_a_new_user_comes_with_the_key_an_ftp_user_and_its_sites(
    root: PanelClient, panel: IspmanagerPanel
) -> None:
    """The wizard's last step makes everything at once."""
    extras = {"ftp_user": "on", "ftp_user_name": "ann", "webdomain_name": "ann.example.com"}
    assert root.execute("user.add.finish", NEW | extras).text("id") == "ann"
    assert names(root, "user") == ["ann"]
    assert names(root, "ftp.user") == ["ann"]
    assert names(root, "webdomain", su="ann") == ["ann.example.com"]


def test_fields_that_are_left_out_keep_their_values(
    root: PanelClient, panel: IspmanagerPanel
) -> None:
    """There is no word for unlimited: what isn't sent stays."""
    root.execute("user.edit", NEW | {"limit_db": "5", "limit_quota": "100", "comment": "first"})
    root.execute("user.edit", {"elid": "ann", "limit_quota": "200"})
    assert panel.hosted["ann"].limits == {"limit_db": "5", "limit_quota": "200"}
    assert panel.hosted["ann"].comment == "first"


def test_a_reseller_sees_and_makes_only_its_own_users(
    root: PanelClient, panel: IspmanagerPanel, log_in: Callable[[str], PanelClient]
) -> None:
    """Hosters give the billing a reseller's account; others' users are none of its business."""
    panel.add_user("shop", "a reseller's password", RESELLER)
    root.execute("user.add.finish", NEW)
    log_in("shop").execute("user.add.finish", NEW | {"name": "bob"})
    assert names(log_in("shop"), "user") == ["bob"]
    assert names(root, "user") == ["ann", "bob"]
    assert names(root, "reseller") == ["shop"]
    assert names(root, "admin") == ["root"]


def test_a_user_may_not_manage_users(
    root: PanelClient, log_in: Callable[[str], PanelClient]
) -> None:
    """An account with too few rights must fail here as it does in production."""
    root.execute("user.add.finish", NEW)
    with pytest.raises(PanelRefusedError) as refused:
        log_in("ann").rows("user")
    assert refused.value.refusal.type == "access"


def test_a_password_can_be_changed_as_the_user(root: PanelClient, panel: IspmanagerPanel) -> None:
    """Another production client of the panel does it this way."""
    root.execute("user.add.finish", NEW)
    assert root.read("usrparam", {"su": "ann"}).text("name") == "ann"
    root.execute("usrparam", {"su": "ann", "passwd": "another password"})
    assert panel.sessions.users["ann"].password == "another password"


def test_templates_are_made_changed_and_deleted(root: PanelClient) -> None:
    """Some production clients keep templates in step with their tariff plans."""
    root.execute("preset.edit", {"name": "big", "limit_db": "1"})
    root.execute("preset.edit", {"elid": "big", "limit_db": "2"})
    assert root.read("preset.edit", {"elid": "big"}).text("limit_db") == "2"
    root.execute("preset.delete", {"elid": "big"})
    with pytest.raises(PanelRefusedError) as refused:
        root.read("preset.edit", {"elid": "big"})
    assert refused.value.refusal.type == "missed"


def test_several_are_named_at_once_and_all_or_none_is_done(
    root: PanelClient, panel: IspmanagerPanel
) -> None:
    """Keys are joined by a comma and a space."""
    for name in ("ann", "bob"):
        root.execute("user.add.finish", NEW | {"name": name})
    with pytest.raises(PanelRefusedError):
        root.execute("user.delete", {"elid": "ann, nobody"})
    assert set(panel.hosted) == {"ann", "bob"}
    root.execute("user.delete", {"elid": "ann, bob"})
    assert panel.hosted == {}


def test_a_site_can_be_deleted_once(root: PanelClient) -> None:
    """Deleting what isn't there is refused, so that a driver has to look."""
    root.execute("user.add.finish", NEW | {"webdomain_name": "ann.example.com"})
    root.execute("webdomain.delete", {"elid": "ann.example.com"})
    with pytest.raises(PanelRefusedError):
        root.execute("webdomain.delete", {"elid": "ann.example.com"})
