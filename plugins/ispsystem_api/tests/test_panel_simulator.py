"""The simulator keeps to the protocol: what it lets pass, real clients will rely on."""

import json
import socket
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billing_ispsystem_api.simulator import Panel, PanelServer

AUTHINFO = "reseller@example.com:p:a ss&w+örd"
ROOT = "root:root password"


def called(http: httpx.Client, function: str, **parameters: str) -> dict[str, Any]:
    answer = http.post("/thingmgr", data={"func": function, "out": "json", **parameters})
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()["doc"]
    return document


def refusal(document: dict[str, Any]) -> tuple[str, str]:
    return document["error"]["$type"], document["error"]["$object"]


@pytest.mark.parametrize("path", ["/", "/thingmgr", "/manager/thingmgr"])
def test_every_alias_leads_to_the_panel(http: httpx.Client, path: str) -> None:
    """Old documents and old clients still use the old addresses."""
    answer = http.get(path, params={"func": "whoami", "out": "json", "authinfo": AUTHINFO})
    assert answer.json()["doc"]["user"]["$name"] == "reseller@example.com"


def test_other_paths_are_no_panel(http: httpx.Client) -> None:
    assert http.get("/elsewhere").status_code == 404
    assert http.put("/thingmgr").status_code == 404


def test_query_and_body_are_one_bag(http: httpx.Client) -> None:
    """Clients split parameters between the two as they like."""
    query = {"func": "thing.edit", "out": "json"}
    form = {"sok": "ok", "name": "split", "authinfo": AUTHINFO}
    assert "ok" in http.post("/thingmgr", params=query, data=form).json()["doc"]


def test_a_form_in_parts_is_a_form(http: httpx.Client) -> None:
    """curl -F sends multipart."""
    parts = {"func": "thing.edit", "out": "json", "sok": "ok", "name": "ä b", "authinfo": AUTHINFO}
    answer = http.post("/thingmgr", files={k: (None, v) for k, v in parts.items()})
    assert answer.json()["doc"]["id"]["$"] == "1"
    assert called(http, "thing.edit", elid="1", authinfo=AUTHINFO)["name"]["$"] == "ä b"


def test_a_body_without_a_type_is_a_form(http: httpx.Client) -> None:
    """A production client posts without a Content-Type, and with raw spaces."""
    body = b"func=thing.edit&out=json&sok=ok&name=raw space+plus&authinfo=root:root password"
    answer = http.post("/thingmgr", content=body)
    assert "ok" in answer.json()["doc"]
    assert called(http, "thing.edit", elid="1", authinfo=ROOT)["name"]["$"] == "raw space plus"


def test_old_http_is_answered(server: PanelServer) -> None:
    """HTTP/1.0 clients exist; the answer must end where the connection does."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"GET /?func=whoami&out=text&authinfo=root:root%20password HTTP/1.0\r\n\r\n")
        heard = b""
        while chunk := line.recv(4096):
            heard += chunk
    assert heard.startswith(b"HTTP/1.1 200")
    assert heard.rstrip().endswith(b"pid=1")


def test_a_session_lives_an_hour_after_its_last_use(http: httpx.Client, panel: Panel) -> None:
    """Sliding, not fixed: a busy session doesn't end."""
    opened = called(http, "auth", username="root", password="root password")["auth"]
    session = opened["$id"]
    assert opened["$"] == session
    for _ in range(3):
        panel.set_clock(panel.now() + timedelta(minutes=50))
        assert called(http, "whoami", auth=session)["user"]["$name"] == "root"
    panel.set_clock(panel.now() + timedelta(minutes=61))
    assert refusal(called(http, "whoami", auth=session))[0] == "auth"


def test_a_session_travels_as_a_cookie(http: httpx.Client) -> None:
    session = called(http, "auth", authinfo=ROOT)["auth"]["$id"]
    answer = http.get(
        "/thingmgr",
        params={"func": "whoami", "out": "json"},
        headers={"Cookie": f"lang=en; thingmgrses5={session}"},
    )
    assert answer.json()["doc"]["user"]["$name"] == "root"


def test_a_one_time_key_opens_once(http: httpx.Client, panel: Panel) -> None:
    """Whoever finds a used link in a browser's history must stay outside."""
    key, user = "0123456789abcdef", "reseller@example.com"
    assert "ok" in called(http, "session.newkey", username=user, key=key, authinfo=ROOT)
    assert called(http, "auth", username=user, key=key)["auth"]["$level"] == "16"
    assert refusal(called(http, "auth", username=user, key=key)) == ("auth", "badkey")
    called(http, "session.newkey", username=user, key=key, authinfo=ROOT)
    panel.set_clock(panel.now() + timedelta(minutes=61))
    assert refusal(called(http, "auth", username=user, key=key)) == ("auth", "badkey")


def test_keys_are_long_and_for_those_below(http: httpx.Client) -> None:
    short = called(http, "session.newkey", key="short", authinfo=ROOT)
    assert refusal(short) == ("value", "key")
    upwards = called(http, "session.newkey", username="root", key="0" * 16, authinfo=AUTHINFO)
    assert refusal(upwards)[0] == "access"


def test_one_acts_for_those_below_only(http: httpx.Client) -> None:
    user = "reseller@example.com"
    assert called(http, "whoami", su=user, authinfo=ROOT)["user"]["$name"] == user
    assert refusal(called(http, "whoami", su="root", authinfo=AUTHINFO))[0] == "access"
    assert refusal(called(http, "whoami", su="nobody", authinfo=ROOT)) == ("missed", "user")


def test_refusals_are_documents_with_status_200(http: httpx.Client) -> None:
    """Type, object and both texts: different clients read different ones."""
    wrong = called(http, "whoami", authinfo="root:wrong")
    assert refusal(wrong) == ("auth", "badpassword")
    assert wrong["error"]["msg"]["$"] == wrong["error"]["detail"]["$"]
    assert refusal(called(http, "thing.secretive", authinfo=AUTHINFO)) == (
        "access",
        "thing.secretive",
    )
    assert refusal(called(http, "thing")) == ("access", "thing")
    assert refusal(called(http, "no.such", authinfo=ROOT)) == ("missed", "func")


def test_forms_and_changes_are_told_apart(http: httpx.Client) -> None:
    """Clients tell a missing object by tparams, and a success by ok."""
    created = called(http, "thing.edit", sok="ok", name="one", authinfo=ROOT)
    assert created["id"] == created["item.id"] == {"$": "1"}
    assert {"ok", "tparams"} <= created.keys()
    read = called(http, "thing.edit", elid="1", authinfo=ROOT)
    assert {"ok", "tparams", "comment"}.isdisjoint(read)
    changed = called(http, "thing.edit", elid="1", sok="ok", name="two", authinfo=ROOT)
    assert changed["doc"]["name"] == {"$": "two"}


def test_lists_say_how_long_they_are(http: httpx.Client, panel: Panel) -> None:
    for name in ("one", "two", "three"):
        called(http, "thing.edit", sok="ok", name=name, authinfo=ROOT)
    panel.page_size = 2
    first = called(http, "thing", filter="off", authinfo=ROOT)
    assert (first["p_elems"]["$"], first["p_cnt"]["$"], len(first["elem"])) == ("3", "2", 2)
    (last,) = called(http, "thing", filter="off", p_num="2", authinfo=ROOT)["elem"]
    assert last["name"]["$"] == "three"
    assert last["status"] == {"$orig": "2", "$": "Active"}
    assert "elem" not in called(http, "thing", filter="off", p_num="3", authinfo=ROOT)


def test_other_forms_of_answers(http: httpx.Client) -> None:
    """Text for shells, flat JSON for typed clients, a page for people."""

    def asked(function: str, out: str, **parameters: str) -> httpx.Response:
        form = {"func": function, "out": out, "authinfo": ROOT, **parameters}
        return http.post("/", data=form)

    assert asked("thing.edit", "text", sok="ok", name="one").text == "OK\n"
    assert asked("thing", "text", filter="off").text == "id=1 name=one status=2\n"
    assert asked("thing.edit", "text", elid="9").text == (
        "ERROR Error: Type: 'missed' Object: 'thing' Value: '9'\n"
    )
    assert asked("thing", "JSONdata", filter="off").json() == [
        {"id": "1", "name": "one", "status": "2"}
    ]
    assert asked("thing.edit", "bjson", elid="1").json() == {
        "doc": {"model": {"elid": "1", "name": "one", "comment": ""}}
    }
    assert asked("thing", "bjson", filter="off").json()["content"][0]["id"] == {"v": "1"}
    page = asked("thing", "")
    assert page.headers["Content-Type"].startswith("text/html")
    assert asked("thing", "xml").text.startswith('<?xml version="1.0" encoding="UTF-8"?>')


def test_faults_are_switched_over_http(http: httpx.Client, panel: Panel) -> None:
    """Tests that kill workers run the panel in another process."""
    fault = {"kind": "busy", "function": "whoami", "times": 2, "retry_after_s": 9}
    assert http.post("/_simulator/faults", json=fault).json()["faults"][0]["times"] == 2
    refused = http.get("/", params={"func": "whoami"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "9")
    assert len(http.get("/_simulator/faults").json()["faults"]) == 1
    assert http.delete("/_simulator/faults").json() == {"faults": []}
    assert http.get("/", params={"func": "whoami"}).status_code == 200
    assert http.post("/_simulator/faults", json={"kind": "earthquake"}).status_code == 400
    assert http.post("/_simulator/faults", content=b"{").status_code == 400
    assert http.get("/_simulator/nothing").status_code == 404


def test_the_log_tells_work_from_attempts(http: httpx.Client, panel: Panel) -> None:
    """Exactly one licence ordered: that is what tests ask this log."""
    form = {"sok": "ok", "name": "one", "authinfo": ROOT}
    called(http, "thing.edit", **form)
    called(http, "thing.edit", **form)
    called(http, "thing.edit", elid="1", authinfo=ROOT)
    panel.faults.add("dropped", "thing.edit")
    with pytest.raises(httpx.RemoteProtocolError):
        called(http, "thing.edit", **form)
    logged = http.get("/_simulator/requests", params={"function": "thing.edit"}).json()["requests"]
    assert [(it["acted"], it["refusal"], it["fault"]) for it in logged] == [
        (True, "", ""),
        (False, "exists", ""),
        (True, "", ""),
        (False, "", "dropped"),
    ]
    assert len(panel.requests.executed("thing.edit")) == 1
    assert "root password" not in json.dumps(logged)
    assert http.delete("/_simulator/requests").json() == {"requests": []}
    assert panel.requests.all() == []


def test_state_and_clock_are_open_to_other_processes(http: httpx.Client, panel: Panel) -> None:
    called(http, "thing.edit", sok="ok", name="one", authinfo=ROOT)
    assert http.get("/_simulator/state").json() == {"things": {"1": "one"}}
    told = http.put("/_simulator/clock", json={"now": "2031-02-03T00:00:00+00:00"})
    assert told.status_code == 200
    assert (panel.now().year, panel.now().month) == (2031, 2)


def test_too_much_is_turned_away(http: httpx.Client, server: PanelServer) -> None:
    huge = {"Content-Length": str(100 * 1024 * 1024)}
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as line:
        line.sendall(
            b"POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % huge["Content-Length"].encode()
        )
        assert line.recv(64).startswith(b"HTTP/1.1 413")
