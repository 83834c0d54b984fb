"""The simulator keeps to the documented API: what it let pass, the real one might refuse."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from billing_payment_gateways.simulation import When
from billing_payment_gateways.stripe.signatures import verify
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer

SESSION = {
    "mode": "payment",
    "success_url": "https://shop.example.com/done",
    "cancel_url": "https://shop.example.com/back",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "1290",
    "line_items[0][price_data][product_data][name]": "Invoice 1",
}


@pytest.fixture
def http(server: StripeServer, settings: dict[str, Any]) -> Iterator[httpx.Client]:
    headers = {
        "Authorization": f"Bearer {settings['secret_key']}",
        "Stripe-Version": "2025-02-24.acacia",
    }
    with httpx.Client(base_url=server.url, headers=headers, timeout=5) as client:
        yield client


@pytest.fixture
def listener() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """An address that accepts notifications, and what came there: signature and body."""
    came: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.headers["Stripe-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{listening.server_address[1]}/notify", came
    listening.shutdown()
    thread.join()
    listening.server_close()


def opened(http: httpx.Client, **changes: str) -> dict[str, Any]:
    answer = http.post("/v1/checkout/sessions", data={**SESSION, **changes})
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("param", "")


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"mode": "gift"}, "parameter_invalid", "mode"),
        ({"sucess_url": "https://x"}, "parameter_unknown", "sucess_url"),
        ({"success_url": "nowhere"}, "url_invalid", "success_url"),
        ({"success_url": ""}, "parameter_invalid_empty", "success_url"),
        (
            {"line_items[0][price_data][unit_amount]": "12.90"},
            "parameter_invalid_integer",
            "line_items.0.price_data.unit_amount",
        ),
        ({"line_items[0][price_data][currency]": "EUR"}, "", "currency"),
        ({"line_items[0][quantity]": "100000000"}, "amount_too_large", "amount"),
        ({"adaptive_pricing[enabled]": "False"}, "parameter_invalid", "adaptive_pricing.enabled"),
        ({"client_reference_id": "x" * 201}, "parameter_invalid_string", "client_reference_id"),
        ({"metadata[note]": "x" * 501}, "parameter_invalid", "metadata"),
        ({"currency": "eur"}, "parameter_invalid", "currency"),
    ],
)
def test_what_the_api_refuses_is_refused(
    http: httpx.Client, changes: dict[str, str], code: str, param: str
) -> None:
    answer = http.post("/v1/checkout/sessions", data={**SESSION, **changes})
    assert error_of(answer) == (400, code, param)


@pytest.mark.parametrize("name", ["mode", "success_url", "line_items[0][price_data][currency]"])
def test_what_is_required_is_missed(http: httpx.Client, name: str) -> None:
    form = {key: value for key, value in SESSION.items() if key != name}
    status, code, _ = error_of(http.post("/v1/checkout/sessions", data=form))
    assert (status, code) == (400, "parameter_missing")


def test_storing_without_a_payment_wants_a_currency(http: httpx.Client) -> None:
    form = {"mode": "setup", "success_url": "https://x.example.com"}
    answer = http.post("/v1/checkout/sessions", data=form)
    assert error_of(answer) == (400, "parameter_missing", "currency")


def test_bodies_are_forms(http: httpx.Client) -> None:
    assert http.post("/v1/checkout/sessions", json=SESSION).status_code == 400
    assert http.post("/v1/checkout/sessions", params=SESSION).status_code == 400


def test_strangers_and_unknown_paths_are_turned_away(http: httpx.Client) -> None:
    assert http.get("/v1/refunds", headers={"Authorization": "Bearer sk_no"}).status_code == 401
    assert http.get("/v1/refunds", headers={"Authorization": ""}).status_code == 401
    assert http.get("/v1/refunds", headers={"Stripe-Version": "latest"}).status_code == 400
    assert http.get("/v1/payouts").status_code == 404
    assert http.post("/v1/payouts").status_code == 404
    assert http.get("/v1/checkout/sessions/cs_none").status_code == 404
    assert http.delete("/v1/refunds").status_code == 405


def test_a_key_answers_once_and_only_for_the_same_question(
    http: httpx.Client, upstream: SimulatedStripe
) -> None:
    """This is what drivers rely on; a simulator that is kinder would prove nothing."""
    key = {"Idempotency-Key": "k-1"}
    first = http.post("/v1/checkout/sessions", data=SESSION, headers=key)
    again = http.post("/v1/checkout/sessions", data=SESSION, headers=key)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = {**SESSION, "line_items[0][quantity]": "2"}
    refused = http.post("/v1/checkout/sessions", data=other, headers=key)
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "idempotency_error"
    upstream.advance(24 * 3600 + 1)
    fresh = http.post("/v1/checkout/sessions", data=SESSION, headers=key)
    assert fresh.json()["id"] != first.json()["id"]


def test_refused_parameters_leave_the_key_free(http: httpx.Client) -> None:
    """Results are kept once work has begun: a declined card is, a misspelt word isn't."""
    key = {"Idempotency-Key": "k-1"}
    bad = {**SESSION, "mode": "gift"}
    assert http.post("/v1/checkout/sessions", data=bad, headers=key).status_code == 400
    assert http.post("/v1/checkout/sessions", data=SESSION, headers=key).status_code == 200


def test_a_declined_charge_is_kept_by_its_key(
    http: httpx.Client, upstream: SimulatedStripe
) -> None:
    customer, method = upstream.store_card("declined").split("/")
    form = {
        "amount": "990",
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "confirm": "true",
        "off_session": "true",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
    }
    key = {"Idempotency-Key": "k-2"}
    first = http.post("/v1/payment_intents", data=form, headers=key)
    assert first.status_code == 402
    assert first.json()["error"]["payment_intent"]["status"] == "requires_payment_method"
    assert http.post("/v1/payment_intents", data=form, headers=key).json() == first.json()
    form.pop("automatic_payment_methods[allow_redirects]")
    missed = http.post("/v1/payment_intents", data=form)
    assert error_of(missed) == (400, "parameter_missing", "return_url")


def test_the_intent_comes_with_the_payment(http: httpx.Client, upstream: SimulatedStripe) -> None:
    """Since 2022 an open page has none; a driver that expects one would break in production."""
    session = opened(http)
    assert session["payment_intent"] is None
    upstream.pay(session["id"])
    expand = {"expand[]": ["payment_intent.latest_charge", "payment_intent.payment_method"]}
    paid = http.get(f"/v1/checkout/sessions/{session['id']}", params=expand).json()
    assert paid["payment_intent"]["latest_charge"]["amount_captured"] == 1290
    assert paid["payment_intent"]["payment_method"]["card"]["last4"] == "4242"
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    unknown = {"expand[]": ["payment_intent.amount"]}
    answer = http.get(f"/v1/checkout/sessions/{session['id']}", params=unknown)
    assert answer.status_code == 404


def test_a_page_is_paid_once(http: httpx.Client, upstream: SimulatedStripe) -> None:
    session = opened(http)
    upstream.pay(session["id"])
    with pytest.raises(ValueError, match="complete"):
        upstream.pay(session["id"])
    with pytest.raises(ValueError, match="succeeded"):
        upstream.settle(session["id"], succeeds=True)


def test_lists_come_in_pages(http: httpx.Client) -> None:
    made = [opened(http)["id"] for _ in range(3)]
    first = http.get("/v1/checkout/sessions", params={"limit": 2}).json()
    assert [row["id"] for row in first["data"]] == made[:0:-1]
    assert first["has_more"] is True
    after = {"limit": 2, "starting_after": first["data"][-1]["id"]}
    rest = http.get("/v1/checkout/sessions", params=after).json()
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == ([made[0]], False)
    assert http.get("/v1/checkout/sessions", params={"limit": 101}).status_code == 400
    unknown = {"client_reference_id": "x"}
    assert http.get("/v1/checkout/sessions", params=unknown).status_code == 400


def test_the_search_lags_behind(http: httpx.Client, upstream: SimulatedStripe) -> None:
    """A driver that searched for what it has just made would open it twice."""
    session = opened(http, **{"payment_intent_data[metadata][order]": "17"})
    upstream.pay(session["id"])
    query = {"query": 'metadata["order"]:"17"'}
    assert http.get("/v1/payment_intents/search", params=query).json()["data"] == []
    upstream.advance(61)
    (found,) = http.get("/v1/payment_intents/search", params=query).json()["data"]
    assert found["metadata"] == {"order": "17"}
    other = {"query": 'metadata["order"]:"1"'}
    assert http.get("/v1/payment_intents/search", params=other).json()["data"] == []
    assert http.get("/v1/payment_intents/search", params={"query": "order"}).status_code == 400


def test_a_payer_pays_on_the_page(http: httpx.Client, upstream: SimulatedStripe) -> None:
    """The demonstration is clicked through in a browser."""
    session = opened(http)
    assert "Pay with a good card" in http.get(session["url"]).text
    declined = http.post(session["url"], data={"card": "declined"})
    assert "declined" in declined.text
    back = http.post(session["url"], data={"card": "back"})
    assert (back.status_code, back.headers["Location"]) == (303, SESSION["cancel_url"])
    done = http.post(session["url"], data={"card": "good"})
    assert (done.status_code, done.headers["Location"]) == (303, SESSION["success_url"])
    assert http.post(session["url"], data={"card": "good"}).status_code == 409
    assert "complete" in http.get(session["url"]).text
    assert http.get("/c/pay/cs_none").status_code == 404
    assert upstream.payments()[session["id"]] == ("complete", (1290,))


def test_other_processes_control_it_over_http(http: httpx.Client) -> None:
    """Tests that kill workers run the gateway in a process of its own."""
    session = opened(http)

    def told(method: str, name: str, **content: Any) -> Any:
        answer = http.request(method, f"/_simulator/{name}", json=content)
        assert answer.status_code == 200, answer.text
        return answer.json()

    told("POST", "pay", session=session["id"], card="delayed")
    told("POST", "settle", session=session["id"], succeeds=True)
    dispute = told("POST", "disputes", payment=session["id"], amount=500)["dispute"]
    told("PUT", "disputes", dispute=dispute, status="won")
    told("PUT", "refund-status", status="pending")
    intent = http.get(f"/v1/checkout/sessions/{session['id']}").json()["payment_intent"]
    refund = http.post("/v1/refunds", data={"payment_intent": intent}).json()
    assert refund["status"] == "pending"
    payments = told("PUT", "refunds", refund=refund["id"], status="succeeded")["payments"]
    assert payments[session["id"]] == ["complete", [1290, [refund["id"], 1290, "succeeded"]]]
    assert told("POST", "cards")["token"].startswith("cus_")
    told("PUT", "clock", advance_s=60)
    assert len(told("GET", "state")["checkout.session"]) == 1
    kinds = [notice["type"] for notice in told("GET", "notices")["notices"]]
    assert kinds[-1] == "refund.updated"
    told("POST", "faults", kind="too_many", on="GET")
    assert http.get("/v1/refunds").status_code == 429
    told("POST", "faults", kind="hang", times=0)
    assert len(told("GET", "faults")["faults"]) == 1
    assert told("DELETE", "faults") == {"faults": []}
    asked = http.get("/_simulator/requests", params={"on": "POST /v1/refunds"}).json()["requests"]
    assert [(it["status"], it["fault"]) for it in asked] == [(200, "")]
    assert told("DELETE", "requests") == {"requests": []}
    for method, name, content in (
        ("POST", "pay", {"session": "cs_none"}),
        ("POST", "pay", {}),
        ("POST", "faults", {"kind": "earthquake"}),
        ("POST", "deliveries", {}),
        ("GET", "nothing", {}),
    ):
        assert http.request(method, f"/_simulator/{name}", json=content).status_code in (400, 404)


def test_notifications_are_posted_as_a_test_wants_them(
    http: httpx.Client,
    listener: tuple[str, list[tuple[str, bytes]]],
    settings: dict[str, Any],
    upstream: SimulatedStripe,
) -> None:
    """Twice, backwards, late: each delivery with a signature of its own."""
    url, came = listener
    http.put("/_simulator/webhook", json={"url": url})
    upstream.pay(opened(http)["id"])
    types = [notice.type for notice in upstream.notices.all()]
    told = {"times": 2, "reversed": True}
    statuses = http.post("/_simulator/deliveries", json=told).json()["statuses"]
    assert statuses == [200] * 2 * len(types)
    assert [httpx.Response(200, content=body).json()["type"] for _, body in came] == [
        kind for kind in reversed(types) for _ in range(2)
    ]
    at = int(came[0][0].partition(",")[0].removeprefix("t="))
    verify(came[0][0], came[0][1], settings["webhook_secret"], at)
    assert upstream.notices.undelivered() == []
    again = {"types": ["checkout.session.completed"]}
    assert http.post("/_simulator/deliveries", json=again).json() == {"statuses": [200]}


def test_a_notification_may_come_before_the_answer(
    http: httpx.Client,
    listener: tuple[str, list[tuple[str, bytes]]],
    upstream: SimulatedStripe,
) -> None:
    """The gateway is faster than our own transaction."""
    upstream.notices.url, upstream.notices.when = listener[0], When.BEFORE_ANSWER
    customer, method = upstream.store_card().split("/")
    form = {
        "amount": "990",
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "confirm": "true",
        "off_session": "true",
        "automatic_payment_methods[allow_redirects]": "never",
    }
    assert http.post("/v1/payment_intents", data=form).status_code == 200
    assert len(listener[1]) == 3


def test_a_dead_listener_is_told_again(upstream: SimulatedStripe, http: httpx.Client) -> None:
    upstream.notices.url = "http://127.0.0.1:9/notify"
    upstream.pay(opened(http)["id"])
    assert set(upstream.notices.deliver()) == {0}
    assert len(upstream.notices.undelivered()) == len(upstream.notices.all())


def test_too_much_is_turned_away(server: StripeServer) -> None:
    big = httpx.post(f"{server.url}/v1/refunds", content=b"x" * (1024 * 1024 + 1))
    assert big.status_code == 413
