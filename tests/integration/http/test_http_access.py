"""Who may call what: every route of the API, by every kind of caller."""

import re
from typing import Any

from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from billing_kernel.http.auth import Access
from billing_kernel.http.schema_page import described

PUBLIC = {
    "GET /health/live",
    "GET /health/ready",
    "GET /api/v1/capabilities",
    "GET /api/v1/panel-returns/{token}",
    "GET /api/v1/product-types",
    "GET /api/v1/tariff-plans",
    "GET /api/v1/tariff-plans/{tariff_plan_id}",
    "POST /api/v1/clients",
    "POST /api/v1/sessions",
    "POST /api/v1/quotes",
    "GET /api/v1/notifications/{payment_method_id}",
    "POST /api/v1/notifications/{payment_method_id}",
}
"""What needs no login; adding to it is a decision, so it is written down here too."""

SHARED = {"DELETE /api/v1/sessions/current", "PUT /api/v1/me/password"}


def operations_of(app: Litestar) -> list[tuple[str, str]]:
    """Every method and path of the OpenAPI document."""
    return [
        (method.upper(), path)
        for path, methods in described(app)["paths"].items()
        for method in methods
    ]


def with_ids(path: str, value: str = "999999") -> str:
    return re.sub(r"\{[^}]*\}", value, path)


def test_every_route_says_who_may_call_it(app: Litestar):
    """A route without a declared access would be closed, and nobody would know why."""
    undeclared = [
        f"{sorted(handler.http_methods)} {route.path}"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if isinstance(handler, HTTPRouteHandler)
        and handler.http_methods != {"OPTIONS"}
        and handler.opt.get("access") not in set(Access)
    ]
    assert undeclared == []


def test_a_route_that_says_nothing_is_closed(app: Litestar, http, administrator):
    """Forgetting to declare must fail closed, for administrators too."""

    @get("/forgotten", sync_to_thread=True)
    def forgotten() -> str:
        return "secret"

    app.register(forgotten)
    for headers in ({}, {"Authorization": f"Bearer {administrator.token}"}):
        answer = http.get("/forgotten", headers=headers)
        assert answer.status_code == 403
        assert "secret" not in answer.text


def test_guests_reach_only_what_is_public(app: Litestar, http):
    """The list of public routes is short and known."""
    reached = {
        f"{method} {path}"
        for method, path in operations_of(app)
        if http.request(method, with_ids(path)).status_code != 401
    }
    assert reached == PUBLIC


def test_a_made_up_token_opens_nothing(app: Litestar, http):
    """A token that was never issued is not a guest: whoever sends one is told so."""
    answers = {
        f"{method} {path}": http.request(
            method, with_ids(path), headers={"Authorization": "Bearer made-up"}
        ).status_code
        for method, path in operations_of(app)
    }
    open_to_all = {name for name, status in answers.items() if status != 401}
    assert open_to_all == PUBLIC - {
        "GET /api/v1/tariff-plans",
        "GET /api/v1/tariff-plans/{tariff_plan_id}",
        "POST /api/v1/quotes",
    }


def test_clients_reach_no_administration_and_administrators_no_client_area(
    app: Litestar, http, client, administrator
):
    """The two roles share nothing but their own login and what is public."""
    for method, path in operations_of(app):
        name = f"{method} {path}"
        if name in PUBLIC | SHARED:
            continue
        owner, other = (administrator, client) if "/admin/" in path else (client, administrator)
        refused = _call(http, other, method, path)
        assert refused.status_code == 403, f"{name} as the other role: {refused.text}"
        assert refused.json()["code"] == "forbidden"
        assert _call(http, owner, method, path).status_code not in (401, 403), name


def _call(http: Any, person: Any, method: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {person.token}"}
    return http.request(method, with_ids(path), headers=headers)


def test_what_is_somebody_elses_does_not_exist(client, stranger, order, administrator):
    """Telling 403 from 404 would let anybody count our customers' orders."""
    bought = client.done("POST", "/orders", order)
    paths = [
        ("GET", f"/orders/{bought['order']['id']}"),
        ("DELETE", f"/orders/{bought['order']['id']}"),
        ("GET", f"/services/{bought['service']['id']}"),
        ("PATCH", f"/services/{bought['service']['id']}"),
        ("POST", f"/services/{bought['service']['id']}/renew"),
        ("GET", f"/services/{bought['service']['id']}/operations"),
        ("GET", f"/invoices/{bought['invoice']['id']}"),
        ("POST", f"/invoices/{bought['invoice']['id']}/payments"),
        ("GET", f"/payments/{bought['payment']['id']}"),
    ]
    bodies: dict[str, Any] = {
        "PATCH": {"name": "mine now"},
        "POST": {"pay_with": {"balance": True}},
    }
    for method, path in paths:
        body = dict(bodies.get(method) or {}) or None
        if path.endswith("/renew"):
            body = {"period_months": 1, "pay_with": {"balance": True}}
        answer = stranger.send(method, path, body)
        absent = stranger.send(method, re.sub(r"\d+", "999999", path), body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert absent.json()["code"] == answer.json()["code"]
    assert stranger.done("GET", "/orders")["items"] == []
    assert stranger.done("GET", "/services")["items"] == []
    assert stranger.done("GET", "/invoices")["items"] == []
    assert stranger.done("GET", "/payments")["items"] == []
    assert stranger.done("GET", "/ledger-entries")["items"] == []


def test_a_quote_for_another_client_is_refused(guest, client, stranger, administrator, order):
    """Prices may be personal; only the client and administrators may ask for them."""
    item = {key: order[key] for key in ("tariff_plan_id", "period_months", "parameters")}
    body = {"items": [item], "client_id": stranger.id}
    assert guest.post("/quotes", body).status_code == 401
    assert client.post("/quotes", body).status_code == 404
    assert stranger.post("/quotes", body).status_code == 200
    assert administrator.post("/quotes", body).status_code == 200


def test_odd_ids_name_nothing(app: Litestar, http, client, administrator, order):
    """One object has one address, and no id is an error of ours."""
    client.done("POST", "/orders", order)
    bodies: dict[str, Any] = {"PATCH": {}, "POST": {"pay_with": {"balance": True}}}
    addressed = [
        (method, path)
        for method, path in operations_of(app)
        if "{" in path and not path.endswith("{name}/release")
    ]
    for odd in ("0", "01", "-1", "9223372036854775808", "1e3", "%D9%A1", "x"):
        for method, path in addressed:
            person = administrator if "/admin/" in path else client
            headers = {"Authorization": f"Bearer {person.token}"}
            sent = bodies.get(method)
            answer = http.request(method, with_ids(path, odd), headers=headers, json=sent)
            assert answer.status_code in (400, 404), f"{method} {path} {odd}: {answer.text}"


def test_a_disabled_client_is_out_at_once(client, administrator):
    """An administrator who locks somebody out doesn't wait for a session to expire."""
    assert client.get("/me").status_code == 200
    administrator.done("PATCH", f"/admin/clients/{client.id}", {"enabled": False})
    assert client.get("/me").status_code == 401


def test_logging_out_ends_the_session(client, administrator):
    """A token on a lost device must be worth nothing afterwards."""
    for person in (client, administrator):
        assert person.delete("/sessions/current").status_code == 204
        assert person.delete("/sessions/current").status_code == 401
