"""Whole sales over HTTP: a licence bought upstream, a server set up by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billing_isp_licenses.simulator import PanelServer, SellingPanel
from billing_kernel.application.provisioning import run_operation

USERNAME, PASSWORD = "reseller@example.com", "reseller-pa55:word"
LITE = "55227"
PROVIDER = {
    "name": "Acme Hosting",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "default_country": "DE",
    "notification_email": "ops@acme.test",
}
TRANSFER = {
    "name": {"en": "Bank transfer", "de": "Überweisung"},
    "driver": "bank_transfer",
    "settings": {
        "recipient": "Acme",
        "bank_name": "A Bank",
        "bic": "DEUTDEFF",
        "iban": "DE89370400440532013000",
    },
}


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


@pytest.fixture
def seller() -> Iterator[PanelServer]:
    panel = SellingPanel(activation_polls=0)
    panel.open_account(USERNAME, PASSWORD)
    with PanelServer(panel) as running:
        yield running


@pytest.fixture
def provider(administrator) -> dict[str, Any]:
    """A provider that takes bank transfers."""
    made = administrator.done("POST", "/admin/providers", PROVIDER)
    body = {**TRANSFER, "provider_ids": [made["id"]]}
    made["method"] = administrator.done("POST", "/admin/payment-methods", body)
    return made


@pytest.fixture
def register(guest, provider) -> Callable[[str], Any]:
    """Registers somebody, as the form of the client area does."""

    def enter(email: str) -> Any:
        body = {
            "name": "Ann",
            "email": email,
            "password": "long enough!",
            "password_confirmation": "long enough!",
            "country": "de",
            "provider_id": provider["id"],
        }
        made = guest.done("POST", "/clients", body)
        return type(guest)(guest.http, made["token"], made["client"]["id"])

    return enter


def top_up(person: Any, administrator: Any, provider: dict[str, Any], amount_minor: int) -> None:
    """An advance payment by bank transfer, which an administrator sees arrive."""
    body = {"amount": euros(amount_minor), "payment_method_id": provider["method"]["id"]}
    payment = person.done("POST", "/payments", body)
    assert payment["status"] == "pending"
    assert "DE89370400440532013000" in payment["instructions"]
    assert [line["description"] for line in payment["invoice"]["lines"]] == ["Advanced payment"]
    confirmed = administrator.done("POST", f"/admin/payments/{payment['id']}/confirm")
    assert confirmed["status"] == "paid"


def books_are_right(administrator: Any) -> bool:
    checked = administrator.done("GET", "/admin/ledger/verify")
    assert checked["problems"] == []
    return checked["ok"] and checked["checked"]["entries"] > 0


@pytest.fixture
def imported_plan(administrator, provider, seller) -> dict[str, Any]:
    """A vendor's tariff as it arrives: disabled, and without a price of ours."""
    department = administrator.done("POST", "/admin/departments", {"name": {"en": "Sales"}})
    module = administrator.done(
        "POST",
        "/admin/processing-modules",
        {
            "driver": "isp_licenses",
            "product_types": ["isp_license"],
            "name": {"en": "Vendor"},
            "settings": {"url": seller.url, "username": USERNAME, "password": PASSWORD},
            "department_id": department["id"],
        },
    )
    path = f"/admin/processing-modules/{module['id']}"
    offered = administrator.done("GET", f"{path}/importable-tariff-plans")["items"]
    assert LITE in [tariff["external_id"] for tariff in offered]
    body = {"external_ids": [LITE], "product_type": "isp_license", "provider_id": provider["id"]}
    [plan] = administrator.done("POST", f"{path}/import-tariff-plans", body)["items"]
    return plan


@pytest.fixture
def licence_plan(administrator, imported_plan) -> dict[str, Any]:
    """The imported tariff on sale at 7.00 EUR, renewed at 6.50 EUR."""
    price = {"period_months": 1, "price": euros(700), "renewal_price": euros(650)}
    administrator.done("PATCH", f"/admin/tariff-plans/{imported_plan['id']}", {"prices": [price]})
    ids = {"ids": [imported_plan["id"]]}
    [plan] = administrator.done("POST", "/admin/tariff-plans/enable", ids)["items"]
    return plan


def test_an_imported_tariff_waits_for_its_price(administrator, guest, imported_plan):
    """AT-18: what the upstream asks is no price of ours; nothing is sold by accident."""
    assert (imported_plan["enabled"], imported_plan["prices"]) == (False, [])
    assert imported_plan["upstream_costs"]
    assert guest.done("GET", "/tariff-plans")["items"] == []
    refused = administrator.post("/admin/tariff-plans/enable", {"ids": [imported_plan["id"]]})
    assert (refused.status_code, refused.json()["code"]) == (409, "tariff.unpriced")


def test_a_licence_is_sold_from_the_price_list_to_the_key(
    kernel, administrator, register, provider, seller, licence_plan
):
    """The thinnest complete product: every step is a request that a stranger could send."""
    ann = register("ann@client.test")
    [plan] = ann.done("GET", "/tariff-plans?product_type=isp_license&period_months=1")["items"]
    assert set(plan["order_form"]["required"]) == {"name", "ip"}
    item = {
        "tariff_plan_id": plan["id"],
        "period_months": 1,
        "parameters": {"name": "web", "ip": "192.0.2.7"},
    }
    quote = ann.done("POST", "/quotes", {"items": [item]})
    assert quote["total"] == euros(700)
    assert quote["lines"][0]["explanation"][-1]["result"] == 700

    order = {**item, "pay_with": {"balance": True}}
    assert ann.post("/orders", order).json()["code"] == "balance.insufficient"
    assert ann.done("GET", "/orders")["items"] == []
    top_up(ann, administrator, provider, 2000)
    bought = ann.done("POST", "/orders", order, key="buy")
    assert (bought["invoice"]["status"], bought["service"]["status"]) == ("paid", "opening")
    assert ann.done("GET", "/balances")["items"][0]["held"] == euros(700)

    run_operation(kernel, bought["service"]["operation"]["id"])
    service = ann.done("GET", f"/services/{bought['service']['id']}")
    assert (service["status"], service["expires_on"]) == ("active", "2026-02-28")
    assert service["upstream"]["license_key"]
    assert service["allowed_actions"] == ["renew", "change_tariff", "change_addons"]
    assert len(seller.panel.shop.licenses) == 1
    assert books_are_right(administrator)


def test_a_licence_is_renewed_at_its_renewal_price(
    kernel, administrator, register, provider, licence_plan
):
    """From the anchor day, once for each date that the client saw."""
    ann = register("ann@client.test")
    top_up(ann, administrator, provider, 2000)
    order = {
        "tariff_plan_id": licence_plan["id"],
        "period_months": 1,
        "parameters": {"name": "web", "ip": "192.0.2.7"},
        "pay_with": {"balance": True},
    }
    bought = ann.done("POST", "/orders", order)
    run_operation(kernel, bought["service"]["operation"]["id"])
    path = f"/services/{bought['service']['id']}"
    renewal = {
        "period_months": 1,
        "pay_with": {"balance": True},
        "expected_expires_on": "2026-02-28",
    }
    renewed = ann.done("POST", f"{path}/renew", renewal)
    assert renewed["invoice"]["total"] == euros(650)
    assert ann.post(f"{path}/renew", renewal).status_code == 409
    run_operation(kernel, renewed["service"]["operation"]["id"])
    assert ann.done("GET", path)["expires_on"] == "2026-03-31"
    moved = ann.post(f"{path}/renew", renewal)
    assert (moved.status_code, moved.json()["code"]) == (409, "service.expiry_moved")

    statement = ann.done("GET", "/ledger-entries")["items"]
    assert [row["amount"]["amount_minor"] for row in statement] == [-650, -700, 2000]
    assert [row["balance_after"]["amount_minor"] for row in statement] == [650, 1300, 2000]
    periods = administrator.done("GET", f"/admin{path}/billed-periods")["items"]
    assert [(row["start_on"], row["end_on"]) for row in periods] == [
        ("2026-01-31", "2026-02-28"),
        ("2026-02-28", "2026-03-31"),
    ]
    assert books_are_right(administrator)


@pytest.fixture
def server_plan(administrator, provider) -> dict[str, Any]:
    """A VPS that the technical department sets up by hand, with a setup fee."""
    department = administrator.done("POST", "/admin/departments", {"name": {"en": "Technical"}})
    module = administrator.done(
        "POST",
        "/admin/processing-modules",
        {
            "driver": "manual",
            "product_types": ["vps"],
            "name": {"en": "By hand"},
            "department_id": department["id"],
        },
    )
    return administrator.done(
        "POST",
        "/admin/tariff-plans",
        {
            "provider_id": provider["id"],
            "product_type": "vps",
            "name": {"en": "Small", "de": "Klein"},
            "processing_module_id": module["id"],
            "prices": [{"period_months": 1, "price": euros(500)}],
            "setup_fee": euros(100),
        },
    )


def test_a_server_is_set_up_by_the_department(
    kernel, administrator, register, provider, server_plan
):
    """Completing the task is what makes the service active; its facts reach the client."""
    ann = register("ann@client.test")
    order = {
        "tariff_plan_id": server_plan["id"],
        "period_months": 1,
        "pay_with": {"payment_method_id": provider["method"]["id"]},
    }
    placed = ann.done("POST", "/orders", order)
    assert (placed["order"]["status"], placed["service"]["status"]) == ("new", "ordered")
    assert placed["payment"]["status"] == "pending"
    administrator.done("POST", f"/admin/payments/{placed['payment']['id']}/confirm")
    service = ann.done("GET", f"/services/{placed['service']['id']}")
    run_operation(kernel, service["operation"]["id"])

    [task] = administrator.done("GET", "/admin/tasks?status=open")["items"]
    assert task["department_id"] == 1
    path = f"/admin/tasks/{task['id']}/complete"
    incomplete = administrator.post(path, {"facts": {}})
    assert incomplete.status_code == 400
    assert incomplete.json()["errors"] == [{"pointer": "/facts/ip", "detail": "is required"}]
    unknown = administrator.post(path, {"facts": {"ip": "192.0.2.9", "root_password": "x"}})
    assert unknown.json()["errors"][0]["pointer"] == "/facts/root_password"
    done = administrator.done("POST", path, {"facts": {"ip": "192.0.2.9", "login": "root"}})
    assert done["status"] == "done"
    assert administrator.post(path, {"facts": {"ip": "192.0.2.9"}}).status_code == 409

    service = ann.done("GET", f"/services/{placed['service']['id']}")
    assert service["status"] == "active"
    assert service["upstream"] == {"ip": "192.0.2.9", "login": "root"}
    [invoice] = ann.done("GET", "/invoices")["items"]
    assert [line["kind"] for line in invoice["lines"]] == ["period", "setup_fee"]
    assert invoice["total"] == euros(600)
    assert books_are_right(administrator)


def test_an_operation_that_was_not_done_returns_the_money(
    kernel, administrator, register, provider, server_plan
):
    """Resolving as not done is a promise that nothing was delivered: the client is paid back."""
    ann = register("ann@client.test")
    top_up(ann, administrator, provider, 600)
    order = {
        "tariff_plan_id": server_plan["id"],
        "period_months": 1,
        "pay_with": {"balance": True},
    }
    placed = ann.done("POST", "/orders", order)
    operation = placed["service"]["operation"]
    run_operation(kernel, operation["id"])
    path = f"/admin/operations/{operation['id']}"
    resolved = administrator.done(
        "POST", f"{path}/resolve", {"outcome": "not_done", "reason": "no machines left"}
    )
    assert resolved["state"] == "refused"
    assert administrator.post(f"{path}/retry").status_code == 409
    assert administrator.post(f"{path}/resolve", {"outcome": "done"}).status_code == 409
    [balance] = ann.done("GET", "/balances")["items"]
    assert (balance["balance"], balance["held"]) == (euros(600), euros(0))
    service = ann.done("GET", f"/services/{placed['service']['id']}")
    assert service["status"] == "failed"
    gone = administrator.done("DELETE", f"/admin/services/{service['id']}")
    assert gone["status"] == "deleted"
    assert books_are_right(administrator)


def test_a_service_is_suspended_resumed_and_deleted_by_administrators(
    kernel, administrator, client, order
):
    """Each is begun by the request and carried out by a worker; one at a time."""
    bought = client.done("POST", "/orders", order)
    run_operation(kernel, bought["service"]["operation"]["id"])
    path = f"/admin/services/{bought['service']['id']}"
    allowed = ["suspend", "delete", "renew", "change_tariff", "change_addons"]
    assert administrator.done("GET", path)["allowed_actions"] == allowed
    for method, address, status in (
        ("POST", f"{path}/suspend", "suspended"),
        ("POST", f"{path}/resume", "active"),
        ("DELETE", f"{path}?now=true", "deleted"),
    ):
        answer = administrator.send(method, address)
        assert answer.status_code == 202
        started = answer.json()
        assert started["allowed_actions"] == []
        assert administrator.send(method, address).json()["code"] == (
            "service.operation_in_progress"
        )
        run_operation(kernel, started["operation"]["id"])
        assert administrator.done("GET", path)["status"] == status
    assert administrator.delete(path).status_code == 409


def test_an_unpaid_order_is_cancelled_with_its_invoice_and_transfer(
    administrator, register, provider, server_plan
):
    """What was announced must not wait for ever; money that comes all the same isn't lost."""
    ann = register("ann@client.test")
    placed = ann.done(
        "POST",
        "/orders",
        {
            "tariff_plan_id": server_plan["id"],
            "period_months": 1,
            "pay_with": {"payment_method_id": provider["method"]["id"]},
        },
    )
    cancelled = ann.done("DELETE", f"/orders/{placed['order']['id']}")
    assert cancelled["status"] == "cancelled"
    assert ann.done("GET", f"/invoices/{placed['invoice']['id']}")["status"] == "cancelled"
    assert ann.done("GET", f"/payments/{placed['payment']['id']}")["status"] == "cancelled"
    assert ann.done("GET", f"/services/{placed['service']['id']}")["status"] == "deleted"
    assert ann.delete(f"/orders/{placed['order']['id']}").status_code == 409
    administrator.done("POST", f"/admin/payments/{placed['payment']['id']}/confirm")
    assert ann.done("GET", "/balances")["items"][0]["balance"] == euros(600)
    [task] = administrator.done("GET", "/admin/tasks?status=open")["items"]
    assert (task["kind"], task["payment_id"]) == ("unexpected_payment", placed["payment"]["id"])
    assert books_are_right(administrator)


def test_an_announced_transfer_gives_way_to_the_balance(
    administrator, register, provider, server_plan
):
    """Who announced a transfer and then topped up pays once."""
    ann = register("ann@client.test")
    transfer = {"payment_method_id": provider["method"]["id"]}
    placed = ann.done(
        "POST",
        "/orders",
        {"tariff_plan_id": server_plan["id"], "period_months": 1, "pay_with": transfer},
    )
    path = f"/invoices/{placed['invoice']['id']}"
    short = ann.post(f"{path}/payments", {"pay_with": {"balance": True}})
    assert (short.status_code, short.json()["code"]) == (422, "balance.insufficient")
    assert ann.done("GET", f"/payments/{placed['payment']['id']}")["status"] == "pending"
    top_up(ann, administrator, provider, 1000)
    paid = ann.done("POST", f"{path}/payments", {"pay_with": {"balance": True}}, key="pay")
    assert paid["status"] == "paid"
    assert ann.done("GET", f"/payments/{placed['payment']['id']}")["status"] == "cancelled"
    assert ann.done("GET", path)["status"] == "paid"
    again = ann.post(f"{path}/payments", {"pay_with": {"balance": True}})
    assert (again.status_code, again.json()["code"]) == (409, "invoice.not_payable")
    assert books_are_right(administrator)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "pay_with", [{}, {"balance": True, "payment_method_id": 1}, {"balance": False}]
)
def test_how_to_pay_must_be_one_way(client, order, pay_with):
    """Guessing which of two ways was meant would be spending without being told to."""
    answer = client.post("/orders", {**order, "pay_with": pay_with})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/pay_with"


def test_an_order_form_marks_the_field_that_is_wrong(client, order):
    """The pointers of the product type's own form arrive as they are."""
    answer = client.post("/orders", {**order, "parameters": {"nom": "x"}})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/parameters/nom",
        "/parameters/name",
    }


def test_names_come_in_the_language_that_was_asked_for(guest, server_plan, provider, register):
    """Accept-Language decides, then the provider's default language."""
    path = f"/tariff-plans/{server_plan['id']}"
    for header, name in (
        ("de-AT,en;q=0.8", "Klein"),
        ("fr, de;q=0.5, en;q=0.7", "Small"),
        ("fr", "Small"),
        ("de;q=nonsense,,;;", "Small"),
    ):
        assert guest.get(path, Accept_Language=header).json()["name"] == name, header
    ann = register("ann@client.test")
    [method] = ann.get("/payment-methods", Accept_Language="de").json()["items"]
    assert method["name"] == "Überweisung"
