"""Processes are killed while they take money: none is lost, none is booked or taken twice."""

import signal

import pytest
from sqlalchemy.orm import Session
from tests.factories import invoice_of
from tests.servers.copies import run
from tests.servers.variables import environment
from tests.tills import Till, captured, card, uncaptured

from billing_hookspecs import Money
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.storing import begin_storing
from billing_kernel.application.sweeping import sweep
from billing_kernel.models import Invoice, Payment


def die(till: Till, moment: str, *work: object) -> None:
    """Let another process do the work and be killed at a moment of it."""
    ended = run(
        "tests.dying_till",
        *map(str, work),
        **environment(till.kernel.settings),
        BILLING_CRASH_AT=moment,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def charge(till: Till, invoice: Invoice) -> Payment:
    """An unpaid invoice that a stored card is to pay."""
    place = till.kernel.database.run(
        lambda session: begin_storing(session, till.kernel, till.shop.client.id, till.method)
    )
    till.notify(uncaptured(place.uid, external_id="setup", stored_method=card()))

    def work(session: Session) -> int:
        choice = PayWith(stored_method_id=place.id)
        payment = pay_invoice(session, till.kernel, invoice.id, till.shop.client.id, choice)
        assert payment is not None
        session.flush()
        return payment.id

    return till.payment(till.kernel.database.run(work))


def test_a_notification_whose_booking_dies_is_booked_when_it_comes_again(till: Till) -> None:
    """It wasn't acknowledged, so the gateway repeats it; the first try left nothing behind."""
    payment = till.begin(invoice := till.order())
    die(till, "payment.recorded", "notify", till.method.id, payment.reference, 1000)
    assert (till.money, till.payment(payment.id).captured_minor) == ((0, 0), 0)
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    assert (till.money, invoice_of(till.kernel, invoice.id).status) == ((0, 1000), "paid")


@pytest.mark.parametrize(
    ("moment", "was_taken"),
    [
        ("payment.intended", False),
        ("payment.answered", True),
        ("payment.recorded", True),
    ],
)
def test_a_charge_whose_worker_dies_is_taken_and_booked_once(
    till: Till, moment: str, was_taken: bool
) -> None:
    """Whoever finds it asks the gateway before anything is sent again."""
    payment = charge(till, invoice := till.order())
    die(till, moment, "charge", payment.id)
    assert till.payment(payment.id).state == "unknown"
    if was_taken:
        fact = captured(payment.reference, Money(1000, "RUB"))
        till.gateway.known[fact.external_id] = fact
    till.work()
    assert till.payment(payment.id).state == "done"
    assert len(till.gateway.calls("charge_stored")) == (0 if was_taken else 1)
    assert (till.books()["gateway_clearing RUB"], invoice_of(till.kernel, invoice.id).status) == (
        -1000,
        "paid",
    )


def test_a_refund_whose_message_was_lost_is_sent_all_the_same(till: Till) -> None:
    """The row says that it is due; messages only wake workers."""
    refund = till.refund(till.sell())
    till.lose_messages()
    till.look_again()
    assert till.refunded(refund.id).state == "done"
    assert len(till.gateway.calls("refund")) == 1


def test_a_charge_whose_message_was_lost_is_made_all_the_same(till: Till) -> None:
    """Nobody would ever look at the client's card again."""
    payment = charge(till, till.order())
    till.lose_messages()
    till.look_again()
    assert till.payment(payment.id).state == "done"


def test_a_payment_whose_beginning_was_lost_begins_all_the_same(till: Till) -> None:
    """The process died between the commit and the call that asks where the payer goes on."""

    def work(session: Session) -> int:
        choice = PayWith(payment_method_id=till.method.id)
        payment = pay_invoice(session, till.kernel, invoice.id, till.shop.client.id, choice)
        assert payment is not None
        session.flush()
        return payment.id

    invoice = till.order()
    payment_id = till.kernel.database.run(work)
    till.lose_messages()
    till.look_again()
    assert till.payment(payment_id).redirect_url == "https://gateway.test/pay"


def test_nothing_is_swept_that_somebody_is_at(till: Till) -> None:
    """A second message would do no harm, only work."""
    till.refund(till.sell())
    till.begin(till.order())
    before = len(till.gateway.asked)
    assert sweep(till.kernel) == 0
    assert len(till.gateway.asked) == before
