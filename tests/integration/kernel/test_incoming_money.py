"""Money that people see arrive: whatever comes is booked, and settles what it can."""

from collections.abc import Callable

import pytest
from sqlalchemy import update
from tests.factories import (
    Shop,
    invoice_of,
    invoice_renewal,
    make_method,
    make_shop,
    money_of,
    open_tasks,
    operation_of,
    pay,
    payment_of,
    place,
    run_newest,
    service_of,
    with_plan,
)

from billing_hookspecs import InvalidInputError, Money, OperationKind
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.closing import act_on_service
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import cancel_order
from billing_kernel.application.paying import (
    InvoiceNotPayableError,
    MethodNotOfferedError,
    NotConfirmableError,
    cancel_payment,
    confirm_payment,
)
from billing_kernel.domain.states import IllegalTransitionError
from billing_kernel.models import Client, Order

Announce = Callable[[int], int]


def confirm(
    kernel: Kernel, payment_id: int, minor: int | None = None, currency: str = "RUB"
) -> None:
    captured = None if minor is None else Money(minor, currency)
    kernel.database.run(lambda session: confirm_payment(session, kernel, payment_id, captured))


def let_pay_from_balance(kernel: Kernel, shop: Shop) -> None:
    switch = update(Client).where(Client.id == shop.client.id).values(pays_from_balance=True)
    kernel.database.run(lambda session: session.execute(switch))


def begin(kernel: Kernel, service_id: int, kind: OperationKind) -> None:
    kernel.database.run(lambda session: act_on_service(session, kernel, service_id, kind))


def ask_in_advance(kernel: Kernel, shop: Shop, minor: int) -> int:
    """The id of an invoice for money to the balance."""
    amount = Money(minor, "RUB")
    return kernel.database.run(
        lambda session: invoice_advance(session, kernel, shop.client.id, amount).id
    )


@pytest.fixture
def poor(kernel: Kernel) -> Shop:
    """A shop whose client has nothing on the balance."""
    return make_shop(kernel, balance_minor=0)


@pytest.fixture
def announce(kernel: Kernel, poor: Shop) -> Announce:
    """Begins to pay an invoice by transfer; the payment's id."""
    method_id = make_method(kernel, poor).id

    def begin(invoice_id: int) -> int:
        payment_id = pay(kernel, poor, invoice_id, method_id)
        begin_payment(kernel, payment_id)
        return payment_id

    return begin


def open_by_transfer(kernel: Kernel, shop: Shop, announce: Announce) -> int:
    placed = place(kernel, shop)
    confirm(kernel, announce(placed.invoice.id))
    run_newest(kernel, placed.services[0].id)
    return placed.services[0].id


def test_a_transfer_pays_its_invoice_when_a_person_sees_it(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """Until then it is only announced: nothing is held, nothing begins."""
    placed = place(kernel, poor)
    payment_id = announce(placed.invoice.id)
    payment = payment_of(kernel, payment_id)
    assert (payment.state, payment.captured_minor) == ("pending", 0)
    assert payment.reference in payment.instructions
    assert money_of(kernel, poor) == (0, 0)
    confirm(kernel, payment_id)
    assert (payment_of(kernel, payment_id).state, money_of(kernel, poor)) == ("done", (0, 1000))
    assert operation_of(kernel, placed.services[0].id).state == "queued"
    assert open_tasks(kernel) == []


def test_a_transfer_is_booked_once(kernel: Kernel, poor: Shop, announce: Announce) -> None:
    """Two administrators look at the same bank statement."""
    payment_id = announce(place(kernel, poor).invoice.id)
    confirm(kernel, payment_id)
    with pytest.raises(NotConfirmableError):
        confirm(kernel, payment_id)
    assert money_of(kernel, poor) == (0, 1000)


@pytest.mark.parametrize(
    ("minor", "currency", "balance", "detail"),
    [
        (999, "RUB", 999, "9.99 RUB came for invoice INV-000001 of 10.00 RUB"),
        (1, "RUB", 1, "0.01 RUB came"),
        (1000, "EUR", 1000, "10.00 EUR came for invoice INV-000001 in RUB"),
    ],
)
def test_money_that_does_not_pay_the_invoice_is_the_clients_and_a_persons_task(
    kernel: Kernel, poor: Shop, announce: Announce,
    minor: int, currency: str, balance: int, detail: str,
) -> None:  # fmt: skip
    """Too little, or another currency: booked as it came, in the balance of its currency."""
    placed = place(kernel, poor)
    confirm(kernel, announce(placed.invoice.id), minor, currency)
    assert money_of(kernel, poor, currency) == (balance, 0)
    assert invoice_of(kernel, placed.invoice.id).status == "new"
    (task,) = open_tasks(kernel)
    assert task.kind == "unexpected_payment"
    assert detail in task.detail


def test_what_is_too_much_stays_on_the_balance(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """The invoice asked for less; the rest is the client's."""
    placed = place(kernel, poor)
    confirm(kernel, announce(placed.invoice.id), 2500)
    assert invoice_of(kernel, placed.invoice.id).status == "paid"
    assert money_of(kernel, poor) == (1500, 1000)


@pytest.mark.parametrize("minor", [0, -5])
def test_no_money_is_no_payment(kernel: Kernel, poor: Shop, announce: Announce, minor: int) -> None:
    """Zero must not be read as "all of it", nor may a negative amount take money away."""
    payment_id = announce(place(kernel, poor).invoice.id)
    with pytest.raises(InvalidInputError):
        confirm(kernel, payment_id, minor)
    assert (payment_of(kernel, payment_id).state, money_of(kernel, poor)) == ("pending", (0, 0))


def test_money_for_a_cancelled_order_is_the_clients(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """The transfer was under way when the client changed its mind."""
    placed = place(kernel, poor)
    payment_id = announce(placed.invoice.id)
    kernel.database.run(
        lambda session: cancel_order(session, kernel, placed.order.id, poor.client.id)
    )
    confirm(kernel, payment_id)
    assert money_of(kernel, poor) == (1000, 0)
    (task,) = open_tasks(kernel)
    assert "which is cancelled" in task.detail


def test_another_way_of_paying_replaces_an_announced_transfer(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """Only one attempt is open; the transfer that comes all the same goes to the balance."""
    placed = place(kernel, poor)
    first = announce(placed.invoice.id)
    second = announce(placed.invoice.id)
    assert payment_of(kernel, first).state == "cancelled"
    confirm(kernel, second)
    assert money_of(kernel, poor) == (0, 1000)
    confirm(kernel, first)
    assert (payment_of(kernel, first).state, money_of(kernel, poor)) == ("done", (1000, 1000))
    (task,) = open_tasks(kernel)
    assert "which is paid" in task.detail


def test_a_given_up_payment_may_still_pay_its_open_invoice(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """An administrator gave it up too early; the client's invoice is settled after all."""
    placed = place(kernel, poor)
    payment_id = announce(placed.invoice.id)
    kernel.database.run(lambda session: cancel_payment(session, kernel, payment_id))
    with pytest.raises(IllegalTransitionError):
        kernel.database.run(lambda session: cancel_payment(session, kernel, payment_id))
    confirm(kernel, payment_id)
    assert invoice_of(kernel, placed.invoice.id).status == "paid"


def test_what_an_administrator_cancelled_cant_be_confirmed(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """Two people must not undo each other's decisions by a click on an old page."""
    placed = place(kernel, poor)
    payment_id = announce(placed.invoice.id)
    kernel.database.run(lambda session: cancel_payment(session, kernel, payment_id, for_good=True))

    with pytest.raises(NotConfirmableError):
        confirm(kernel, payment_id)

    assert payment_of(kernel, payment_id).captured_minor == 0


def test_money_from_the_balance_cannot_be_confirmed(kernel: Kernel, shop: Shop) -> None:
    """It would create money: no bank statement has it."""
    payment_id = pay(kernel, shop, place(kernel, shop).invoice.id)
    with pytest.raises(NotConfirmableError):
        confirm(kernel, payment_id)
    assert money_of(kernel, shop) == (4000, 1000)


def test_an_advance_payment_waits_on_the_balance(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """It is the client's money, spendable once, and can't be paid from what it fills."""
    invoice_id = ask_in_advance(kernel, poor, 1500)
    with pytest.raises(MethodNotOfferedError):
        pay(kernel, poor, invoice_id)
    confirm(kernel, announce(invoice_id))
    assert (invoice_of(kernel, invoice_id).status, money_of(kernel, poor)) == ("paid", (1500, 0))
    placed = place(kernel, poor)
    pay(kernel, poor, placed.invoice.id)
    assert money_of(kernel, poor) == (500, 1000)


def test_a_client_may_let_money_pay_by_itself(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """Oldest invoices first, whatever doesn't fit is skipped, and what costs nothing begins."""
    let_pay_from_balance(kernel, poor)
    dear = place(kernel, poor, quantity=3)
    cheap = place(kernel, poor)
    free = place(kernel, with_plan(kernel, poor, 0))
    confirm(kernel, announce(ask_in_advance(kernel, poor, 1500)))
    statuses = [invoice_of(kernel, order.invoice.id).status for order in (dear, cheap, free)]
    assert statuses == ["new", "paid", "paid"]
    assert money_of(kernel, poor) == (500, 1000)
    with kernel.database.reading() as session:
        assert session.get_one(Order, free.order.id).status == "paid"


def test_money_is_booked_even_where_its_renewal_cannot_begin(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """An operation under way must not make a bank transfer vanish."""
    service_id = open_by_transfer(kernel, poor, announce)
    renewal = invoice_renewal(kernel, poor, service_id)
    payment_id = announce(renewal.id)
    begin(kernel, service_id, OperationKind.SUSPEND)
    confirm(kernel, payment_id)
    assert (money_of(kernel, poor), invoice_of(kernel, renewal.id).status) == ((1000, 0), "new")
    (task,) = open_tasks(kernel)
    assert "can't be settled" in task.detail
    run_newest(kernel, service_id)
    pay(kernel, poor, renewal.id)
    assert money_of(kernel, poor) == (0, 1000)


def test_invoices_that_pay_by_themselves_never_stand_in_the_way_of_money(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """One that can't begin now is skipped; the money that came is booked all the same."""
    service_id = open_by_transfer(kernel, poor, announce)
    renewal = invoice_renewal(kernel, poor, service_id)
    begin(kernel, service_id, OperationKind.SUSPEND)
    let_pay_from_balance(kernel, poor)
    confirm(kernel, announce(ask_in_advance(kernel, poor, 1500)))
    assert (money_of(kernel, poor), invoice_of(kernel, renewal.id).status) == ((1500, 0), "new")


def test_a_deleted_service_is_not_renewed_by_late_money(
    kernel: Kernel, poor: Shop, announce: Announce
) -> None:
    """Deleting withdraws the unpaid renewal; what was transferred for it is the client's."""
    service_id = open_by_transfer(kernel, poor, announce)
    renewal = invoice_renewal(kernel, poor, service_id)
    payment_id = announce(renewal.id)
    begin(kernel, service_id, OperationKind.CLOSE)
    run_newest(kernel, service_id)
    assert service_of(kernel, service_id).status == "deleted"
    assert invoice_of(kernel, renewal.id).status == "cancelled"
    confirm(kernel, payment_id)
    assert money_of(kernel, poor) == (1000, 0)
    with pytest.raises(InvoiceNotPayableError):
        pay(kernel, poor, renewal.id)
