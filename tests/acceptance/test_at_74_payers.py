"""AT-74: payers with the data of their bank, created apart and named on an order's documents."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import Shop, make_client, make_shop

from billing_kernel.application.kernel import Kernel

BANK = {
    "recipient": "ООО Ромашка",
    "bank_name": "Банк",
    "bic": "049805746",
    "account": "40602810700000000025",
    "correspondent_account": "30101810800000000746",
}
COMPANY = {
    "kind": "company",
    "name": "ООО Ромашка",
    "country": "RU",
    "tax_id": "7707083893",
    "registration_code": "773601001",
    "bank": BANK,
}


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    return make_shop(kernel)


@pytest.fixture
def client(shop: Shop, enter: Callable[..., Any]) -> Any:
    return enter(shop.client)


@pytest.fixture
def transfer_id(shop: Shop, administrator: Any) -> int:
    """A bank transfer to the provider."""
    body = {
        "name": {"en": "Bank transfer"},
        "driver": "bank_transfer",
        "settings": {**BANK, "recipient": "Хостинг"},
        "provider_ids": [shop.provider.id],
    }
    return int(administrator.done("POST", "/admin/payment-methods", body)["id"])


def order(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "tariff_plan_id": shop.plan.id,
        "period_months": 1,
        "parameters": {"name": "my thing"},
        "pay_with": {"balance": True},
        **more,
    }


def wrong(person: Any, path: str, body: dict[str, Any], method: str = "POST") -> list[str]:
    problem = person.refused(method, path, body, 400, "input.invalid")
    return [error["pointer"] for error in problem["errors"]]


def test_at_74_a_payer_has_the_five_data_of_its_bank(client: Any) -> None:
    """Recipient, bank name, BIC, checking account (R/S) and correspondent account (K/S)."""
    payer = client.done("POST", "/payers", COMPANY)
    assert payer["bank"] == BANK
    assert (payer["tax_id"], payer["registration_code"]) == ("7707083893", "773601001")
    assert client.done("GET", f"/payers/{payer['id']}") == payer
    assert client.done("GET", "/payers")["items"] == [payer]


@pytest.mark.parametrize(
    ("field", "value", "pointers"),
    [
        ("bic", "04980574", ["/bank/bic", "/bank/account", "/bank/correspondent_account"]),
        ("account", "40602810700000000026", ["/bank/account"]),
        ("account", "30101810800000000746", ["/bank/account"]),
        ("correspondent_account", "30101810800000000747", ["/bank/correspondent_account"]),
        ("correspondent_account", "40602810700000000025", ["/bank/correspondent_account"]),
        ("iban", "DE89370400440532013001", ["/bank/iban"]),
        ("iban", 89, ["/bank/iban"]),
        ("colour", "red", ["/bank/colour"]),
    ],
)
def test_at_74_a_wrong_digit_is_found_when_it_is_typed(
    client: Any, field: str, value: Any, pointers: list[str]
) -> None:
    """Otherwise the bank finds it, days after the money was sent."""
    found = wrong(client, "/payers", {**COMPANY, "bank": {**BANK, field: value}})
    assert found[0] == pointers[0]
    assert set(found) <= set(pointers)
    assert client.done("GET", "/payers")["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"tax_id": "7707083894"}, "/tax_id"),
        ({"registration_code": "7736"}, "/registration_code"),
        ({"country": "XX"}, "/country"),
        ({"country": "GR", "vat_number": "GR094259216"}, "/vat_number"),
        ({"country": "GB", "vat_number": "XI110305878"}, "/vat_number"),
        ({"kind": "robot"}, "/kind"),
        ({"name": ""}, "/name"),
    ],
)
def test_at_74_tax_numbers_are_checked_too(
    client: Any, change: dict[str, Any], pointer: str
) -> None:
    """A document with a number that doesn't exist can't be deducted from anything."""
    body = {"kind": "company", "name": "Company", "country": "RU", **change}
    assert wrong(client, "/payers", body) == [pointer]


def test_at_74_a_payer_is_named_during_the_order(client: Any, shop: Shop) -> None:
    """The invoice carries the payer as it was then, whatever becomes of it."""
    payer = client.done("POST", "/payers", COMPANY)
    invoice = client.done("POST", "/orders", order(shop, payer_id=payer["id"]))["invoice"]
    assert invoice["payer_id"] == payer["id"]
    assert invoice["payer"]["bank"] == BANK

    client.done("PATCH", f"/payers/{payer['id']}", {"name": "ООО Лютик", "bank": {}})
    kept = client.done("GET", f"/invoices/{invoice['id']}")
    assert kept["payer"]["name"] == "ООО Ромашка"
    assert kept["payer"]["bank"] == BANK

    client.done("DELETE", f"/payers/{payer['id']}")
    assert client.done("GET", f"/invoices/{invoice['id']}") == kept
    client.refused("GET", f"/payers/{payer['id']}", None, 404, "not_found")
    client.refused("POST", "/orders", order(shop, payer_id=payer["id"]), 404, "not_found")


def test_at_74_a_change_is_checked_as_a_whole(client: Any) -> None:
    """A new BIC doesn't fit the old account; the name alone may change at any time."""
    payer = client.done("POST", "/payers", COMPANY)
    path = f"/payers/{payer['id']}"
    bank = {**BANK, "bic": "044525974"}
    assert wrong(client, path, {"bank": bank}, "PATCH") == [
        "/bank/account",
        "/bank/correspondent_account",
    ]
    assert wrong(client, path, {"kind": "individual"}, "PATCH") == [
        "/tax_id",
        "/registration_code",
    ]
    renamed = client.done("PATCH", path, {"name": "ООО Лютик", "language": "ru"})
    assert renamed == {**payer, "name": "ООО Лютик", "language": "ru"}


def test_at_74_a_bank_transfer_asks_companies_for_their_bank(
    client: Any, shop: Shop, transfer_id: int
) -> None:
    """The method says what it needs; nothing is ordered that couldn't be paid this way."""
    (method,) = client.done("GET", "/payment-methods")["items"]
    assert {"recipient", "bank_name", "bic"} <= set(method["payer_form"]["required"])
    bare = client.done("POST", "/payers", {**COMPANY, "bank": {}})
    body = order(shop, payer_id=bare["id"], pay_with={"payment_method_id": transfer_id})
    assert wrong(client, "/orders", body) == [
        "/payer/bank/recipient",
        "/payer/bank/bank_name",
        "/payer/bank/bic",
    ]
    assert client.done("GET", "/orders")["items"] == []
    client.done("PATCH", f"/payers/{bare['id']}", {"bank": BANK})
    placed = client.done("POST", "/orders", body)
    assert "Хостинг" in placed["payment"]["instructions"]


def test_at_74_persons_and_clients_without_a_payer_just_pay(
    client: Any, shop: Shop, transfer_id: int
) -> None:
    """Bank data are asked of organisations; a person transfers from any account."""
    person = client.done("POST", "/payers", {"kind": "individual", "name": "Ann", "country": "RU"})
    for payer_id in (person["id"], None):
        body = order(shop, payer_id=payer_id, pay_with={"payment_method_id": transfer_id})
        assert client.done("POST", "/orders", body)["payment"]["status"] == "pending"


def test_at_74_a_payer_is_its_clients_alone(
    kernel: Kernel, shop: Shop, client: Any, enter: Callable[..., Any]
) -> None:
    """Somebody else's payer and no payer at all look the same."""
    payer = client.done("POST", "/payers", COMPANY)
    other = kernel.database.run(
        lambda session: make_client(session, shop.provider, "other@client.test")
    )
    stranger, path = enter(other), f"/payers/{payer['id']}"
    assert stranger.done("GET", "/payers")["items"] == []
    for method, body in (("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)):
        stranger.refused(method, path, body, 404, "not_found")
    stranger.refused("POST", "/orders", order(shop, payer_id=payer["id"]), 404, "not_found")
    assert client.done("GET", path) == payer


def test_at_74_the_providers_company_is_on_the_documents(
    client: Any, shop: Shop, administrator: Any
) -> None:
    """Its numbers are checked alike; it can't be deleted while a provider sells under it."""
    body = {key: value for key, value in COMPANY.items() if key != "kind"}
    assert wrong(administrator, "/admin/companies", {**body, "tax_id": "1"}) == ["/tax_id"]
    company = administrator.done("POST", "/admin/companies", {**body, "name": "ООО Хостинг"})
    path, one = f"/admin/providers/{shop.provider.id}", f"/admin/companies/{company['id']}"
    assert wrong(administrator, path, {"company_id": 99}, "PATCH") == ["/company_id"]
    changed = administrator.done("PATCH", path, {"company_id": company["id"]})
    assert changed["company_id"] == company["id"]

    invoice = client.done("POST", "/orders", order(shop))["invoice"]
    administrator.done("PATCH", one, {"name": "ООО Другое"})
    kept = client.done("GET", f"/invoices/{invoice['id']}")
    assert kept["company"]["name"] == "ООО Хостинг"
    assert kept["company"]["bank"] == BANK
    problem = administrator.refused("DELETE", one, None, 409, "in_use")
    assert f"providers {shop.provider.id}" in problem["detail"]
    administrator.done("PATCH", path, {"company_id": None})
    administrator.done("DELETE", one)
