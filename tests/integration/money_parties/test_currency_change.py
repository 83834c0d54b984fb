"""Changing a provider's currency: what is in the way, what isn't, and what comes in between."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.factories import Shop, give, make_client

from billing_hookspecs import Money
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.denominating import CurrencyInUseError, change_currency
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import place_order
from billing_kernel.application.posting import post
from billing_kernel.application.quoting import TariffNotForSaleError
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.ledger import AccountKind, Owner, draft_hold
from billing_kernel.models import (
    Client,
    Invoice,
    LedgerAccount,
    Payment,
    Provider,
    Refund,
)

WAIT_S = 2
"""How long a transaction stays open while another one is expected to wait for it."""


def change(kernel: Kernel, shop: Shop, currency: str = "EUR") -> Provider:
    return kernel.database.run(lambda session: change_currency(session, shop.provider.id, currency))


def order(session: Any, kernel: Kernel, shop: Shop) -> Invoice:
    item = OrderItem(shop.plan.id, 1, {"name": "my thing"})
    return place_order(session, kernel, shop.client.id, item).invoice


def stored(kernel: Kernel, row: Any) -> None:
    kernel.database.run(lambda session: session.add(row))


def payment(shop: Shop, state: str) -> Payment:
    return Payment(
        client_id=shop.client.id,
        provider_id=shop.provider.id,
        reference=f"reference-{state}",
        state=state,
        amount_minor=100,
        currency="RUB",
        captured_minor=100 if state == "done" else 0,
        captured_currency="RUB" if state == "done" else None,
    )


def balances(kernel: Kernel, currency: str) -> dict[int | None, int]:
    """Client → what it has in a currency."""
    with kernel.database.reading() as session:
        rows = session.scalars(
            select(LedgerAccount).where(
                LedgerAccount.currency == currency, LedgerAccount.kind == AccountKind.BALANCE
            )
        )
        return {row.client_id: row.balance_minor for row in rows}


def test_every_client_of_the_provider_gets_one_balance(kernel: Kernel, shop: Shop) -> None:
    """Those who have one in the new currency already, from long ago, keep that one."""

    def prepare(session: Any) -> tuple[Client, Client]:
        rich, poor = (make_client(session, shop.provider, f"{n}@client.test") for n in "ab")
        give(session, Owner(shop.provider.id, rich.id), Money(7, "EUR"), 99)
        other = Provider(
            name="Other",
            currency="RUB",
            time_zone="Europe/Moscow",
            default_country="RU",
            notification_email="ops@other.test",
        )
        session.add(other)
        session.flush()
        make_client(session, other, "elsewhere@client.test")
        return rich, poor

    rich, poor = kernel.database.run(prepare)
    change(kernel, shop)
    assert balances(kernel, "EUR") == {shop.client.id: 0, rich.id: 7, poor.id: 0}
    with kernel.database.reading() as session:
        opened = session.scalars(select(LedgerAccount).where(LedgerAccount.currency == "EUR"))
        assert all(row.guarded for row in opened if row.kind == AccountKind.BALANCE)
        assert verify_ledger(session).problems == ()


@pytest.mark.parametrize("state", ["new", "pending", "unknown"])
def test_an_open_payment_is_in_the_way(kernel: Kernel, shop: Shop, state: str) -> None:
    """Also one whose outcome nobody knows: the money may come."""
    stored(kernel, payment(shop, state))
    with pytest.raises(CurrencyInUseError) as refused:
        change(kernel, shop)
    assert refused.value.reasons == ("payments are under way: 1",)
    assert balances(kernel, "EUR") == {}


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_an_ended_payment_is_not_in_the_way(kernel: Kernel, shop: Shop, state: str) -> None:
    """It is booked, or it will never be."""
    stored(kernel, payment(shop, state))
    assert change(kernel, shop).currency == "EUR"


def test_a_refund_under_way_is_in_the_way(kernel: Kernel, shop: Shop) -> None:
    """If it fails, the money comes back to the balance that it left."""

    def prepare(session: Any) -> None:
        captured = payment(shop, "done")
        session.add(captured)
        session.flush()
        session.add(
            Refund(
                payment_id=captured.id,
                destination="gateway",
                reference="refund",
                state="pending",
                amount_minor=100,
                currency="RUB",
            )
        )

    kernel.database.run(prepare)
    with pytest.raises(CurrencyInUseError, match="refunds are under way: 1"):
        change(kernel, shop)


def test_a_debt_is_in_the_way(kernel: Kernel, shop: Shop) -> None:
    """A balance below zero is an expense that nothing covers yet."""

    def borrow(session: Any) -> None:
        session.execute(update(LedgerAccount).values(credit_limit_minor=10_000))
        give(session, shop.owner, Money(-6000, "RUB"), 98)

    kernel.database.run(borrow)
    with pytest.raises(CurrencyInUseError, match=f"clients owe money: {shop.client.id}"):
        change(kernel, shop)


def test_many_reasons_are_told_at_once_and_named_in_part(kernel: Kernel, shop: Shop) -> None:
    """An administrator clears them in one go; a list of thousands helps nobody."""

    def prepare(session: Any) -> None:
        session.add(payment(shop, "pending"))
        for _ in range(6):
            order(session, kernel, shop)

    kernel.database.run(prepare)
    with pytest.raises(CurrencyInUseError) as refused:
        change(kernel, shop)
    assert refused.value.reasons == (
        "payments are under way: 1",
        "invoices are unpaid: INV-000001, INV-000002, INV-000003, INV-000004, INV-000005, ...",
    )


def test_an_unpaid_advance_is_no_expense(kernel: Kernel, shop: Shop) -> None:
    """Nobody owes it; should it be paid, the money goes to the old balance."""
    kernel.database.run(
        lambda session: invoice_advance(session, kernel, shop.client.id, Money(100, "RUB"))
    )
    assert change(kernel, shop).currency == "EUR"


def test_an_invoice_that_was_paid_in_another_currency_is_found(kernel: Kernel, shop: Shop) -> None:
    """The books would balance in each currency; only the invoice tells that it is wrong."""

    def mix_up(session: Any) -> Invoice:
        invoice = order(session, kernel, shop)
        give(session, shop.owner, Money(1000, "EUR"), 97)
        invoice.status, invoice.paid_at = "paid", kernel.clock.now()
        post(session, draft_hold(shop.owner, invoice.id, Money(1000, "EUR"), "mixed up"))
        return invoice

    invoice = kernel.database.run(mix_up)
    with kernel.database.reading() as session:
        problems = {problem.invariant: problem.ids for problem in verify_ledger(session).problems}
    assert problems["paid_invoices_were_held"] == (invoice.id,)


def at_the_same_time(kernel: Kernel, first: Callable[[Any], Any], second: Callable[[], Any]) -> Any:
    """What ``second`` comes to if it begins after the work of ``first``, before its commit."""
    worked, ended, outcomes = Event(), Event(), []

    def open_transaction(session: Any) -> None:
        first(session)
        worked.set()
        # A second one that doesn't wait for this commit ends meanwhile.
        ended.wait(WAIT_S)

    def run_second() -> None:
        worked.wait()
        try:
            outcomes.append(second())
        except (CurrencyInUseError, TariffNotForSaleError) as error:
            outcomes.append(error)
        ended.set()

    thread = Thread(target=run_second)
    thread.start()
    kernel.database.run(open_transaction)
    thread.join()
    return outcomes[0]


def test_an_order_that_is_being_placed_is_in_the_way(kernel: Kernel, shop: Shop) -> None:
    """The change waits for it and then sees its invoice."""
    outcome = at_the_same_time(
        kernel,
        lambda session: order(session, kernel, shop),
        lambda: change(kernel, shop),
    )
    assert isinstance(outcome, CurrencyInUseError)
    with kernel.database.reading() as session:
        assert session.get_one(Provider, shop.provider.id).currency == "RUB"


def test_an_order_during_the_change_finds_nothing_for_sale(kernel: Kernel, shop: Shop) -> None:
    """It waits for the change and then sees that the price is in a former currency."""
    outcome = at_the_same_time(
        kernel,
        lambda session: change_currency(session, shop.provider.id, "EUR"),
        lambda: kernel.database.run(lambda session: order(session, kernel, shop)),
    )
    assert isinstance(outcome, TariffNotForSaleError)
    with kernel.database.reading() as session:
        assert session.scalars(select(Invoice)).all() == []
