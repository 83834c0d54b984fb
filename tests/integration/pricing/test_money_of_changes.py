"""What a change gives back: the invoices that it corrects, at the rates that they were taxed by."""

from datetime import date
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.factories import (
    NOON,
    Shop,
    money_of,
    open_one,
    open_tasks,
    pay,
    renew,
    run_newest,
    sell_under,
    service_of,
    with_plan,
)

from billing_hookspecs import Money
from billing_kernel.application.altering import ChangeAddons, ChangeCommand, ask_for_change
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.refunding import BALANCE, RefundPayment, refund_payment
from billing_kernel.application.restoring import return_change
from billing_kernel.clock import FixedClock
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies
from billing_kernel.models import Invoice, Payment, Provider, ServiceChange, TaxRate

REFUNDING = TariffPolicies(
    tariff_change={"policy": "refund_difference"}, addon_cancellation={"policy": "refund"}
)
RISES_ON = date(2026, 2, 10)


@pytest.fixture
def taxed(kernel: Kernel, shop: Shop) -> Shop:
    """2800 for the 28 days of February, taxed by a fifth, and by 22 % from the 10th on."""

    def levy(session: Session) -> None:
        session.get_one(Provider, shop.provider.id).tax = {"policy": "standard"}
        session.add(TaxRate(country="RU", rate="0.20", valid_from=NOON.date()))
        session.add(TaxRate(country="RU", rate="0.22", valid_from=RISES_ON))

    kernel.database.run(levy)
    sell_under(kernel, shop, prices=(PriceTerm(1, Money(2800, "RUB")),), policies=REFUNDING)
    return shop


def it_becomes(kernel: Kernel, day: date) -> None:
    cast(FixedClock, kernel.clock).instant = NOON + (day - NOON.date())


def change(kernel: Kernel, shop: Shop, service_id: int, command: ChangeCommand) -> ServiceChange:
    """Ask for a change, pay it, and let it be made."""

    def ask(session: Session) -> tuple[int, int | None]:
        asked = ask_for_change(session, kernel, service_id, command, shop.client.id)
        return asked.change.id, asked.invoice.id if asked.invoice else None

    change_id, invoice_id = kernel.database.run(ask)
    if invoice_id is not None:
        pay(kernel, shop, invoice_id)
    run_newest(kernel, service_id)
    return_change(kernel, change_id)
    with kernel.database.reading() as session:
        return session.get_one(ServiceChange, change_id)


def gives_back(
    kernel: Kernel, shop: Shop, service_id: int, command: ChangeCommand
) -> tuple[int, int]:
    """What a change was said to return, and what arrived on the balance."""
    before = money_of(kernel, shop)[0]
    made = change(kernel, shop, service_id, command)
    return made.returns_minor, money_of(kernel, shop)[0] - before


def corrections(kernel: Kernel) -> list[tuple[int, list[tuple[int, str, int]]]]:
    """Of each credit note the invoice that it corrects, and its lines: net, rate and tax."""
    with kernel.database.reading() as session:
        notes = session.scalars(
            select(Invoice).where(Invoice.kind == "credit_note").order_by(Invoice.id)
        )
        return [
            (
                note.corrects_invoice_id or 0,
                [(line.net_minor, line.tax_rate, line.tax_minor) for line in note.lines],
            )
            for note in notes
        ]


def invoices(kernel: Kernel) -> list[int]:
    with kernel.database.reading() as session:
        asking = select(Invoice.id).where(Invoice.kind != "credit_note").order_by(Invoice.id)
        return list(session.scalars(asking))


@pytest.mark.parametrize(
    ("gross", "returned", "lines"),
    [
        pytest.param(
            False, 960, [(-700, "0.20", -140), (-100, "0.20", -20)], id="tax-comes-on-top"
        ),
        pytest.param(True, 800, [(-583, "0.20", -117), (-83, "0.20", -17)], id="tax-is-included"),
    ],
)
def test_what_was_paid_returns_with_the_tax_that_it_was_charged_with(
    kernel: Kernel, taxed: Shop, gross: bool, returned: int, lines: list[Any]
) -> None:
    """The rate has risen since: neither the client nor the tax office gets what nobody paid.

    14 of 28 days of a tariff at half the price, and without the 10 GiB at 200 that it lacks.
    """

    def price_gross(session: Session) -> None:
        session.get_one(Provider, taxed.provider.id).prices_include_tax = gross

    kernel.database.run(price_gross)
    service_id = open_one(kernel, taxed, addons={"disk": 20})
    cheaper = with_plan(kernel, taxed, 1400)
    it_becomes(kernel, date(2026, 2, 14))
    command = ChangeTariff(cheaper.plan.id)
    assert gives_back(kernel, taxed, service_id, command) == (returned, returned)
    assert corrections(kernel) == [(invoices(kernel)[0], lines)]


def test_the_invoice_that_bought_the_days_is_corrected(kernel: Kernel, taxed: Shop) -> None:
    """Not the newest one of the service, which bought something else, nor another service's."""
    service_id = open_one(kernel, taxed, addons={"disk": 20})
    change(kernel, taxed, service_id, ChangeAddons({"backup": True}))
    open_one(kernel, taxed, addons={"disk": 20})
    it_becomes(kernel, date(2026, 2, 14))
    less = ChangeAddons({"disk": 10})
    assert gives_back(kernel, taxed, service_id, less) == (120, 120)
    assert corrections(kernel) == [(invoices(kernel)[0], [(-100, "0.20", -20)])]


def test_each_period_that_was_paid_ahead_returns_by_its_own_invoice(
    kernel: Kernel, taxed: Shop
) -> None:
    """February was taxed by a fifth; March was paid after the rate had risen."""
    service_id = open_one(kernel, taxed, addons={"disk": 20})
    it_becomes(kernel, date(2026, 2, 14))
    renew(kernel, taxed, service_id)
    run_newest(kernel, service_id)
    less = ChangeAddons({"disk": 10})
    assert gives_back(kernel, taxed, service_id, less) == (364, 364)
    order, renewal = invoices(kernel)
    assert sorted(corrections(kernel)) == [
        (order, [(-100, "0.20", -20)]),
        (renewal, [(-200, "0.22", -44)]),
    ]


def test_an_older_invoice_of_the_service_steps_in(kernel: Kernel, taxed: Shop) -> None:
    """The renewal that bought the days was given back before; the month before it was not."""
    service_id = open_one(kernel, taxed, addons={"disk": 20})
    it_becomes(kernel, date(2026, 2, 27))
    renew(kernel, taxed, service_id)
    run_newest(kernel, service_id)
    order, renewal = invoices(kernel)
    give_back_all(kernel, renewal)
    it_becomes(kernel, date(2026, 3, 1))
    less = ChangeAddons({"disk": 10})
    assert gives_back(kernel, taxed, service_id, less) == (233, 233)
    assert corrections(kernel)[1:] == [(order, [(-194, "0.20", -39)])]


def test_where_nothing_can_be_credited_a_person_decides(kernel: Kernel, taxed: Shop) -> None:
    """What was paid has gone back already: a task names the amount.

    It isn't taken from another service, nor from what the same change asks 61 for.
    """
    service_id = open_one(kernel, taxed, addons={"disk": 20})
    (order,) = invoices(kernel)
    give_back_all(kernel, order)
    other_id = open_one(kernel, taxed, addons={"disk": 20})
    it_becomes(kernel, date(2026, 2, 14))
    both = ChangeAddons({"disk": 10, "backup": True})
    assert gives_back(kernel, taxed, service_id, both) == (122, -61)
    (task,) = open_tasks(kernel)
    assert (task.kind, task.service_id) == ("unreturned_change", service_id)
    assert "1.22 RUB" in task.detail
    assert len(corrections(kernel)) == 1
    assert service_of(kernel, other_id).addons["disk"] == 20


def give_back_all(kernel: Kernel, invoice_id: int) -> None:
    """An administrator gives all of an invoice back to the balance."""

    def work(session: Session) -> None:
        payment = session.scalars(select(Payment).where(Payment.invoice_id == invoice_id)).one()
        refund_payment(session, kernel, RefundPayment(payment.id, BALANCE, "A bad month"))

    kernel.database.run(work)
