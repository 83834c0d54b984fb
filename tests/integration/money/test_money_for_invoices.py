"""Money that comes by a gateway for invoices: in parts, too much, late, twice, in other coin."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.factories import invoice_of, open_tasks, operation_of, pay
from tests.tills import Till, captured, uncaptured

from billing_hookspecs import Money, PaymentState, UpstreamBusyError, UpstreamRefusedError
from billing_kernel.application.ordering import cancel_order
from billing_kernel.application.paying import cancel_payment
from billing_kernel.models import Event, Invoice, Payment


def news(till: Till, name: str) -> list[dict[str, Any]]:
    with till.kernel.database.reading() as session:
        told = select(Event).where(Event.name == name).order_by(Event.id)
        return [{**event.facts, "client": event.client_id} for event in session.scalars(told)]


def status(till: Till, invoice: Invoice) -> str:
    return invoice_of(till.kernel, invoice.id).status


def test_a_captured_payment_settles_its_invoice(till: Till) -> None:
    """What was asked for came: the money is held, the work begins, nobody has to look."""
    payment = till.receive(invoice := till.order())
    assert (payment.state, payment.settles_invoice, payment.check_at) == ("done", True, None)
    assert (status(till, invoice), till.money, open_tasks(till.kernel)) == ("paid", (0, 1000), [])
    assert operation_of(till.kernel, invoice.lines[0].service_id or 0).state == "queued"
    assert news(till, "PaymentWentToBalance") == []


def test_parts_add_up_to_what_the_invoice_asks_for(till: Till) -> None:
    """The last part settles it with the money of all; each can still be refunded for itself."""
    invoice = till.order()
    first = till.receive(invoice, 300)
    second = till.receive(invoice, 300)
    assert (status(till, invoice), till.money) == ("new", (600, 0))
    last = till.receive(invoice, 400)
    assert (status(till, invoice), till.money) == ("paid", (0, 1000))
    till.work()
    assert all(till.payment(it.id).settles_invoice for it in (first, second, last))
    till.refund(first, 300)
    till.refund(last, 400, "balance")
    till.work()
    assert till.books() == {
        "revenue RUB": 300, "client_balance RUB": 400, "gateway_clearing RUB": -700,
    }  # fmt: skip


def test_a_part_that_was_spent_or_sent_back_does_not_count(till: Till) -> None:
    """Only money that is there can pay."""
    invoice = till.order()
    first = till.receive(invoice, 600)
    till.refund(first, 500)
    till.receive(invoice, 400)
    assert (status(till, invoice), till.money) == ("new", (500, 0))
    till.receive(invoice, 500)
    assert (status(till, invoice), till.money) == ("paid", (0, 1000))
    till.work()


@pytest.mark.parametrize(
    ("amount", "reason", "kept"),
    [
        (Money(999, "RUB"), "too_little", 999),
        (Money(1500, "RUB"), "too_much", 500),
        (Money(1000, "EUR"), "other_currency", 1000),
    ],
)
def test_what_does_not_fit_is_the_clients_and_both_are_told(
    till: Till, amount: Money, reason: str, kept: int
) -> None:
    """The client reads where its money is; a person looks why it came like that."""
    invoice = till.order()
    payment = till.receive(invoice, amount=amount)
    (told,) = news(till, "PaymentWentToBalance")
    assert told == {
        "payment_id": payment.id, "invoice_id": invoice.id, "reason": reason,
        "amount_minor": kept, "currency": amount.currency, "client": till.shop.client.id,
    }  # fmt: skip
    (task,) = open_tasks(till.kernel)
    assert (task.kind, task.payment_id) == ("unexpected_payment", payment.id)
    assert till.books()[f"client_balance {amount.currency}"] == kept
    assert status(till, invoice) == ("paid" if reason == "too_much" else "new")


def test_a_payment_keeps_what_was_asked_for_beside_what_came(till: Till) -> None:
    """10.00 RUB were asked for and 10.00 EUR came: neither may turn into the other."""
    payment = till.receive(till.order(), amount=Money(1000, "EUR"))
    assert (payment.amount_minor, payment.currency) == (1000, "RUB")
    assert payment.captured == Money(1000, "EUR")
    till.refund(payment, 1000)
    till.work()
    assert till.books() == {}


@pytest.mark.parametrize("ending", [PaymentState.FAILED, PaymentState.CANCELLED])
def test_money_that_comes_after_a_failure_still_pays(till: Till, ending: PaymentState) -> None:
    """The gateway said no and changed its mind, or its news overtook each other."""
    payment = till.begin(invoice := till.order())
    till.tell(uncaptured(payment.reference, state=ending, reason="declined"))
    failed = till.payment(payment.id)
    assert (failed.state, failed.facts["reason"], failed.check_at) == ("failed", "declined", None)
    assert news(till, "PaymentFailed")[0]["reason"] == "declined"
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    assert (status(till, invoice), till.payment(payment.id).state) == ("paid", "done")


def test_a_failed_attempt_makes_room_for_another(till: Till) -> None:
    """And should the first one bring money after all, it is the client's."""
    first = till.begin(invoice := till.order())
    till.tell(uncaptured(first.reference, state=PaymentState.FAILED))
    second = till.receive(invoice)
    till.tell(captured(first.reference, Money(1000, "RUB")))
    assert till.payment(second.id).settles_invoice
    assert not till.payment(first.id).settles_invoice
    assert till.money == (1000, 1000)
    assert "which is paid" in open_tasks(till.kernel)[0].detail


def test_money_for_a_cancelled_order_waits_on_the_balance(till: Till) -> None:
    """It was given up here and paid there; nothing is lost and nothing begins."""
    payment = till.begin(invoice := till.order())
    till.kernel.database.run(lambda session: cancel_payment(session, till.kernel, payment.id))
    till.kernel.database.run(
        lambda session: cancel_order(
            session, till.kernel, invoice.order_id or 0, till.shop.client.id
        )
    )
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    assert (till.payment(payment.id).state, till.money) == ("done", (1000, 0))
    assert news(till, "PaymentWentToBalance")[0]["reason"] == "not_open"


def test_an_attempt_that_was_given_up_is_asked_after_once_more(till: Till) -> None:
    """Whoever gives up doesn't know what the payer does at the gateway meanwhile."""
    payment = till.begin(invoice := till.order())
    till.gateway.known[payment.external_id or ""] = captured(payment.reference, Money(1000, "RUB"))
    till.kernel.database.run(lambda session: cancel_payment(session, till.kernel, payment.id))
    assert till.payment(payment.id).check_at is not None
    till.look_again()
    assert (till.payment(payment.id).state, status(till, invoice)) == ("done", "paid")


def test_a_second_try_at_the_gateway_pays_the_same_payment(till: Till) -> None:
    """The first card was declined, the next one worked: one payment of ours, two of theirs."""
    payment = till.begin(invoice := till.order())
    till.notify(uncaptured(payment.reference, external_id="second-try"))
    till.tell(captured(payment.reference, Money(1000, "RUB"), external_id="second-try"))
    assert (till.payment(payment.id).external_id, status(till, invoice)) == ("second-try", "paid")
    till.notify(
        uncaptured(
            payment.reference, external_id=payment.external_id or "", state=PaymentState.FAILED
        )
    )
    assert till.payment(payment.id).state == "done"


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (UpstreamRefusedError("not_allowed"), "failed"),
        (UpstreamBusyError("later"), "new"),
        (TimeoutError("a fault of the driver"), "unknown"),
    ],
)
def test_a_payment_whose_beginning_went_wrong(till: Till, trouble: Exception, state: str) -> None:
    """Refused is over; anything else is begun again under the same reference."""
    till.gateway.answers["start_payment"] = [trouble]
    payment = till.begin(till.order())
    assert payment.state == state
    while till.work(later=True):
        pass
    references = [request.reference for request in till.gateway.calls("start_payment")]
    assert references == [payment.reference] * (1 if state == "failed" else 2)
    assert till.payment(payment.id).state == ("failed" if state == "failed" else "pending")


def test_a_gateway_that_is_away_for_a_day_fails_the_payment(till: Till) -> None:
    """The client must be able to pay in another way; tries are bounded."""
    till.gateway.answers["start_payment"] = [UpstreamBusyError("away")] * 100
    payment = till.begin(invoice := till.order())
    while till.work(later=True):
        pass
    assert till.payment(payment.id).state == "failed"
    till.gateway.answers["start_payment"] = []
    till.receive(invoice)
    assert status(till, invoice) == "paid"


def test_what_the_gateway_took_beyond_the_booked_is_for_a_person(till: Till) -> None:
    """Same payment, other amount: it is flagged, never booked by guessing."""
    payment = till.receive(till.order())
    till.tell(captured(payment.reference, Money(1200, "RUB")))
    (task,) = open_tasks(till.kernel)
    assert "12.00 RUB" in task.detail
    assert till.money == (0, 1000)


def test_a_payment_that_the_gateway_never_heard_of_ends(till: Till) -> None:
    """Its page expired long ago: the invoice must be payable again."""
    payment = till.begin(invoice := till.order())
    till.look_again()
    gone = till.payment(payment.id)
    assert (gone.state, gone.facts["reason"]) == ("failed", "unknown_to_gateway")
    till.receive(invoice)
    assert status(till, invoice) == "paid"


def test_an_attempt_is_asked_after_until_it_ended(till: Till) -> None:
    """A gateway that doesn't answer now is asked later."""
    payment = till.begin(till.order())
    till.gateway.answers["fetch_payment"] = [UpstreamBusyError("later"), RuntimeError("a fault")]
    till.gateway.known[payment.external_id or ""] = uncaptured(payment.reference)
    for _ in range(3):
        till.look_again()
        assert till.payment(payment.id).state == "pending"
    till.gateway.known[payment.external_id or ""] = captured(payment.reference, Money(1000, "RUB"))
    till.look_again()
    assert till.payment(payment.id).state == "done"
    asked = len(till.gateway.calls("fetch_payment"))
    till.look_again()
    assert len(till.gateway.calls("fetch_payment")) == asked


def test_money_is_booked_for_a_client_of_its_own_currency_balance(till: Till) -> None:
    """A payment from the balance afterwards takes it from there."""
    till.advance(1500)
    invoice = till.order()
    pay(till.kernel, till.shop, invoice.id)
    assert till.money == (500, 1000)
    with till.kernel.database.reading() as session:
        settled = select(Payment).where(Payment.invoice_id == invoice.id)
        assert session.scalars(settled).one().payment_method_id is None
