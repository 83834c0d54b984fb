"""The simulated seller keeps the seller's rules, also as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billing_hookspecs import Done, OpenService, ServiceView
from billing_hookspecs.testing import make_context
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.simulator import PanelServer, SellingPanel

AUTHINFO = "reseller@example.com:reseller-pa55:word"
LITE = {"pricelist": "55227", "period": "1", "ip": "192.0.2.1", "licname": "n"}
ORDER = {**LITE, "sok": "ok", "clicked_button": "finish", "skipbasket": "on"}


@pytest.fixture
def call(server: PanelServer) -> Callable[..., dict[str, Any]]:
    def called(function: str, **parameters: str) -> dict[str, Any]:
        form = {"func": function, "out": "json", "authinfo": AUTHINFO, **parameters}
        document: dict[str, Any] = httpx.post(server.endpoint, data=form).json()["doc"]
        return document

    return called


def error_of(document: dict[str, Any]) -> tuple[str, str]:
    return document["error"]["$type"], document["error"]["$object"]


def test_a_form_that_isn_t_finished_sells_nothing(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    """The order function is the last step of a wizard; without its button it is a form."""
    assert "id" not in call("soft.order.param", **LITE)
    assert "id" not in call("soft.order.param", **LITE, sok="ok")
    assert seller.services() == {}


def test_an_order_without_skipbasket_waits_in_the_basket(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    """Whoever forgets the parameter has bought nothing, and is told ok."""
    answer = call("soft.order.param", **{**ORDER, "skipbasket": "off"})
    assert "ok" in answer
    assert "id" not in answer
    assert seller.services() == {}
    assert seller.baskets == {"reseller@example.com": 1}


def test_an_order_charges_the_account(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    answer = call("soft.order.param", **{**ORDER, "period": "12"})
    assert answer["id"] == answer["item.id"]
    (account,) = seller.shop.accounts.values()
    assert account.charges == [(f"order {answer['id']['$']}", 12 * 450)]
    (row,) = call("subaccount")["elem"]
    assert row["balance"]["$"] == "946.00 EUR"


def test_an_address_is_licensed_once_but_parked_often(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    call("soft.order.param", **ORDER)
    assert error_of(call("soft.order.param", **ORDER)) == ("exists", "ip")
    assert error_of(call("soft.checkip", sok="yes", **LITE)) == ("exists", "ip")
    assert "ok" in call("soft.checkip", sok="yes", **{**LITE, "ip": "192.0.2.2"})
    for _ in range(2):
        assert "id" in call("soft.order.param", **{**ORDER, "ip": "0.0.0.0"})
    assert len(seller.services()) == 3


def test_a_key_appears_when_the_opening_is_over(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    seller.shop.activation_polls, seller.shop.activation_s = 1, 3600
    license_id = call("soft.order.param", **ORDER)["id"]["$"]
    for _ in range(3):
        opening = call("soft.edit", elid=license_id)
        assert (opening["status"]["$"], "lickey" in opening) == ("5", False)
    seller.set_clock(seller.now() + timedelta(hours=2))
    call("soft.edit", elid=license_id)
    open_now = call("soft.edit", elid=license_id)
    assert open_now["status"]["$"] == "2"
    assert open_now["lickey"]["$"].startswith(f"{license_id}-")


def test_a_new_key_replaces_the_old_one(call: Callable[..., dict[str, Any]]) -> None:
    license_id = call("soft.order.param", **ORDER)["id"]["$"]
    old = call("soft.edit", elid=license_id)["lickey"]["$"]
    answer = call("soft.edit", elid=license_id, clicked_button="newkey", sok="ok")
    assert answer["doc"]["lickey"]["$"] != old


def test_a_renewal_answers_in_a_nested_document(call: Callable[..., dict[str, Any]]) -> None:
    license_id = call("soft.order.param", **ORDER)["id"]["$"]
    answer = call("service.prolong", elid=license_id, period="1", sok="ok")
    shown = call("soft.edit", elid=license_id)["expiredate"]["$"]
    assert answer["doc"]["newexpiredate"]["$"] == shown


def test_a_trial_is_free_and_ends(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    trial = {**ORDER, "pricelist": "55239", "period": "-100"}
    license_id = call("soft.order.param", **trial)["id"]["$"]
    refused = call("service.prolong", elid=license_id, period="1", sok="ok")
    assert error_of(refused) == ("prolong", "item")
    (account,) = seller.shop.accounts.values()
    assert account.balance_minor == 100_000


def test_accounts_don_t_see_each_other(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    seller.open_account("other@example.com", "another password")
    license_id = call("soft.order.param", **ORDER)["id"]["$"]
    stranger = {"authinfo": "other@example.com:another password"}
    assert error_of(call("soft.edit", elid=license_id, **stranger)) == ("missed", "item")
    assert error_of(call("soft.delete", elid=license_id, **stranger)) == ("missed", "item")
    assert "elem" not in call("soft", **stranger)


def test_statuses_are_translated_but_keep_their_code(
    call: Callable[..., dict[str, Any]], seller: SellingPanel
) -> None:
    seller.list_shows_status = True
    call("soft.order.param", **ORDER)
    (row,) = call("soft", lang="ru")["elem"]
    assert row["item_status"] == {"$orig": "2", "$": "Активен"}


def test_it_runs_as_a_process_of_its_own(new_service: Callable[..., ServiceView]) -> None:
    """Tests that kill workers need a seller that survives them, and can be asked afterwards."""
    command = [sys.executable, "-m", "billing_isp_licenses.simulator", "--activation-polls", "0"]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            settings = {
                "url": url,
                "username": "reseller@example.com",
                "password": "reseller-password",
            }
            context = make_context(settings)
            with context.http:
                done = IspLicenses().open_service(OpenService(new_service()), context)
            assert isinstance(done, Done)
            state = httpx.get(f"{url}/_simulator/state").json()
            assert [it["id"] for it in state["licenses"]] == [done.upstream_id]
            assert state["accounts"]["reseller@example.com"]["balance_minor"] == 100_000 - 450
            asked = httpx.get(
                f"{url}/_simulator/requests", params={"function": "soft.order.param"}
            ).json()["requests"]
            assert [it["acted"] for it in asked] == [True]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
