"""One open attempt for an invoice, and one charge, however many try to pay it."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from tests.factories import invoice_of, make_method, pay
from tests.tills import Till, uncaptured

from billing_hookspecs import PaymentState
from billing_kernel.application.withdrawing import PaymentInProgressError
from billing_kernel.models import LedgerEntry, Payment


def open_attempts(till: Till, invoice_id: int) -> int:
    states = ("new", "pending", "unknown")
    with till.kernel.database.reading() as session:
        mine = (Payment.invoice_id == invoice_id, Payment.state.in_(states))
        return session.scalar(select(func.count(Payment.id)).where(*mine)) or 0


def test_no_second_way_of_paying_while_one_is_under_way(till: Till) -> None:
    """The payer may be typing the card number right now; two pages would charge twice."""
    till.begin(invoice := till.order())
    till.advance(5000)
    for again in (lambda: till.begin(invoice), lambda: pay(till.kernel, till.shop, invoice.id)):
        with pytest.raises(PaymentInProgressError):
            again()
    assert open_attempts(till, invoice.id) == 1


def test_an_ended_attempt_makes_room(till: Till) -> None:
    """Its page expired, says the gateway."""
    first = till.begin(invoice := till.order())
    till.tell(uncaptured(first.reference, state=PaymentState.CANCELLED))
    till.receive(invoice)
    assert invoice_of(till.kernel, invoice.id).status == "paid"


def test_sixteen_ways_at_once_begin_one_payment(
    till: Till, at_once: Callable[..., list[object]]
) -> None:
    """Through the gateway, the balance and a second method of it: one of them wins."""
    other = make_method(till.kernel, till.shop, till.gateway.key)
    till.advance(1000)
    invoice = till.order()
    ways: list[Callable[[], object]] = [
        lambda: till.begin(invoice),
        lambda: till.begin(invoice, payment_method_id=other.id),
        lambda: pay(till.kernel, till.shop, invoice.id),
        lambda: till.begin(invoice),
    ]
    answers = at_once(ways * 4)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    with till.kernel.database.reading() as session:
        attempts = select(func.count(Payment.id)).where(Payment.invoice_id == invoice.id)
        holds = select(func.count(LedgerEntry.id)).where(LedgerEntry.kind == "hold")
        assert session.scalar(attempts) == 1
        assert session.scalar(holds) in (0, 1)
