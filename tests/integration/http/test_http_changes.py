"""Changing running services over HTTP: previewed, paid, made upstream, given back, refused."""

from datetime import date

import pytest
from sqlalchemy import select
from tests.addons import ADDONS
from tests.factories import (
    let_pass,
    money_of,
    open_one,
    operation_of,
    run_newest,
    sell_under,
    service_of,
    with_plan,
)

from billing_hookspecs import Done, Money, OutcomeUnknownError, UpstreamRefusedError
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.restoring import return_change
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies
from billing_kernel.models import BilledPeriod, Invoice, ServiceChange

BALANCE = {"pay_with": {"balance": True}}


@pytest.fixture(autouse=True)
def the_books_are_right(kernel):
    yield
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()


@pytest.fixture
def service_id(kernel, shop) -> int:
    """A service at 2800 for the 28 days until February 28th, with 10 GiB more at 200."""
    prices = (PriceTerm(1, Money(2800, "RUB")), PriceTerm(3, Money(8400, "RUB")))
    sell_under(kernel, shop, prices=prices, addons=ADDONS)
    return open_one(kernel, shop, addons={"disk": 20})


def last_change(kernel) -> ServiceChange:
    with kernel.database.reading() as session:
        return session.scalars(select(ServiceChange).order_by(ServiceChange.id.desc())).first()


def test_a_preview_says_the_price_and_does_nothing(kernel, client, service_id) -> None:
    """AT-51: 10 GiB more for the whole period that is left."""
    answer = client.done(
        "POST", f"/services/{service_id}/change-addons?preview=true", {"addons": {"disk": 30}}
    )
    assert answer["quote"]["total"]["amount_minor"] == 200
    assert answer["expires_on"] == "2026-02-28"
    assert last_change(kernel) is None
    assert service_of(kernel, service_id).addons["disk"] == 20


def test_more_disk_is_paid_then_made_then_true(kernel, shop, module, client, service_id) -> None:
    """AT-51: the service has its new disk only once the upstream has said so."""
    path = f"/services/{service_id}/change-addons"
    answer = client.done("POST", path, {"addons": {"disk": 30}, **BALANCE})
    assert answer["invoice"]["kind"] == "change"
    assert answer["invoice"]["status"] == "paid"
    assert answer["change"]["state"] == "begun"
    assert answer["service"]["operation"]["kind"] == "change"
    assert money_of(kernel, shop) == (1800, 200)
    assert service_of(kernel, service_id).addons["disk"] == 20
    run_newest(kernel, service_id)
    name, request = module.asked[-1]
    assert name == "change_service"
    assert (request.before.resources["disk"], request.service.resources["disk"]) == (20, 30)
    assert service_of(kernel, service_id).addons["disk"] == 30
    assert money_of(kernel, shop) == (1800, 0)
    assert client.done("GET", f"/services/{service_id}")["addons"]["disk"] == 30


def test_a_refused_change_leaves_the_service_and_returns_the_money(
    kernel, shop, module, client, service_id
) -> None:
    """The price rolls back with the change."""
    module.answers.append(UpstreamRefusedError("no_space", "The disk is full."))
    path = f"/services/{service_id}/change-addons"
    client.done("POST", path, {"addons": {"disk": 30}, **BALANCE})
    run_newest(kernel, service_id)
    assert money_of(kernel, shop) == (2000, 0)
    service = service_of(kernel, service_id)
    assert (service.status, service.addons["disk"]) == ("active", 20)
    assert last_change(kernel).state == "refused"


def test_what_becomes_cheaper_returns_once_it_is_done(kernel, shop, client, service_id) -> None:
    """A cheaper tariff without disk: the difference and the disk's money, by credit note."""
    plan_id = with_plan(kernel, shop, 1400).plan.id
    path = f"/services/{service_id}/change-tariff"
    answer = client.done("POST", path, {"tariff_plan_id": plan_id, **BALANCE})
    assert "invoice" not in answer
    assert answer["change"]["returns"]["amount_minor"] == 1400 + 200
    assert money_of(kernel, shop) == (2000, 0)
    run_newest(kernel, service_id)
    return_change(kernel, answer["change"]["id"])
    return_change(kernel, answer["change"]["id"])
    assert money_of(kernel, shop) == (3600, 0)
    assert service_of(kernel, service_id).tariff_plan_id == plan_id
    with kernel.database.reading() as session:
        [note] = session.scalars(select(Invoice).where(Invoice.kind == "credit_note"))
        assert note.total_minor == -1600


def test_an_upgrade_is_renewed_at_its_own_price(kernel, shop, client, service_id) -> None:
    """The new tariff's terms hold from the change on."""
    plan_id = with_plan(kernel, shop, 3000).plan.id
    path = f"/services/{service_id}/change-tariff"
    answer = client.done("POST", path, {"tariff_plan_id": plan_id, **BALANCE})
    assert answer["invoice"]["total"]["amount_minor"] == 200
    run_newest(kernel, service_id)
    return_change(kernel, answer["change"]["id"])
    item = {"kind": "renewal", "service_id": service_id, "period_months": 1}
    quote = client.done("POST", "/quotes", {"items": [item]})
    assert quote["total"]["amount_minor"] == 3000
    assert quote["expires_on"] == "2026-03-31"


def test_a_shorter_period_can_be_renewed_without_overlap(kernel, shop, client) -> None:
    """AT-37: what was charged beyond the nearer expiry is charged no more."""
    policies = TariffPolicies(tariff_change={"policy": "change_period"})
    prices = (PriceTerm(1, Money(2800, "RUB")),)
    sell_under(kernel, shop, prices=prices, policies=policies)
    service_id = open_one(kernel, shop)
    plan_id = with_plan(kernel, shop, 5600).plan.id
    path = f"/services/{service_id}/change-tariff"
    client.done("POST", path, {"tariff_plan_id": plan_id, **BALANCE})
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).expires_on == date(2026, 2, 14)
    with kernel.database.reading() as session:
        days = session.scalars(select(BilledPeriod).where(~BilledPeriod.reversed)).all()
        assert {day.end_on for day in days} == {date(2026, 2, 14)}


def test_an_unpaid_change_gives_way_to_the_next(kernel, shop, client, administrator, service_id):
    """Asking again withdraws what was asked before; the old invoice can't be paid."""
    method = administrator.done(
        "POST",
        "/admin/payment-methods",
        {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [shop.provider.id]},
    )
    path = f"/services/{service_id}/change-addons"
    cash = {"pay_with": {"payment_method_id": method["id"]}}
    first = client.done("POST", path, {"addons": {"disk": 30}, **cash})
    second = client.done("POST", path, {"addons": {"disk": 40}, **BALANCE})
    assert second["invoice"]["total"]["amount_minor"] == 400
    old = client.done("GET", f"/invoices/{first['invoice']['id']}")
    assert old["status"] == "cancelled"


def test_a_change_of_what_is_no_more_so_is_not_paid(
    kernel, shop, client, administrator, service_id
) -> None:
    """Renewed meanwhile, the service is another one than the change was priced for."""
    method = administrator.done(
        "POST",
        "/admin/payment-methods",
        {"name": {"en": "Cash"}, "driver": "manual", "provider_ids": [shop.provider.id]},
    )
    client.done(
        "POST",
        f"/services/{service_id}/change-addons",
        {"addons": {"disk": 20, "backup": True}, "pay_with": {"payment_method_id": method["id"]}},
    )
    invoice_id = last_change(kernel).invoice_id
    administrator.done(
        "POST",
        f"/admin/clients/{shop.client.id}/adjustments",
        {"amount": {"amount_minor": 9000, "currency": "RUB"}, "reason": "gift"},
    )
    client.done("POST", f"/services/{service_id}/renew", {"period_months": 1, **BALANCE})
    run_operation(kernel, operation_of(kernel, service_id).id)
    refused = client.post(f"/invoices/{invoice_id}/payments", BALANCE)
    assert (refused.status_code, refused.json()["code"]) == (409, "invoice.change_stale")
    [payment] = [
        each for each in client.done("GET", "/payments")["items"] if each["status"] == "pending"
    ]
    before = money_of(kernel, shop)
    administrator.done("POST", f"/admin/payments/{payment['id']}/confirm", {})
    assert money_of(kernel, shop) == (before[0] + 100, 0)


def test_a_change_during_an_operation_waits(client, service_id) -> None:
    """One operation on a service at a time."""
    path = f"/services/{service_id}/change-addons"
    client.done("POST", path, {"addons": {"disk": 30}, **BALANCE})
    refused = client.post(path, {"addons": {"disk": 40}, **BALANCE})
    assert (refused.status_code, refused.json()["code"]) == (409, "service.operation_in_progress")


def test_too_many_changes_of_one_period_are_refused_before_they_begin(
    kernel, client, service_id
) -> None:
    """Found out only after the upstream had made it, the change could never be finished."""

    def fill(session) -> None:
        session.add_all(
            BilledPeriod(
                service_id=service_id,
                line_no=number,
                kind="change",
                start_on=date(2026, 1, 31),
                end_on=date(2026, 2, 28),
                amount_minor=0,
                currency="RUB",
            )
            for number in range(128, 256)
        )

    kernel.database.run(fill)
    path = f"/services/{service_id}/change-addons"
    refused = client.post(path, {"addons": {"disk": 30}, **BALANCE})
    assert (refused.status_code, refused.json()["code"]) == (422, "tariff_change.too_many")
    assert last_change(kernel) is None


def test_how_to_pay_must_be_said(client, service_id) -> None:
    """A change isn't bought by leaving something out."""
    refused = client.post(f"/services/{service_id}/change-addons", {"addons": {"disk": 30}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/pay_with"


def test_administrators_change_services_of_clients(
    kernel, administrator, stranger, service_id
) -> None:
    """From the client's balance; strangers see no service at all."""
    path = f"/services/{service_id}/change-addons"
    assert stranger.post(path, {"addons": {"disk": 30}, **BALANCE}).status_code == 404
    preview = administrator.done("POST", f"/admin{path}?preview=true", {"addons": {"disk": 30}})
    assert preview["quote"]["total"]["amount_minor"] == 200
    administrator.done("POST", f"/admin{path}", {"addons": {"disk": 30}, **BALANCE})
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).addons["disk"] == 30


def test_a_lost_answer_is_looked_up_not_sent_again(kernel, module, client, service_id) -> None:
    """A change is as safe as any operation: unknown means asking, not repeating."""
    module.answers += [OutcomeUnknownError("lost"), Done()]
    path = f"/services/{service_id}/change-addons"
    client.done("POST", path, {"addons": {"disk": 30}, **BALANCE})
    run_newest(kernel, service_id)
    let_pass(kernel, 3600)
    run_newest(kernel, service_id)
    assert module.calls[-2:] == ["change_service", "find_operation"]
    assert service_of(kernel, service_id).addons["disk"] == 30
