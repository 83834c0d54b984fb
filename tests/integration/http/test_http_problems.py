"""Errors are problems: machine-readable, stable, and they give nothing away."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from litestar import Litestar, get

from billing_hookspecs import UpstreamBusyError
from billing_kernel.http.app import REQUEST_THREADS
from billing_kernel.http.auth import Access
from billing_kernel.http.problems import PROBLEM_JSON

REGISTRATION = {
    "name": "Ann",
    "email": "ann@client.test",
    "password": "long enough!",
    "password_confirmation": "long enough!",
    "country": "DE",
}


def problem_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, after checking what every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_JSON
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"].endswith(code)
    assert problem["title"]
    assert problem["detail"]
    return problem


def test_an_unknown_field_is_refused_by_its_name(guest):
    """A misspelt optional field would otherwise be ignored without a word."""
    answer = guest.post("/clients", {**REGISTRATION, "pone": "+49 30 1"})
    problem = problem_of(answer, 400, "input.invalid")
    assert problem["errors"] == [{"pointer": "/pone", "detail": "is not a field of this request"}]


def test_a_pointer_leads_into_nested_bodies(administrator, shop):
    """A form with many rows must be able to mark the one that is wrong."""
    price = {"period_months": 1, "price": {"amount_minor": 1, "currency": "RUB", "cents": 1}}
    body = {
        "provider_id": shop.provider.id,
        "product_type": "thing",
        "name": {"en": "Thing"},
        "prices": [price],
    }
    problem = problem_of(administrator.post("/admin/tariff-plans", body), 400, "input.invalid")
    assert problem["errors"][0]["pointer"] == "/prices/0/price/cents"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("amount", ["1000", 10.5, True, None])
def test_an_amount_that_only_looks_like_a_number_is_refused(client, amount):
    """Lenient reading of amounts is how 10.5 becomes 10."""
    body = {"amount": {"amount_minor": amount, "currency": "RUB"}, "payment_method_id": 1}
    problem = problem_of(client.post("/payments", body), 400, "input.invalid")
    assert problem["errors"][0]["pointer"] == "/amount/amount_minor"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "raw", [b"{", b"nonsense", b'{"email": "\xff"}', b"[" * 100_000], ids=lambda raw: str(raw[:8])
)
def test_a_body_that_is_not_json_is_malformed(http, raw):
    """However deep or broken a body is, it is the sender's fault, not ours."""
    answer = http.post("/api/v1/sessions", content=raw)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("request.malformed", "input.invalid")


def test_a_missing_body_is_said_to_be_missing(guest):
    """The message must not speak of our parameter names."""
    problem = problem_of(guest.send("POST", "/sessions"), 400, "input.invalid")
    assert problem["errors"] == [{"pointer": "", "detail": "a JSON body is required"}]


def test_a_null_character_is_refused_before_the_database_sees_it(guest, client):
    """PostgreSQL can't store one; that would be our fault instead of the sender's."""
    name = {**REGISTRATION, "name": "Ann\x00"}
    assert guest.post("/clients", name).json()["errors"][0]["pointer"] == "/name"
    assert client.patch("/me", {"name": "a\x00b"}).status_code == 400
    assert guest.get("/tariff-plans?label=%00").status_code == 400


def test_an_unknown_path_and_a_wrong_method_are_problems_too(http):
    """Clients parse one format, whatever went wrong."""
    problem_of(http.get("/api/v1/nothing"), 404, "request.unknown_path")
    answer = http.get("/api/v1/sessions")
    problem_of(answer, 405, "request.method_not_allowed")
    assert "POST" in answer.headers["allow"]


def test_a_huge_body_is_refused(http):
    """Memory is bounded before anybody has logged in."""
    answer = http.post("/api/v1/sessions", content=b" " * 2_000_000)
    problem_of(answer, 413, "request.too_large")


def test_a_fault_of_ours_shows_an_id_and_nothing_else(app: Litestar, http, caplog, capsys):
    """A stack trace tells an attacker where to look; the id tells us."""

    @get("/broken", opt={"access": Access.EVERYONE}, sync_to_thread=True)
    def broken() -> None:
        raise RuntimeError("the password is 1234")

    app.register(broken)
    with caplog.at_level(logging.ERROR):
        answer = http.get("/broken")
    problem = problem_of(answer, 500, "internal")
    assert "1234" not in answer.text
    assert "RuntimeError" not in answer.text
    printed = capsys.readouterr()
    assert problem["instance"] in printed.out + printed.err + caplog.text


def test_an_upstream_that_is_away_says_when_to_come_back(app: Litestar, http):
    """A frontend shows "try again in a minute" instead of an error page."""

    @get("/busy", opt={"access": Access.EVERYONE}, sync_to_thread=True)
    def busy() -> None:
        raise UpstreamBusyError("closed for maintenance", 90)

    app.register(busy)
    answer = http.get("/busy")
    problem_of(answer, 503, "upstream.busy")
    assert answer.headers["retry-after"] == "90"


def test_who_is_not_logged_in_is_told_how(guest):
    """RFC 9110 wants the scheme named with every 401."""
    answer = guest.get("/me")
    problem_of(answer, 401, "login.required")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "token"])
def test_another_scheme_of_authorization_is_not_a_login(guest, header):
    """Only bearer tokens are ours; anything else must not slip through as anonymous."""
    answer = guest.http.get("/api/v1/tariff-plans", headers={"Authorization": header})
    problem_of(answer, 401, "login.required")


def test_every_answer_forbids_sniffing_and_keeping(http, client, guest):
    """An answer with somebody's invoices must not stay in a shared cache."""
    for answer in (client.get("/me"), guest.get("/me"), http.get("/health/live")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_many_requests_wait_side_by_side_and_the_process_still_says_that_it_lives(
    app: Litestar, http
):
    """Slow upstreams must neither keep the shop closed nor get the process restarted."""
    released, waiting = threading.Event(), threading.Semaphore(0)

    @get("/slow", opt={"access": Access.EVERYONE}, sync_to_thread=True)
    def slow() -> None:
        waiting.release()
        assert released.wait(60)

    app.register(slow)
    with ThreadPoolExecutor(REQUEST_THREADS) as pool:
        answers = [pool.submit(http.get, "/slow") for _ in range(REQUEST_THREADS)]
        try:
            for _ in answers:
                assert waiting.acquire(timeout=60)
            assert http.get("/health/live").status_code == 200
        finally:
            released.set()
    assert {answer.result().status_code for answer in answers} == {200}
