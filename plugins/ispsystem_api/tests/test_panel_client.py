"""The client against a real HTTP server: what is sent, and what every outcome becomes."""

from collections.abc import Callable

import httpx
import pytest

from billing_hookspecs import (
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_ispsystem_api import PanelClient, PanelRefusedError, PanelSetupError, endpoint
from billing_ispsystem_api.simulator import Panel, PanelServer

Connect = Callable[..., PanelClient]


@pytest.mark.parametrize("out", ["xml", "json", "sjson", "bjson"])
def test_every_form_of_answer_tells_the_same_story(connect: Connect, out: str) -> None:
    """Create, list, read and change work whichever form is asked for."""
    client = connect(out=out)
    key = client.execute("thing.edit", {"name": "a + b & c"}).text("id", "item.id")
    (row,) = client.rows("thing")
    assert (row.text("id"), row.text("name"), row.code("status")) == (key, "a + b & c", "2")
    changed = client.execute("thing.edit", {"elid": key, "name": "other"})
    assert changed.text("name") == "other"
    assert client.read("thing.edit", {"elid": key}).text("name") == "other"


@pytest.mark.parametrize("out", ["xml", "json", "sjson", "bjson"])
def test_a_refusal_is_recognised_in_every_form(connect: Connect, out: str) -> None:
    """The panel answers HTTP 200 to everything; only the document says no."""
    client = connect(out=out)
    client.execute("thing.edit", {"name": "one"})
    with pytest.raises(PanelRefusedError) as caught:
        client.execute("thing.edit", {"name": "one"})
    assert caught.value.reason == "exists"
    assert "already exists" in caught.value.message


def test_credentials_travel_in_the_body_only(client: PanelClient, panel: Panel) -> None:
    """Servers write URLs into access logs; a password there is a password lost."""
    client.execute("thing.edit", {"name": "one"})
    (logged,) = panel.requests.all()
    assert logged.in_url == ()
    assert logged.user == "reseller@example.com"
    assert logged.parameters["authinfo"] == "***"


def test_a_list_of_one_as_a_bare_object_is_a_list(connect: Connect, panel: Panel) -> None:
    """Some panels unwrap single rows in JSON; the row must not vanish."""
    client = connect(out="json")
    client.execute("thing.edit", {"name": "only"})
    panel.faults.add("bare_row", "thing")
    assert [row.text("name") for row in client.rows("thing")] == ["only"]


def test_all_pages_of_a_list_are_read(client: PanelClient, panel: Panel) -> None:
    """A look-up that stops at the first page would buy again what is on the second."""
    for number in range(5):
        client.execute("thing.edit", {"name": f"thing {number}"})
    panel.page_size = 2
    assert len(client.rows("thing")) == 5


def test_a_list_that_keeps_rows_back_is_no_answer(panel: Panel) -> None:
    """If the page number is ignored, absence from the list proves nothing."""

    def first_page_only(request: httpx.Request) -> httpx.Response:
        body = b"<doc><elem><id>1</id></elem><elem><id>2</id></elem><p_elems>3</p_elems></doc>"
        return httpx.Response(200, content=body)

    transport = httpx.MockTransport(first_page_only)
    with httpx.Client(base_url="http://panel.test", transport=transport) as http:
        client = PanelClient(http, "u", "p", manager="thingmgr")
        with pytest.raises(UpstreamBusyError, match="2 of 3"):
            client.rows("thing")


def test_lists_ignore_a_filter_saved_in_the_panel(client: PanelClient) -> None:
    """Somebody's saved filter hides rows from everyone who uses that account."""
    client.execute("thing.edit", {"name": "hidden by a filter"})
    assert client.read("thing").rows() == ()
    assert len(client.rows("thing")) == 1


@pytest.mark.parametrize(
    "kind",
    [
        "answer_lost",
        "dropped",
        "html",
        "truncated",
        "cut_off",
        "empty",
        "oversized",
        "server_error",
    ],
)
def test_a_lost_answer_is_unknown_for_work_and_busy_for_reading(
    client: PanelClient, panel: Panel, kind: str
) -> None:
    """Reading again is harmless; doing again may buy twice."""
    panel.faults.add(kind, times=2)
    with pytest.raises(OutcomeUnknownError):
        client.execute("thing.edit", {"name": "one"})
    with pytest.raises(UpstreamBusyError):
        client.read("thing")


def test_silence_after_the_work_is_unknown(
    client: PanelClient, panel: Panel, server: PanelServer
) -> None:
    """A time-out says nothing about the work: here it was done."""
    with httpx.Client(base_url=server.url, timeout=httpx.Timeout(5, read=0.2)) as http:
        impatient = PanelClient(http, "reseller@example.com", "p:a ss&w+örd", manager="thingmgr")
        panel.faults.add("hang", "thing.edit")
        with pytest.raises(OutcomeUnknownError):
            impatient.execute("thing.edit", {"name": "one"})
    assert len(panel.requests.executed("thing.edit")) == 1


def test_work_that_is_done_late_is_done_all_the_same(client: PanelClient, panel: Panel) -> None:
    """The request outlives its sender: a look-up right after it would miss the work."""
    panel.faults.add("late", "thing.edit", delay_s=0.1)
    with pytest.raises(OutcomeUnknownError):
        client.execute("thing.edit", {"name": "one"})
    assert panel.requests.wait_for_executed("thing.edit")
    assert panel.state() == {"things": {"1": "one"}}


@pytest.mark.parametrize("after_work", [False, True])
def test_a_slow_answer_is_an_answer(client: PanelClient, panel: Panel, after_work: bool) -> None:
    panel.faults.add("slow", "thing.edit", delay_s=0.05, after_work=after_work)
    assert client.execute("thing.edit", {"name": "one"}).text("id") == "1"


def test_an_unreachable_panel_is_busy_even_for_work() -> None:
    """Nothing left this machine, so the work may be sent again."""
    with httpx.Client(base_url="http://127.0.0.1:1", timeout=2) as http:
        client = PanelClient(http, "u", "p", manager="thingmgr")
        with pytest.raises(UpstreamBusyError) as caught:
            client.execute("thing.edit", {"name": "one"})
    assert not isinstance(caught.value, PanelSetupError)


def test_a_busy_front_server_says_when_to_come_back(client: PanelClient, panel: Panel) -> None:
    """503 with Retry-After is refused before the work: nothing was done."""
    panel.faults.add("busy", "thing.edit", retry_after_s=7)
    with pytest.raises(UpstreamBusyError) as caught:
        client.execute("thing.edit", {"name": "one"})
    assert caught.value.retry_after_s == 7
    assert panel.requests.executed("thing.edit") == []


def test_a_session_that_ended_is_overcome_once(client: PanelClient, panel: Panel) -> None:
    """Refused before any work: sending the credentials again is as good as a log-in."""
    panel.faults.add("expired_session", "thing.edit")
    assert client.execute("thing.edit", {"name": "one"}).accepted
    assert len(panel.requests.executed("thing.edit")) == 1
    panel.faults.add("expired_session", "thing.edit", times=0)
    with pytest.raises(PanelSetupError):
        client.execute("thing.edit", {"name": "two"})


@pytest.mark.parametrize(
    ("username", "password"),
    [("reseller@example.com", "wrong"), ("nobody", "x"), ("a:b", "x"), ("", "x")],
)
def test_wrong_credentials_are_a_fault_of_the_connection(
    connect: Connect, username: str, password: str
) -> None:
    """The client's order is sound: it waits until the connection is put right."""
    with pytest.raises(PanelSetupError) as caught:
        connect(username=username, password=password).execute("thing.edit", {"name": "one"})
    assert caught.value.reason == "credentials"
    refusal = caught.value.as_refusal()
    assert isinstance(refusal, UpstreamRefusedError)
    assert refusal.reason == "credentials"


def test_a_wrong_path_is_a_fault_of_the_connection(server: PanelServer) -> None:
    """The server in front answers 404: no panel was reached, nothing was done."""
    with httpx.Client(base_url=f"{server.url}/elsewhere/") as http:
        client = PanelClient(http, "u", "p", manager="thingmgr")
        with pytest.raises(PanelSetupError) as caught:
            client.execute("thing.edit", {"name": "one"})
    assert caught.value.reason == "address"


@pytest.mark.parametrize(
    ("type", "reason"),
    [
        ("missed", "missing"),
        ("exists", "exists"),
        ("value", "invalid"),
        ("limit", "limit"),
        ("access", "forbidden"),
        ("some_plugin", "refused"),
    ],
)
def test_documented_refusals_have_words_of_ours(
    client: PanelClient, panel: Panel, type: str, reason: str
) -> None:
    """An open set of types becomes a small set of reasons; the rest is a final no."""
    panel.faults.add("refused", "thing.edit", type=type, object="name", message="No, sorry")
    with pytest.raises(PanelRefusedError) as caught:
        client.execute("thing.edit", {"name": "one"})
    assert caught.value.reason == reason
    assert caught.value.refusal.type == type
    assert caught.value.message == "No, sorry"


@pytest.mark.parametrize("type", ["process", "query", "xml", "client"])
def test_a_panel_that_broke_inside_may_have_done_the_work(
    client: PanelClient, panel: Panel, type: str
) -> None:
    """These types speak of the panel's own failure, perhaps half way through."""
    panel.faults.add("refused", "thing.edit", times=2, type=type)
    with pytest.raises(OutcomeUnknownError):
        client.execute("thing.edit", {"name": "one"})
    with pytest.raises(UpstreamBusyError):
        client.read("thing.edit")


def test_an_answer_that_is_neither_yes_nor_no_is_unknown(client: PanelClient) -> None:
    """A form shown again after an order proves nothing."""
    with pytest.raises(OutcomeUnknownError):
        client.execute("thing.forgetful")


def test_too_few_rights_are_refused(client: PanelClient) -> None:
    with pytest.raises(UpstreamRefusedError) as caught:
        client.execute("thing.secretive")
    assert caught.value.reason == "forbidden"


def test_no_error_repeats_the_password(client: PanelClient, panel: Panel) -> None:
    """A panel that quotes the request in its refusal must not put the password in our logs."""
    errors: list[UpstreamError] = []
    for kind in ("", "answer_lost", "html", "expired_session", "busy", "server_error"):
        if kind:
            panel.faults.add(kind, "thing.telltale", times=2)
        with pytest.raises(UpstreamError) as caught:
            client.execute("thing.telltale")
        panel.faults.clear()
        errors.append(caught.value)
    shown = " ".join(f"{error} {error!r}" for error in errors)
    assert "p:a" not in shown
    assert "bad reseller@example.com:***" in shown


@pytest.mark.parametrize(
    ("entered", "called"),
    [
        ("https://panel.example.com:1500", "https://panel.example.com:1500/billmgr"),
        ("https://panel.example.com/", "https://panel.example.com/billmgr"),
        ("https://panel.example.com/billmgr", "https://panel.example.com/billmgr"),
        ("https://panel.example.com/billmgr/?x=1", "https://panel.example.com/billmgr"),
        ("https://panel.example.com/manager/", "https://panel.example.com/manager/billmgr"),
        ("https://panel.example.com:1500/ispmgr", "https://panel.example.com:1500/ispmgr"),
    ],
)
def test_addresses_people_enter_lead_to_the_panel(entered: str, called: str) -> None:
    """People paste the panel's address with and without the manager's name."""
    assert endpoint(entered, "billmgr") == called
