"""Clients who may owe something: administrators say how much."""

import pytest
from tests.factories import open_one

from billing_kernel.application.verifying import verify_ledger

RUB = {"currency": "RUB"}


@pytest.fixture
def path(client) -> str:
    return f"/admin/clients/{client.id}/credit-limit"


def limit(amount_minor: int) -> dict[str, object]:
    return {"limit": {"amount_minor": amount_minor, **RUB}}


def owe(administrator, client, amount_minor: int) -> None:
    """Take something from the balance by hand."""
    adjustment = {"amount": {"amount_minor": -amount_minor, **RUB}, "reason": "From before"}
    administrator.done("POST", f"/admin/clients/{client.id}/adjustments", adjustment)


def stands(balance) -> tuple[int, int]:
    return balance["balance"]["amount_minor"], balance["credit_limit"]["amount_minor"]


def test_a_limit_is_money_to_spend_and_not_a_kopeck_more(
    kernel, shop, client, administrator, path
) -> None:
    """5.00 and a limit of 4.99 don't renew for 10.00; 5.00 and 5.00 do, once."""
    service_id = open_one(kernel, shop)
    owe(administrator, client, 3500)
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    for credit in (0, 499):
        administrator.done("PUT", path, limit(credit))
        refused = client.post(f"/services/{service_id}/renew", renewal)
        assert (refused.status_code, refused.json()["code"]) == (422, "balance.insufficient")
    [shown] = administrator.done("PUT", path, limit(500))["items"]
    assert stands(shown) == (500, 500)
    client.done("POST", f"/services/{service_id}/renew", renewal)
    [owing] = client.done("GET", "/balances")["items"]
    assert stands(owing) == (-500, 500)
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()


def test_what_is_owed_already_bounds_it(kernel, shop, client, administrator, path) -> None:
    """A limit above a debt would make the debt impossible."""
    administrator.done("PUT", path, limit(1000))
    owe(administrator, client, 5500)
    refused = administrator.put(path, limit(499))
    assert (refused.status_code, refused.json()["code"]) == (422, "credit_limit.below_debt")
    administrator.done("PUT", path, limit(500))


def test_a_limit_is_an_administrators_word(client, administrator, path) -> None:
    """Nobody lends to themselves, and nothing but an amount is a limit."""
    assert client.put(path, limit(1000)).status_code == 403
    assert administrator.put("/admin/clients/99/credit-limit", limit(1000)).status_code == 404
    for wrong, pointer in (
        (limit(-1), "/limit/amount_minor"),
        (limit(1) | {"provider_id": 99}, "/provider_id"),
    ):
        refused = administrator.put(path, wrong)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
