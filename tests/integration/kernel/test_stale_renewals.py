"""The invoice of a renewal that is paid too late: its money is never lost, nor its days wrong."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.factories import (
    Shop,
    invoice_of,
    invoice_renewal,
    make_method,
    money_of,
    open_one,
    open_tasks,
    operation_of,
    pay,
    payment_of,
    run_newest,
    service_of,
)

from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import InvoiceNotPayableError, confirm_payment
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.settling import StaleRenewalError
from billing_kernel.application.spending import spend_balance
from billing_kernel.clock import FixedClock
from billing_kernel.domain.renewals import is_stale
from billing_kernel.models import BilledPeriod, Client, Event

EXPIRY = date(2026, 2, 28)


def go_to(kernel: Kernel, month: int, day: int) -> None:
    assert isinstance(kernel.clock, FixedClock)
    kernel.clock.instant = kernel.clock.instant.replace(month=month, day=day)


def announce(kernel: Kernel, shop: Shop, invoice_id: int) -> int:
    """Begin to pay by transfer; the payment's id."""
    payment_id = pay(kernel, shop, invoice_id, make_method(kernel, shop).id)
    begin_payment(kernel, payment_id)
    return payment_id


def arrive(kernel: Kernel, payment_id: int) -> None:
    kernel.database.run(lambda session: confirm_payment(session, kernel, payment_id))


def reasons(kernel: Kernel) -> list[str]:
    with kernel.database.reading() as session:
        events = session.scalars(select(Event).where(Event.name == "PaymentWentToBalance"))
        return [event.facts["reason"] for event in events]


@pytest.mark.parametrize(
    ("issued", "start", "today", "stale"),
    [
        ((1, 31), (2, 28), (2, 27), False),
        ((1, 31), (2, 28), (2, 28), False),
        ((1, 31), (2, 28), (3, 1), True),
        ((3, 5), (3, 5), (3, 5), False),
        ((3, 5), (3, 5), (3, 6), True),
        ((1, 31), (1, 31), (2, 1), True),
    ],
)
def test_it_can_be_paid_until_another_one_would_be_issued(
    issued: tuple[int, int], start: tuple[int, int], today: tuple[int, int], stale: bool
) -> None:
    """In time, until the service ends; late, on its own day; never once the end has moved."""
    issued_on, start_on, today_on = (date(2026, *each) for each in (issued, start, today))
    assert is_stale(issued_on, start_on, EXPIRY, today_on) is stale


def test_an_invoice_that_is_paid_too_late_is_refused(kernel: Kernel, shop: Shop) -> None:
    """It would bill weeks in which the service was off; renewing anew bills from today."""
    service_id = open_one(kernel, shop)
    early = invoice_renewal(kernel, shop, service_id)
    go_to(kernel, 3, 20)
    for method_id in (None, make_method(kernel, shop).id):
        with pytest.raises(StaleRenewalError, match="renew the service again"):
            pay(kernel, shop, early.id, method_id)
    assert money_of(kernel, shop) == (4000, 0)
    pay(kernel, shop, invoice_renewal(kernel, shop, service_id).id)
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).expires_on == date(2026, 4, 20)
    assert invoice_of(kernel, early.id).status == "cancelled"
    with kernel.database.reading() as session:
        newest = session.scalars(select(BilledPeriod).order_by(BilledPeriod.id.desc())).first()
        assert newest is not None
        assert (newest.start_on, newest.end_on) == (date(2026, 3, 20), date(2026, 4, 20))


def test_it_does_not_pay_by_itself_either(kernel: Kernel, shop: Shop) -> None:
    """Automatic payment leaves the money where it is until the client renews anew."""
    service_id = open_one(kernel, shop)
    invoice = invoice_renewal(kernel, shop, service_id)
    go_to(kernel, 3, 20)

    def switch_on(session: Session) -> None:
        session.get_one(Client, shop.client.id).pays_from_balance = True

    kernel.database.run(switch_on)
    spend_balance(kernel, shop.client.id)
    assert (invoice_of(kernel, invoice.id).status, money_of(kernel, shop)) == ("new", (4000, 0))


def test_money_that_comes_too_late_is_on_the_balance(kernel: Kernel, shop: Shop) -> None:
    """A transfer of before the end arrives after it: the client keeps it and is told why."""
    service_id = open_one(kernel, shop)
    invoice = invoice_renewal(kernel, shop, service_id)
    payment_id = announce(kernel, shop, invoice.id)
    go_to(kernel, 3, 20)
    arrive(kernel, payment_id)
    assert money_of(kernel, shop) == (5000, 0)
    assert service_of(kernel, service_id).expires_on == EXPIRY
    assert reasons(kernel) == ["not_settled"]
    assert "renew the service again" in open_tasks(kernel)[0].detail


def test_a_withdrawn_invoice_takes_its_announced_transfer_along(kernel: Kernel, shop: Shop) -> None:
    """Nobody waits for it any more; should it come all the same, it is on the balance."""
    service_id = open_one(kernel, shop)
    first = invoice_renewal(kernel, shop, service_id)
    payment_id = announce(kernel, shop, first.id)
    second = invoice_renewal(kernel, shop, service_id)
    assert payment_of(kernel, payment_id).state == "cancelled"
    arrive(kernel, payment_id)
    assert (money_of(kernel, shop), reasons(kernel)) == ((5000, 0), ["not_open"])
    with pytest.raises(InvoiceNotPayableError):
        pay(kernel, shop, first.id)
    pay(kernel, shop, second.id)
    run_operation(kernel, operation_of(kernel, service_id).id)
    assert service_of(kernel, service_id).expires_on == date(2026, 3, 31)
