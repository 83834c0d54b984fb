"""The simulator keeps to the documented API: what it let pass, the real one might refuse."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer

PAYMENT: dict[str, Any] = {
    "amount": {"value": "12.90", "currency": "RUB"},
    "capture": True,
    "confirmation": {"type": "redirect", "return_url": "https://shop.example.com/done"},
    "description": "Invoice 1",
}


@pytest.fixture
def http(server: YooKassaServer, settings: dict[str, Any]) -> Iterator[httpx.Client]:
    auth = (settings["shop_id"], str(settings["secret_key"]))
    with httpx.Client(base_url=server.url, auth=auth, timeout=5) as client:
        yield client


def posted(http: httpx.Client, path: str, key: str = "k-1", **body: Any) -> httpx.Response:
    return http.post(path, json=body, headers={"Idempotence-Key": key})


def opened(http: httpx.Client, key: str = "k-1", **changes: Any) -> dict[str, Any]:
    answer = posted(http, "/v3/payments", key, **{**PAYMENT, **changes})
    assert answer.status_code == 200, answer.text
    payment: dict[str, Any] = answer.json()
    return payment


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"amount": {"value": 12.9, "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "12.9", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "0.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "12.90", "currency": "EUR"}}, "amount.currency"),
        ({"amount": "12.90"}, "amount"),
        ({"capture": False}, "capture"),
        ({"confirmation": {"type": "external"}}, "confirmation"),
        ({"confirmation": {"type": "redirect"}}, "confirmation.return_url"),
        ({"description": "x" * 129}, "description"),
        ({"metadata": {"x" * 33: "1"}}, "metadata"),
        ({"metadata": {"x": 1}}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"payment_method_id": "unknown"}, "payment_method_id"),
        ({"returnurl": "x"}, "returnurl"),
    ],
)
def test_what_the_api_refuses_is_refused(
    http: httpx.Client, changes: dict[str, Any], parameter: str
) -> None:
    answer = posted(http, "/v3/payments", **{**PAYMENT, **changes})
    error = answer.json()
    assert (answer.status_code, error["code"]) == (400, "invalid_request")
    assert error["parameter"] == parameter


def test_strangers_and_unknown_paths_are_turned_away(http: httpx.Client) -> None:
    assert http.get("/v3/payments", auth=("100500", "wrong")).status_code == 401
    assert http.get("/v3/payments", auth=None, headers={"Authorization": "x"}).status_code == 401
    assert http.get("/v3/payouts").status_code == 404
    assert http.get("/v3/payment_methods").status_code == 404
    assert http.get("/v3/payments/none").status_code == 404
    assert posted(http, "/v3/payouts").status_code == 404
    assert http.delete("/v3/payments").status_code == 405
    headers = {"Idempotence-Key": "k"}
    assert http.post("/v3/payments", data=PAYMENT, headers=headers).status_code == 415
    broken = {**headers, "Content-Type": "application/json"}
    assert http.post("/v3/payments", content=b"{", headers=broken).status_code == 400
    assert http.post("/v3/payments", json=PAYMENT).status_code == 400
    assert posted(http, "/v3/payments", "k" * 65, **PAYMENT).status_code == 400
    assert posted(http, "/v3/payment_methods", type="sbp").status_code == 400


def test_a_key_answers_once_and_only_for_the_same_question(
    http: httpx.Client, upstream: SimulatedYooKassa
) -> None:
    """This is what drivers rely on; a simulator that is kinder would prove nothing."""
    first = opened(http)
    assert opened(http) == first
    other = posted(http, "/v3/payments", **{**PAYMENT, "description": "other"})
    assert (other.status_code, other.json()["parameter"]) == (400, "Idempotence-Key")
    upstream.advance(24 * 3600 + 1)
    assert opened(http)["id"] != first["id"]


def test_lists_come_in_pages_and_by_time(http: httpx.Client, upstream: SimulatedYooKassa) -> None:
    made = [opened(http, f"k-{number}")["id"] for number in range(3)]
    first = http.get("/v3/payments", params={"limit": 2}).json()
    assert [row["id"] for row in first["items"]] == made[:0:-1]
    rest = http.get("/v3/payments", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in rest["items"]] == made[:1]
    assert "next_cursor" not in rest
    future = {"created_at.gte": "2999-01-01T00:00:00.000Z"}
    assert http.get("/v3/payments", params=future).json()["items"] == []
    upstream.pay(made[0])
    paid = http.get("/v3/payments", params={"status": "succeeded"}).json()["items"]
    assert [row["id"] for row in paid] == made[:1]
    assert http.get("/v3/payments", params={"limit": 101}).status_code == 400
    assert http.get("/v3/payments", params={"metadata": "x"}).status_code == 400


def test_a_payer_pays_on_the_page(http: httpx.Client, upstream: SimulatedYooKassa) -> None:
    """The demonstration is clicked through in a browser."""
    payment = opened(http)
    url = payment["confirmation"]["confirmation_url"]
    assert "Invoice 1" in http.get(url).text
    done = http.post(url, data={"card": "good"})
    assert (done.status_code, done.headers["Location"]) == (303, "https://shop.example.com/done")
    assert http.get(url).status_code == 404
    assert upstream.payments() == {payment["id"]: ("succeeded", "12.90")}
    with pytest.raises(ValueError, match="succeeded"):
        upstream.pay(payment["id"])
    body = {"type": "bank_card", "confirmation": PAYMENT["confirmation"]}
    method = posted(http, "/v3/payment_methods", "k-2", **body).json()
    http.post(method["confirmation"]["confirmation_url"], data={"card": "good"})
    assert http.get(f"/v3/payment_methods/{method['id']}").json()["status"] == "active"


def test_other_processes_control_it_over_http(http: httpx.Client) -> None:
    """Tests that kill workers run the gateway in a process of its own."""

    def told(method: str, name: str, **content: Any) -> Any:
        answer = http.request(method, f"/_simulator/{name}", json=content)
        assert answer.status_code == 200, answer.text
        return answer.json()

    payment = opened(http)["id"]
    told("POST", "pay", payment=payment, card="slow")
    told("POST", "settle", payment=payment, succeeds=True)
    told("PUT", "refund-status", status="pending")
    amount = {"value": "2.90", "currency": "RUB"}
    refund = posted(http, "/v3/refunds", "k-2", payment_id=payment, amount=amount).json()
    payments = told("PUT", "refunds", refund=refund["id"], status="succeeded")["payments"]
    assert payments[payment] == ["succeeded", "12.90", [refund["id"], "2.90", "succeeded"]]
    assert told("POST", "cards")["token"]
    told("PUT", "clock", advance_s=60)
    assert [len(rows) for rows in told("GET", "state").values()] == [1, 1, 1]
    told("PUT", "webhook", url="http://127.0.0.1:9/")
    types = [it["type"] for it in told("GET", "notices")["notices"]]
    assert types == ["payment.succeeded", "refund.succeeded"]
    assert told("POST", "deliveries")["statuses"] == [0, 0]
    assert http.post("/_simulator/earthquake", json={}).status_code == 400


def test_it_runs_as_a_process_of_its_own() -> None:
    """Whoever starts it reads one line and knows where it is."""
    command = [sys.executable, "-m", "billing_payment_gateways.yookassa.simulator"]
    with subprocess.Popen([*command, "--secret-key", "own"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        answer = httpx.get(f"{url}/v3/payments", auth=("100500", "own"))
        assert answer.json()["items"] == []
        process.terminate()
        assert process.wait(10) == 0
