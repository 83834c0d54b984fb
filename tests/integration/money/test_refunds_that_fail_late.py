"""A refund that was done may fail days later: its money is at the gateway, and the client's."""

from tests.factories import open_tasks, operation_of, place
from tests.tills import Till, captured

from billing_hookspecs import Money, OutcomeUnknownError, PaymentFact, RefundPending
from billing_kernel.application.provisioning import run_operation
from billing_kernel.models import Payment, Refund


def told(payment: Payment, refunded: int) -> PaymentFact:
    return captured(payment.reference, Money(1000, "RUB"), refunded=Money(refunded, "RUB"))


def refunded(till: Till, minor: int = 1000) -> tuple[Payment, Refund]:
    """A sold service whose money went back, as the gateway has told."""
    payment = till.sell()
    refund = till.refund(payment, minor)
    till.work()
    till.tell(told(payment, minor))
    return till.payment(payment.id), till.refunded(refund.id)


def test_its_money_is_given_to_the_balance(till: Till) -> None:
    """The card was closed: nobody got the money, the client is owed it, a person is told."""
    payment, refund = refunded(till)
    assert (till.books(), refund.state) == ({}, "done")
    till.tell(told(payment, 0))
    assert till.money == (1000, 0)
    assert till.books() == {"client_balance RUB": 1000, "gateway_clearing RUB": -1000}
    task = open_tasks(till.kernel)[0]
    assert (task.kind, task.payment_id) == ("returned_refund", payment.id)
    assert "on the client's balance" in task.detail


def test_it_is_given_once_however_often_it_is_told(till: Till) -> None:
    """Gateways repeat themselves."""
    payment, _ = refunded(till, 400)
    for _ in range(3):
        till.tell(told(payment, 0))
    assert till.money == (400, 0)
    after = till.payment(payment.id)
    assert (after.refunded_minor, after.returned_minor) == (0, 400)


def test_somebody_tries_again_at_the_gateway(till: Till) -> None:
    """The second refund takes the money from the balance, not from the invoice again."""
    payment, _ = refunded(till)
    for _ in range(2):
        till.tell(told(payment, 0))
        assert till.money == (1000, 0)
        till.tell(told(payment, 1000))
        assert (till.money, till.books()) == ((0, 0), {})


def test_somebody_tries_again_here(till: Till) -> None:
    """The money on the balance is what is left of the payment; the invoice stays credited."""
    payment, _ = refunded(till)
    till.tell(told(payment, 0))
    again = till.refund(payment)
    till.work()
    assert (till.refunded(again.id).state, again.credited_minor) == ("done", 0)
    assert (till.money, till.books()) == ((0, 0), {})


def test_old_news_give_nothing(till: Till) -> None:
    """A notification of before the refund comes late: the gateway is asked and says how it is."""
    payment, _ = refunded(till)
    till.notify(told(payment, 0))
    assert (till.money, till.books()) == ((0, 0), {})


def test_old_news_of_a_gateway_that_is_away_give_nothing_either(till: Till) -> None:
    """What can't be checked now is asked for later; then it counts."""
    payment, _ = refunded(till)
    till.gateway.answers["fetch_payment"] = [OutcomeUnknownError("away")]
    till.tell(told(payment, 0))
    assert till.money == (0, 0)
    till.look_again()
    assert till.money == (1000, 0)


def test_a_gateway_that_cannot_be_asked_is_not_believed_to_take_back(silent: Till) -> None:
    """Its facts come in any order, so a smaller total is an old one."""
    payment, _ = refunded(silent)
    silent.tell(told(payment, 0))
    assert (silent.money, silent.books()) == ((0, 0), {})


def test_a_refund_under_way_is_not_given_twice(till: Till) -> None:
    """The gateway counted it too early: it ends by asking for it, not by what was counted."""
    placed = place(till.kernel, till.shop)
    payment = till.receive(placed.invoice)
    run_operation(till.kernel, operation_of(till.kernel, placed.services[0].id).id)
    till.gateway.answers["refund"] = [RefundPending(60, "back-1")]
    refund = till.refund(payment)
    till.work()
    assert till.refunded(refund.id).state == "pending"
    till.tell(told(payment, 1000))
    till.tell(told(payment, 0))
    assert (till.money, till.payment(payment.id).returned_minor) == ((0, 0), 0)
