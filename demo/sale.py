"""The sale: registration, quote, order, transfer, invoice, ledger, provisioning, key."""

from typing import Any

import httpx

from api import Api, heading, money, show
from installation import Installation
from shop import Shop

CLIENT = "client@example.com"
CLIENT_PASSWORD = "my-first-licence-2026"


def sell_a_licence(installation: Installation, administrator: Api, shop: Shop) -> bool:
    heading("A client registers")
    client = Api(installation.address, "client")
    registered = client.post(
        "/clients",
        {
            "name": "Erika Mustermann",
            "email": CLIENT,
            "password": CLIENT_PASSWORD,
            "password_confirmation": CLIENT_PASSWORD,
            "country": "DE",
        },
    )
    client.log_in_with(registered["token"])

    heading("looks at the tariffs and asks for a quote")
    plans = client.get("/tariff-plans?product_type=isp_license")["items"]
    plan = plans[0]
    item = {
        "tariff_plan_id": plan["id"],
        "period_months": 1,
        "parameters": {"name": "my-server", "ip": "192.0.2.10"},
    }
    quote = client.post("/quotes", {"items": [item]})
    show(f"    {plan['name']}: {money(quote['total'])}, to {quote['expires_on']}")
    for line in quote["lines"]:
        for step in line["explanation"]:
            show(f"      because: {step['text']}")

    heading("orders it and pays by bank transfer")
    ordered = client.post(
        "/orders",
        {**item, "pay_with": {"payment_method_id": shop.bank_transfer_id}},
        **{"Idempotency-Key": "demo-order-1"},
    )
    invoice, payment, service = ordered["invoice"], ordered["payment"], ordered["service"]
    show(f"    invoice {invoice['number']}: {money(invoice['total'])}, {invoice['status']}")
    show(f"    service {service['id']} is {service['status']}, payment is {payment['status']}")

    heading("The administrator sees the money on the bank account and confirms it")
    administrator.post(f"/admin/payments/{payment['id']}/confirm")

    heading("A worker buys the licence from the vendor; the client waits for the key")
    service = client.wait_for(
        f"/services/{service['id']}", lambda found: found["status"] not in ("ordered", "opening")
    )
    show(f"    service {service['id']} is {service['status']} until {service['expires_on']}")
    show(f"    licence key: {service['upstream'].get('license_key')}", 1)
    _show_vendor(installation)
    books_agree = _show_books(client, administrator, invoice["id"])
    sold = service["status"] == "active" and bool(service["upstream"].get("license_key"))
    heading("Sold, and the books agree" if sold and books_agree else "SOMETHING IS WRONG")
    return sold and books_agree


def _show_vendor(installation: Installation) -> None:
    state = httpx.get(f"{_origin(installation.vendor_url)}/_simulator/state").json()
    show(f"    the vendor has sold: {_licences(state)}")


def _licences(state: Any) -> str:
    licences = state.get("licenses") or state.get("licences") or []
    return f"{len(licences)} licence(s)"


def _origin(url: str) -> str:
    return str(httpx.URL(url).copy_with(path="/")).rstrip("/")


def _show_books(client: Api, administrator: Api, invoice_id: int) -> bool:
    heading("The invoice")
    invoice = client.get(f"/invoices/{invoice_id}")
    show(f"    {invoice['number']} of {invoice['issued_on']}: {invoice['status']}")
    for line in invoice["lines"]:
        show(f"      {line['description']:<40} {money(line['total']):>12}")
    heading("The ledger")
    entries = administrator.get("/admin/ledger/entries")["items"]
    total = 0
    for entry in sorted(entries, key=lambda entry: entry["id"]):
        show(f"    {entry['kind']} for {entry['source']['type']} {entry['source']['id']}")
        for posting in entry["postings"]:
            total += posting["amount"]["amount_minor"]
            show(f"      {posting['ledger_account']:<20} {money(posting['amount']):>12}")
    show(f"    all postings together: {total}")
    verdict = administrator.get("/admin/ledger/verify")
    for problem in verdict["problems"]:
        show(f"    {problem['invariant']}: {problem['detail']}", 31)
    return bool(verdict["ok"]) and total == 0 and invoice["status"] == "paid"
