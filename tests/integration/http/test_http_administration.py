"""Setting up an installation over HTTP."""

from collections.abc import Iterator

import pytest

from billing_isp_licenses.simulator import PanelServer, SellingPanel

PASSWORD = "reseller-pa55:word"


@pytest.fixture
def seller() -> Iterator[PanelServer]:
    panel = SellingPanel(activation_polls=0)
    for account in ("first@example.com", "second@example.com"):
        panel.open_account(account, PASSWORD)
    with PanelServer(panel) as running:
        yield running


@pytest.fixture
def connection(seller) -> dict:
    """The body of a module that resells the simulated vendor's licences."""
    return {
        "driver": "isp_licenses",
        "product_types": ["isp_license"],
        "name": {"en": "Vendor"},
        "settings": {"url": seller.url, "username": "first@example.com", "password": PASSWORD},
    }


PROVIDER = {
    "name": "Acme",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "default_country": "DE",
    "notification_email": "ops@acme.test",
}


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        ("/admin/providers", PROVIDER, {"help_url": "https://acme.test/help"}),
        ("/admin/departments", {"name": {"en": "Sales"}}, {"sort": 3}),
        ("/admin/data-centers", {"name": {"en": "Frankfurt"}}, {"external_id": "fra"}),
    ],
)
def test_a_plain_resource_is_created_read_changed_and_deleted(administrator, path, body, change):
    """What is left out of a change stays as it was."""
    made = administrator.done("POST", path, body)
    assert {key: made[key] for key in body} == body
    one = f"{path}/{made['id']}"
    assert administrator.done("GET", one) == made
    changed = administrator.done("PATCH", one, change)
    assert changed == {**made, **change}
    assert made["id"] in [item["id"] for item in administrator.done("GET", path)["items"]]
    assert administrator.delete(one).status_code == 204
    assert administrator.get(one).status_code == 404
    assert administrator.delete(one).status_code == 404


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "EURO"),
        ("currency", "XQX"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("default_country", "Germany"),
        ("notification_email", "nobody"),
        ("site_url", "javascript:alert(1)"),
        ("name", ""),
    ],
)
def test_a_provider_that_could_not_work_is_refused(administrator, field, value):
    """A wrong time zone or currency would spoil every business date and amount after it."""
    answer = administrator.post("/admin/providers", {**PROVIDER, field: value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def test_what_is_in_use_is_kept_and_its_users_are_named(administrator, shop, client, order):
    """The message says what to clear away first."""
    client.done("POST", "/orders", order)
    for path, named in (
        (f"/admin/providers/{shop.provider.id}", f"clients {shop.client.id}"),
        (f"/admin/processing-modules/{shop.module_id}", f"tariff plans {shop.plan.id}"),
        (f"/admin/tariff-plans/{shop.plan.id}", "was ordered"),
    ):
        answer = administrator.delete(path)
        assert answer.status_code == 409, path
        assert named in answer.json()["detail"]
        assert administrator.get(path).status_code == 200


def test_a_module_is_stored_only_if_its_connection_works(administrator, connection, seller):
    """A wrong password must be noticed now, not when the first client has paid."""
    wrong = {**connection, "settings": {**connection["settings"], "password": "wrong"}}
    refused = administrator.post("/admin/processing-modules", wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "upstream.refused")
    nowhere = {**connection["settings"], "url": "http://127.0.0.1:9"}
    away = administrator.post("/admin/processing-modules", {**connection, "settings": nowhere})
    assert (away.status_code, away.json()["code"]) == (503, "upstream.busy")
    assert away.headers["retry-after"]
    assert administrator.done("GET", "/admin/processing-modules")["items"] == []
    made = administrator.done("POST", "/admin/processing-modules", connection)
    assert made["enabled"] is True
    assert made["settings"] == {"url": seller.url, "username": "first@example.com"}


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"driver": "nobody"}, "/driver"),
        ({"product_types": ["vps"]}, "/product_types/0"),
        ({"product_types": []}, "/product_types"),
        ({"name": {}}, "/name"),
        ({"settings": {}}, "/settings/url"),
        ({"settings": {"url": "x", "username": "a", "password": "b"}}, "/settings/url"),
        ({"department_id": 77}, "/department_id"),
        ({"data_center_id": 77}, "/data_center_id"),
        ({"sort": 0}, "/sort"),
    ],
)
def test_a_module_that_is_described_wrongly_is_refused(administrator, connection, change, pointer):
    """Every field of the form that is wrong is marked."""
    answer = administrator.post("/admin/processing-modules", {**connection, **change})
    assert answer.status_code == 400, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_two_modules_never_share_an_upstream_account(administrator, connection, seller):
    """AT-02: events and look-ups of the two would mix."""
    made = administrator.done("POST", "/admin/processing-modules", connection)
    same = {**connection["settings"], "url": seller.url + "/", "username": "FIRST@example.com"}
    answer = administrator.post("/admin/processing-modules", {**connection, "settings": same})
    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "processing_module.account_in_use",
    )
    other = {**connection["settings"], "username": "second@example.com"}
    second = administrator.done(
        "POST", "/admin/processing-modules", {**connection, "settings": other}
    )
    path = f"/admin/processing-modules/{second['id']}"
    moved = administrator.patch(path, {"settings": {"username": "first@example.com"}})
    assert moved.status_code == 409
    assert administrator.done("GET", path)["settings"]["username"] == "second@example.com"
    assert made["id"] != second["id"]


def test_changed_settings_are_tried_and_secrets_stay_with_their_host(
    administrator, connection, seller
):
    """A password that was typed for one address is never sent to another."""
    made = administrator.done("POST", "/admin/processing-modules", connection)
    path = f"/admin/processing-modules/{made['id']}"
    assert administrator.done("PATCH", path, {"sort": 5})["sort"] == 5
    assert administrator.done("POST", f"{path}/check")["summary"]
    wrong = administrator.patch(path, {"settings": {"password": "wrong"}})
    assert wrong.status_code == 422
    assert administrator.post(f"{path}/check").status_code == 200
    with PanelServer(SellingPanel()) as elsewhere:
        asked = len(elsewhere.panel.requests.all())
        moved = administrator.patch(path, {"settings": {"url": elsewhere.url}})
        assert moved.status_code == 400
        assert moved.json()["errors"] == [
            {"pointer": "/settings/password", "detail": "is required"}
        ]
        assert len(elsewhere.panel.requests.all()) == asked
    assert administrator.done("GET", path)["settings"]["url"] == seller.url


def test_a_driver_without_a_price_list_says_so(administrator, shop):
    """The import button of such a module explains itself."""
    path = f"/admin/processing-modules/{shop.module_id}/importable-tariff-plans"
    answer = administrator.get(path)
    assert (answer.status_code, answer.json()["code"]) == (
        422,
        "processing_module.nothing_to_import",
    )


def test_an_import_names_what_the_upstream_does_not_sell(administrator, connection, shop):
    """Nothing is imported where one of the ids is wrong."""
    made = administrator.done("POST", "/admin/processing-modules", connection)
    path = f"/admin/processing-modules/{made['id']}/import-tariff-plans"
    body = {"product_type": "isp_license", "provider_id": shop.provider.id}
    answer = administrator.post(path, {**body, "external_ids": ["55227", "1"]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/external_ids/1"
    nobody = administrator.post(path, {**body, "provider_id": 77, "external_ids": ["55227"]})
    assert nobody.json()["errors"][0]["pointer"] == "/provider_id"
    mine = f"/admin/tariff-plans?processing_module_id={made['id']}"
    assert administrator.done("GET", mine)["items"] == []


def test_changed_prices_leave_sold_services_alone(kernel, administrator, client, order, shop):
    """Terms are versions: what was agreed stays agreed."""
    client.done("POST", "/orders", order)
    path = f"/admin/tariff-plans/{shop.plan.id}"
    price = {"period_months": 1, "price": {"amount_minor": 2000, "currency": "RUB"}}
    changed = administrator.done("PATCH", path, {"prices": [price]})
    assert (changed["version"], changed["name"]) == (2, {"en": "Thing"})
    assert client.done("POST", "/orders", order)["invoice"]["total"]["amount_minor"] == 2000
    first = client.done("GET", "/invoices")["items"][-1]
    assert first["total"]["amount_minor"] == 1000


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": {"en": " "}}, "/name"),
        ({"sort": 0}, "/sort"),
        ({"charging": {"policy": "astrology"}}, "/charging/policy"),
        ({"charging": {"policy": "period", "luck": 7}}, "/charging/luck"),
        ({"processing_module_id": 77}, "/processing_module_id"),
        ({"services_per_order_max": 0}, "/services_per_order_max"),
        ({"setup_fee": {"amount_minor": 1, "currency": "EUR"}}, "/setup_fee/currency"),
        ({"end_on": "31.12.2026"}, "/end_on"),
        ({"name": {"English": "x"}}, "/name"),
    ],
)
def test_a_tariff_plan_that_could_not_be_sold_is_refused(administrator, shop, change, pointer):
    """An error in a tariff plan becomes an error in every invoice."""
    answer = administrator.patch(f"/admin/tariff-plans/{shop.plan.id}", change)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


def test_several_tariff_plans_are_switched_at_once_or_not_at_all(administrator, guest, shop):
    """One that can't be sold keeps the others as they were."""
    unpriced = administrator.done(
        "POST",
        "/admin/tariff-plans",
        {
            "provider_id": shop.provider.id,
            "product_type": "thing",
            "name": {"en": "Unpriced"},
            "enabled": False,
        },
    )
    ids = {"ids": [shop.plan.id, unpriced["id"]]}
    administrator.done("POST", "/admin/tariff-plans/disable", ids)
    assert guest.done("GET", "/tariff-plans")["items"] == []
    assert guest.get(f"/tariff-plans/{shop.plan.id}").json()["code"] == "tariff.not_for_sale"
    refused = administrator.post("/admin/tariff-plans/enable", ids)
    assert (refused.status_code, refused.json()["code"]) == (409, "tariff.unpriced")
    assert guest.done("GET", "/tariff-plans")["items"] == []
    administrator.done("POST", "/admin/tariff-plans/enable", {"ids": [shop.plan.id]})
    assert [plan["id"] for plan in guest.done("GET", "/tariff-plans")["items"]] == [shop.plan.id]
    assert administrator.delete(f"/admin/tariff-plans/{unpriced['id']}").status_code == 204


def test_payment_methods_are_offered_by_providers_that_were_named(administrator, client, shop):
    """A client is never shown a way to pay that its provider doesn't take."""
    body = {"name": {"en": "Cash"}, "driver": "manual", "sort": 2}
    made = administrator.done("POST", "/admin/payment-methods", body)
    assert client.done("GET", "/payment-methods")["items"] == []
    amount = {"amount_minor": 100, "currency": "RUB"}
    asked = {"amount": amount, "payment_method_id": made["id"]}
    refused = client.post("/payments", asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "payment_method.not_offered")
    path = f"/admin/payment-methods/{made['id']}"
    offered = administrator.done("PATCH", path, {"provider_ids": [shop.provider.id]})
    assert offered["provider_ids"] == [shop.provider.id]
    [shown] = client.done("GET", "/payment-methods")["items"]
    assert (shown["name"], shown["confirmed_by_hand"]) == ("Cash", True)
    foreign = client.post("/payments", {**asked, "amount": {**amount, "currency": "EUR"}})
    assert foreign.json()["errors"][0]["pointer"] == "/amount/currency"
    nothing = client.post("/payments", {**asked, "amount": {**amount, "amount_minor": 0}})
    assert nothing.json()["errors"][0]["pointer"] == "/amount/amount_minor"
    wrong = administrator.patch(path, {"provider_ids": [shop.provider.id, 77]})
    assert wrong.json()["errors"][0]["pointer"] == "/provider_ids/1"
    assert administrator.delete(path).status_code == 204


def test_a_gateway_objects_to_settings_by_their_names(administrator):
    """The form of the gateway marks its own fields, whatever they are called."""
    settings = {"recipient": "Acme", "bank_name": "Bank", "bic": "DEUTDEFF", "iban": "DE00"}
    body = {"name": {"en": "Transfer"}, "driver": "bank_transfer", "settings": settings}
    answer = administrator.post("/admin/payment-methods", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/settings/iban"


def test_an_adjustment_moves_a_balance_and_keeps_its_reason(administrator, client):
    """A correction is a ledger entry like any other; it can't take what isn't there."""
    path = f"/admin/clients/{client.id}/adjustments"
    amount = {"amount_minor": 250, "currency": "RUB"}
    entry = administrator.done("POST", path, {"amount": amount, "reason": "an apology"})
    assert entry["source"]["type"] == "adjustment"
    assert sum(posting["amount"]["amount_minor"] for posting in entry["postings"]) == 0
    [row, _] = client.done("GET", "/ledger-entries")["items"]
    assert (row["description"], row["amount"]) == ("an apology", amount)
    taken = {"amount": {**amount, "amount_minor": -6000}, "reason": "too much"}
    refused = administrator.post(path, taken)
    assert (refused.status_code, refused.json()["code"]) == (422, "balance.insufficient")
    nothing = administrator.post(path, {"amount": {**amount, "amount_minor": 0}, "reason": "x"})
    assert nothing.json()["errors"][0]["pointer"] == "/amount/amount_minor"
    shown = administrator.done("GET", f"/admin/clients/{client.id}/balances")["items"]
    assert shown == client.done("GET", "/balances")["items"]
    entries = administrator.done("GET", f"/admin/ledger/entries?client_id={client.id}")["items"]
    assert [item["description"] for item in entries] == ["an apology", "gift"]


def test_clients_are_found_and_changed(administrator, client, stranger):
    """An e-mail address logs in one person only."""
    found = administrator.done("GET", "/admin/clients?email=STRANGER@client.test")["items"]
    assert [item["id"] for item in found] == [stranger.id]
    path = f"/admin/clients/{client.id}"
    changed = administrator.done("PATCH", path, {"name": "Ann B.", "country": "at"})
    assert (changed["name"], changed["country"]) == ("Ann B.", "AT")
    taken = administrator.patch(path, {"email": "stranger@client.test"})
    assert (taken.status_code, taken.json()["code"]) == (409, "client.email_taken")


def test_plugins_are_shown_with_the_forms_of_their_drivers(administrator):
    """A frontend draws the form of a connection from what this says."""
    plugins = {
        plugin["name"]: plugin for plugin in administrator.done("GET", "/admin/plugins")["items"]
    }
    licenses = plugins["isp_licenses"]
    assert licenses["status"] == "active"
    [driver] = [each for each in licenses["drivers"] if each["kind"] == "processing_modules"]
    assert driver["settings_form"]["properties"]["password"]["writeOnly"] is True
    [by_hand] = [
        each
        for each in plugins["manual_processing"]["drivers"]
        if each["kind"] == "processing_modules"
    ]
    assert by_hand["task_form"]["required"] == ["ip"]
    assert administrator.post("/admin/plugins/nothing/release").status_code == 404


def test_a_plugin_that_failed_too_often_is_released(kernel, administrator, http):
    """Whoever mended the cause lets it work again without a restart."""
    for _ in range(5):
        kernel.extensions.faults.count("fake_things", "it broke")
    [shown] = [
        plugin
        for plugin in administrator.done("GET", "/admin/plugins")["items"]
        if plugin["name"] == "fake_things"
    ]
    assert (shown["status"], shown["reason"]) == ("quarantined", "plugin.repeated_faults")
    ready = http.get("/health/ready")
    assert ready.status_code == 200
    named = {plugin["name"]: plugin["reason"] for plugin in ready.json()["plugins"]}
    assert named["fake_things"] == "plugin.repeated_faults"
    released = administrator.done("POST", "/admin/plugins/fake_things/release")
    assert (released["status"], released["reason"]) == ("active", None)


def test_events_tell_what_happened(administrator, client, order):
    """What plugins are told can be read back, newest first and by name."""
    client.done("POST", "/orders", order)
    events = administrator.done("GET", f"/admin/events?client_id={client.id}")["items"]
    assert [event["name"] for event in events] == ["InvoicePaid", "OrderPlaced", "InvoiceIssued"]
    [placed] = administrator.done("GET", "/admin/events?name=OrderPlaced")["items"]
    assert placed["facts"]["total_minor"] == 1000


def test_a_task_is_handed_to_another_department(kernel, administrator, client, order):
    """Whoever can't do it passes it on, with a note."""
    from billing_kernel.models import Task

    made = administrator.done("POST", "/admin/departments", {"name": {"en": "Sales"}})
    kernel.database.run(
        lambda session: session.add(
            Task(kind="unexpected_payment", subject="payment:1", status="open", title="Look")
        )
    )
    [task] = administrator.done("GET", "/admin/tasks")["items"]
    path = f"/admin/tasks/{task['id']}"
    changed = administrator.done("PATCH", path, {"department_id": made["id"], "detail": "Please"})
    assert (changed["department_id"], changed["detail"]) == (made["id"], "Please")
    assert administrator.patch(path, {"department_id": 77}).status_code == 400
    [mine] = administrator.done("GET", f"/admin/tasks?department_id={made['id']}")["items"]
    assert mine["id"] == task["id"]
    done = administrator.done("POST", f"{path}/complete", {})
    assert done["status"] == "done"
    assert administrator.done("GET", "/admin/tasks?status=open")["items"] == []
