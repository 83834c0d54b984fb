"""Invoices that pay by themselves, from what is on the balance and from nothing else."""

from collections.abc import Callable

import pytest
from sqlalchemy import update
from tests.factories import give, invoice_of, money_of
from tests.tills import Till, captured

from billing_hookspecs import Money
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.receiving import assign_receipt
from billing_kernel.application.spending import pay_by_themselves
from billing_kernel.models import Client, Invoice


@pytest.fixture
def willing(till: Till) -> Till:
    """A till whose client lets invoices pay by themselves."""
    switch = update(Client).values(pays_from_balance=True)
    till.kernel.database.run(lambda session: session.execute(switch))
    return till


def status(till: Till, invoice: Invoice) -> str:
    return invoice_of(till.kernel, invoice.id).status


def refund_to_balance(till: Till) -> None:
    payment = till.sell()
    till.refund(payment, 1000, "balance")


def assigned(till: Till) -> None:
    till.tell(captured("who-knows", Money(1000, "RUB")))
    till.kernel.database.run(
        lambda session: assign_receipt(session, till.kernel, 1, till.shop.client.id)
    )


def adjusted(till: Till) -> None:
    till.kernel.database.run(lambda session: give(session, till.shop.owner, Money(1000, "RUB")))


def paid_in_advance(till: Till) -> None:
    till.advance(1000)


@pytest.mark.parametrize("gain", [refund_to_balance, assigned, adjusted, paid_in_advance])
def test_whatever_fills_the_balance_pays(willing: Till, gain: Callable[[Till], None]) -> None:
    """A refund, a correction, money that was found: it pays what is open."""
    invoice = willing.order()
    gain(willing)
    willing.work()
    assert (status(willing, invoice), willing.money) == ("paid", (0, 0))


@pytest.mark.parametrize("gain", [refund_to_balance, assigned, adjusted, paid_in_advance])
def test_nothing_is_paid_for_a_client_who_did_not_ask_for_it(
    till: Till, gain: Callable[[Till], None]
) -> None:
    """The balance is the client's to decide about."""
    invoice = till.order()
    gain(till)
    till.work()
    assert (status(till, invoice), till.money) == ("new", (1000, 0))


def test_money_that_an_order_holds_pays_for_nothing_else(willing: Till) -> None:
    """Held funds are the order's until its service is opened or refused."""
    willing.receive(willing.order())
    waiting = willing.order()
    assert money_of(willing.kernel, willing.shop) == (0, 1000)
    willing.kernel.database.run(
        lambda session: pay_by_themselves(session, willing.kernel, willing.shop.client.id)
    )
    assert (status(willing, waiting), willing.money) == ("new", (0, 1000))


def test_what_somebody_is_paying_is_left_alone(willing: Till) -> None:
    """The payer is at the gateway's page: paying from the balance would pay twice."""
    willing.begin(invoice := willing.order())
    willing.advance(1000)
    assert (status(willing, invoice), willing.money) == ("new", (1000, 0))


def test_several_gains_at_once_pay_each_invoice_once(
    willing: Till, at_once: Callable[..., list[object]]
) -> None:
    """Two payments arrive at the same time for a client with two open invoices."""
    invoices = [willing.order() for _ in range(3)]
    begun = []
    for _ in range(3):
        payment = willing.begin(_advance(willing, 1000))
        fact = captured(payment.reference, Money(1000, "RUB"))
        willing.gateway.known[fact.external_id] = fact
        willing.gateway.letters[payment.reference] = (fact,)
        begun.append(payment.reference)
    answers = at_once([lambda name=name: willing.deliver(name) for name in begun])
    assert answers == [None] * 3
    willing.kernel.database.run(
        lambda session: pay_by_themselves(session, willing.kernel, willing.shop.client.id)
    )
    assert [status(willing, invoice) for invoice in invoices] == ["paid"] * 3
    assert willing.money == (0, 3000)


def _advance(till: Till, minor: int) -> Invoice:
    amount = Money(minor, "RUB")
    return till.kernel.database.run(
        lambda session: invoice_advance(session, till.kernel, till.shop.client.id, amount)
    )


def test_an_advance_payment_is_not_paid_from_the_balance_it_fills(willing: Till) -> None:
    """It would be paid by itself in a circle."""
    invoice = _advance(willing, 500)
    adjusted(willing)
    willing.work()
    assert (status(willing, invoice), willing.money) == ("new", (1000, 0))
