"""Name servers over HTTP: connections, their secrets, and who may name them."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.markets import PROVIDER, Market
from tests.zones import PASSWORD, USERNAME, ZONE, name_server_of

from billing_ispmanager_hosting.simulator import IspmanagerPanel
from billing_ispsystem_api.simulator import USER, PanelServer

SERVERS = "/admin/name-servers"


@pytest.fixture
def url() -> Iterator[str]:
    panel = IspmanagerPanel()
    panel.add_user(USERNAME, PASSWORD, USER)
    panel.add_zone(ZONE, USERNAME)
    with PanelServer(panel) as running:
        yield f"{running.endpoint}/"


@pytest.fixture
def server(market: Market, url: str) -> dict[str, Any]:
    made: dict[str, Any] = market.administrator.done("POST", SERVERS, name_server_of(market, url))
    return made


def test_a_name_server_is_checked_kept_and_shown_without_its_secret(
    market: Market, server: dict[str, Any], url: str
) -> None:
    """A password that can be read back is read back by the wrong person."""
    one = f"{SERVERS}/{server['id']}"
    shown = market.administrator.done("GET", one)
    assert shown == server
    assert shown["settings"] == {"url": url, "username": USERNAME}
    assert (shown["for_free_domains"], shown["enabled"]) == (True, True)
    checked = market.administrator.done("POST", f"{one}/check")
    assert ZONE in checked["summary"]
    assert checked["facts"] == {"zones": [ZONE]}
    listed = market.administrator.done("GET", f"{SERVERS}?provider_id={market.provider_id}")
    assert listed["items"] == [server]


def test_a_connection_that_does_not_work_is_not_kept(market: Market, url: str) -> None:
    """It would be found out when the first client's name leads nowhere."""
    wrong = {"url": url, "username": USERNAME, "password": "wrong"}
    body = name_server_of(market, url, settings=wrong)
    market.administrator.refused("POST", SERVERS, body, 422, "upstream.refused")
    assert market.administrator.done("GET", SERVERS)["items"] == []


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"settings": {"url": "https://x.test", "username": "dns"}}, "/settings/password"),
        ({"name": {"en": " "}}, "/name"),
        ({"provider_id": 99}, "/provider_id"),
    ],
)
def test_what_is_wrong_with_a_name_server_is_named(
    market: Market, url: str, said: dict[str, Any], pointer: str
) -> None:
    """Each field by its pointer."""
    body = name_server_of(market, url, **said)
    problem = market.administrator.refused("POST", SERVERS, body, 400, "input.invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_settings_change_field_by_field_and_secrets_stay_with_their_address(
    market: Market, server: dict[str, Any]
) -> None:
    """A secret that follows a changed address is handed to whoever answers there."""
    one = f"{SERVERS}/{server['id']}"
    renamed = market.administrator.done("PATCH", one, {"name": {"en": "Other"}})
    assert renamed["name"] == {"en": "Other"}
    market.administrator.done("PATCH", one, {"settings": {"username": USERNAME}})
    market.administrator.done("POST", f"{one}/check")
    moved = {"settings": {"url": "https://elsewhere.test/ispmgr/"}}
    problem = market.administrator.refused("PATCH", one, moved, 400, "input.invalid")
    assert [error["pointer"] for error in problem["errors"]] == ["/settings/password"]


def test_plans_name_a_name_server_of_their_provider_for_free_domains(
    market: Market, server: dict[str, Any], url: str
) -> None:
    """Another provider's zone would show this one's clients under the other's name."""
    plan = market.plan(name_server_id=server["id"])
    assert plan["name_server_id"] == server["id"]
    assert market.change(plan, name={"en": "New"})["name_server_id"] == server["id"]
    other = market.administrator.done("POST", "/admin/providers", {**PROVIDER, "name": "Other"})
    foreign = name_server_of(market, url, provider_id=other["id"])
    plain = name_server_of(market, url, for_free_domains=False)
    for body, detail in (
        (foreign, "is not a name server of the plan's provider"),
        (plain, "is not for free domains"),
    ):
        made = market.administrator.done("POST", SERVERS, body)
        path, change = f"/admin/tariff-plans/{plan['id']}", {"name_server_id": made["id"]}
        problem = market.administrator.refused("PATCH", path, change, 400, "input.invalid")
        assert problem["errors"] == [{"pointer": "/name_server_id", "detail": detail}]
    assert market.change(plan, name_server_id=None)["name_server_id"] is None


def test_what_is_in_use_stays(market: Market, server: dict[str, Any]) -> None:
    """A plan that names nothing would stop pointing names without a word."""
    one = f"{SERVERS}/{server['id']}"
    plan = market.plan(name_server_id=server["id"])
    problem = market.administrator.refused("DELETE", one, None, 409, "in_use")
    assert f"tariff plans {plan['id']}" in problem["detail"]
    unflagged = {"for_free_domains": False}
    market.administrator.refused("PATCH", one, unflagged, 409, "name_server.for_tariff_plans")
    market.change(plan, name_server_id=None)
    market.administrator.done("PATCH", one, unflagged)
    market.administrator.done("DELETE", one)
    market.administrator.refused("GET", one, None, 404, "not_found")


def test_drivers_show_the_form_of_their_settings(market: Market) -> None:
    """A frontend draws it without knowing any vendor."""
    plugins = market.administrator.done("GET", "/admin/plugins")["items"]
    drivers = [driver for plugin in plugins for driver in plugin["drivers"]]
    (driver,) = (it for it in drivers if (it["kind"], it["key"]) == ("name_servers", "ispmanager"))
    assert set(driver["settings_form"]["properties"]) == {"url", "username", "password"}


def test_clients_have_no_business_with_name_servers(market: Market, server: dict[str, Any]) -> None:
    """Nor with what they are asked."""
    market.client.refused("GET", f"{SERVERS}/{server['id']}", None, 403, "forbidden")
