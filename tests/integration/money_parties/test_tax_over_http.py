"""Tax over HTTP: what administrators record, and what clients are shown before they buy."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.factories import Shop
from tests.servers.applications import served

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import create_administrator, open_session

Served = TestClient[Litestar]


@pytest.fixture
def http(kernel: Kernel) -> Iterator[Served]:
    with served(kernel) as client:
        yield client


@pytest.fixture
def administrator(kernel: Kernel) -> dict[str, str]:
    """Headers of an administrator's requests."""

    def work(session: Any) -> str:
        person = create_administrator(session, "root@provider.test", "Root", "-")
        return open_session(session, person).token

    return {"Authorization": f"Bearer {kernel.database.run(work)}"}


@pytest.fixture
def client(kernel: Kernel, shop: Shop) -> dict[str, str]:
    token = kernel.database.run(lambda session: open_session(session, shop.client).token)
    return {"Authorization": f"Bearer {token}"}


def done(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def test_a_quote_shows_the_tax_of_whoever_will_pay(
    http: Served, shop: Shop, administrator: dict[str, str], client: dict[str, str]
) -> None:
    """A price that grows between quote and invoice is what clients leave for."""
    for country, rate in (("RU", "0.20"), ("DE", "0.19")):
        body = {"country": country, "rate": rate, "valid_from": "2026-01-01"}
        recorded = done(http.post("/api/v1/admin/tax-rates", json=body, headers=administrator))
        assert (recorded["country"], recorded["customer_kind"]) == (country, "any")
    provider = f"/api/v1/admin/providers/{shop.provider.id}"
    change = {"tax": {"policy": "standard"}, "prices_include_tax": False}
    assert done(http.patch(provider, json=change, headers=administrator))["tax"] == change["tax"]
    german = {"kind": "individual", "name": "Ann", "country": "DE"}
    payer = done(http.post("/api/v1/payers", json=german, headers=client))
    item = {"tariff_plan_id": shop.plan.id, "period_months": 1, "parameters": {"name": "a"}}
    for payer_id, rate, tax in ((None, "0.20", 200), (payer["id"], "0.19", 190)):
        asked = {"items": [item], "payer_id": payer_id}
        quote = done(http.post("/api/v1/quotes", json=asked, headers=client))
        assert quote["lines"][0]["tax_rate"] == rate
        assert quote["tax"] == {"amount_minor": tax, "currency": "RUB"}
        body = {**item, "payer_id": payer_id, "pay_with": {"balance": True}}
        invoice = done(http.post("/api/v1/orders", json=body, headers=client))["invoice"]
        assert (invoice["tax"], invoice["total"]) == (quote["tax"], quote["total"])


def test_a_quote_names_no_payer_of_nobody(
    http: Served, shop: Shop, administrator: dict[str, str], client: dict[str, str]
) -> None:
    """A payer that was ignored would make the price of the quote a guess."""
    item = {"tariff_plan_id": shop.plan.id, "period_months": 1, "parameters": {"name": "a"}}
    payer = done(
        http.post(
            "/api/v1/payers",
            json={"kind": "individual", "name": "Ann", "country": "DE"},
            headers=client,
        )
    )
    asked = {"items": [item], "payer_id": payer["id"]}
    path = "/api/v1/quotes"
    assert http.post(path, json=asked).status_code == 401
    refused = http.post(path, json=asked, headers=administrator)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/client_id"]
    for_client = {**asked, "client_id": shop.client.id}
    assert http.post(path, json=for_client, headers=administrator).status_code == 200
    unknown = {**for_client, "payer_id": 99}
    assert http.post(path, json=unknown, headers=administrator).status_code == 404


def test_rates_are_kept_and_corrected_over_http(
    http: Served, administrator: dict[str, str]
) -> None:
    """Create, list by country, correct, delete; a second one for a day is a conflict."""
    path = "/api/v1/admin/tax-rates"
    body = {"country": "de", "rate": "0.19", "valid_from": "2026-01-01", "name": "MwSt."}
    rate = done(http.post(path, json=body, headers=administrator))
    assert rate["country"] == "DE"
    assert http.post(path, json=body, headers=administrator).json()["code"] == "tax_rate.exists"
    one = f"{path}/{rate['id']}"
    changed = done(http.patch(one, json={"rate": "0.20"}, headers=administrator))
    assert changed == {**rate, "rate": "0.20"}
    listed = done(http.get(path, params={"country": "de"}, headers=administrator))["items"]
    assert listed == [changed]
    assert done(http.get(path, params={"country": "FR"}, headers=administrator))["items"] == []
    done(http.delete(one, headers=administrator))
    assert http.get(one, headers=administrator).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"tax": {"policy": "guess"}}, "/tax/policy"),
        ({"tax": {"policy": "standard", "colour": "red"}}, "/tax/colour"),
        ({"default_country": "UK"}, "/default_country"),
        ({"company_id": 99}, "/company_id"),
    ],
)
def test_a_provider_is_checked_when_it_is_described(
    http: Served,
    shop: Shop,
    administrator: dict[str, str],
    change: dict[str, Any],
    pointer: str,
) -> None:
    """A policy that isn't there would stop every sale from then on."""
    path = f"/api/v1/admin/providers/{shop.provider.id}"
    answer = http.patch(path, json=change, headers=administrator)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_provider_may_be_created_with_its_tax(
    http: Served, administrator: dict[str, str]
) -> None:
    """Without a choice no tax is charged."""
    body = {
        "name": "Second",
        "currency": "KWD",
        "time_zone": "Europe/Berlin",
        "default_country": "DE",
        "notification_email": "ops@second.test",
    }
    path = "/api/v1/admin/providers"
    plain = done(http.post(path, json=body, headers=administrator))
    assert (plain["tax"], plain["prices_include_tax"]) == ({"policy": "none"}, False)
    taxed = {**body, "tax": {"policy": "standard"}, "prices_include_tax": True}
    assert done(http.post(path, json=taxed, headers=administrator))["prices_include_tax"]
    wrong = http.post(path, json={**body, "tax": {"policy": "x"}}, headers=administrator)
    assert wrong.status_code == 400
