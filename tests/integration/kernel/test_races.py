"""Real threads at the same moment: one of them wins, and the money is never in doubt."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from sqlalchemy import select
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    invoice_of,
    invoice_renewal,
    make_client,
    make_method,
    make_shop,
    money_of,
    open_one,
    operation_of,
    pay,
    payment_of,
    place,
    renew,
    run_newest,
    service_of,
)

from billing_hookspecs import BillingError
from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import cancel_order
from billing_kernel.application.paying import confirm_payment
from billing_kernel.application.provisioning import run_operation
from billing_kernel.models import Invoice, Operation

AtOnce = Callable[[list[Callable[[], object]]], list[object]]

ROUNDS = 4


def kinds(results: list[object]) -> Counter[str]:
    """How many went well, and how many were refused with which error."""
    return Counter(
        type(result).__name__ if isinstance(result, BillingError) else "done" for result in results
    )


def test_sixty_four_clicks_on_pay_charge_once(kernel: Kernel, shop: Shop, at_once: AtOnce) -> None:
    """Impatient people, browsers that repeat, two tabs."""
    invoice_id = place(kernel, shop).invoice.id
    results = at_once([partial(pay, kernel, shop, invoice_id)] * 64)
    assert kinds(results) == {"done": 1, "InvoiceNotPayableError": 63}
    assert money_of(kernel, shop) == (4000, 1000)


def test_sixteen_orders_never_spend_more_than_there_is(
    kernel: Kernel, shop: Shop, at_once: AtOnce
) -> None:
    """The sum of what was accepted is what was there, to the last kopeck."""
    invoices = [place(kernel, shop).invoice.id for _ in range(16)]
    results = at_once([partial(pay, kernel, shop, invoice_id) for invoice_id in invoices])
    assert kinds(results) == {"done": 5, "InsufficientFundsError": 11}
    assert money_of(kernel, shop) == (0, 5000)
    paid = [number for number in invoices if invoice_of(kernel, number).status == "paid"]
    assert len(paid) == 5


def test_sixteen_orders_never_exceed_a_clients_limit(kernel: Kernel, at_once: AtOnce) -> None:
    """Counting and ordering are one step."""
    shop = make_shop(kernel, services_per_client_max=3)
    results = at_once([partial(place, kernel, shop)] * 16)
    assert kinds(results) == {"done": 3, "ServiceLimitError": 13}


def test_numbers_of_invoices_have_no_gaps_whoever_orders_at_once(
    kernel: Kernel, shop: Shop, at_once: AtOnce
) -> None:
    """Refused orders in between use none up."""

    def broke(_number: int) -> object:
        return pay(kernel, shop, 10**9)

    def another_client(number: int) -> object:
        email = f"client{number}@client.test"
        client = kernel.database.run(lambda session: make_client(session, shop.provider, email))
        return place(kernel, Shop(shop.provider, shop.plan, client, shop.module_id))

    at_once([partial((broke, another_client)[n % 2], n) for n in range(16)])
    with kernel.database.reading() as session:
        numbers = session.scalars(select(Invoice.series_number).order_by(Invoice.series_number))
        assert list(numbers) == list(range(1, 9))


def test_an_order_is_either_paid_or_cancelled(kernel: Kernel, shop: Shop, at_once: AtOnce) -> None:
    """Never both: its money would be held for nothing."""
    paid = 0
    for _ in range(ROUNDS):
        placed = place(kernel, shop)
        cancel = partial(cancel_order, kernel=kernel, order_id=placed.order.id)
        results = at_once(
            [
                partial(pay, kernel, shop, placed.invoice.id),
                lambda cancel=cancel: kernel.database.run(  # type: ignore[misc]
                    lambda session: cancel(session, client_id=shop.client.id)
                ),
            ]
        )
        status = invoice_of(kernel, placed.invoice.id).status
        service = service_of(kernel, placed.services[0].id).status
        assert (status, service) in (("paid", "opening"), ("cancelled", "deleted"))
        assert sum(isinstance(result, BillingError) for result in results) == 1
        paid += status == "paid"
    assert money_of(kernel, shop) == (5000 - 1000 * paid, 1000 * paid)


def test_many_workers_at_one_operation_call_its_driver_once(
    kernel: Kernel, shop: Shop, module: FakeModule, at_once: AtOnce
) -> None:
    """Messages may come twice, and a sweeper may put another."""
    service_ids = [buy(kernel, shop).services[0].id for _ in range(3)]
    operations = [operation_of(kernel, service_id).id for service_id in service_ids]
    at_once([partial(run_operation, kernel, operation) for operation in operations * 4])
    assert module.calls == ["open_service"] * 3
    assert sorted(request.service.id for _, request in module.asked) == service_ids
    assert [service_of(kernel, each).status for each in service_ids] == ["active"] * 3
    assert money_of(kernel, shop) == (2000, 0)


def test_a_transfer_that_many_see_is_booked_once(kernel: Kernel, at_once: AtOnce) -> None:
    """Two administrators and an import of the bank statement."""
    shop = make_shop(kernel, balance_minor=0)
    payment_id = pay(kernel, shop, place(kernel, shop).invoice.id, make_method(kernel, shop).id)
    begin_payment(kernel, payment_id)
    confirm = partial(confirm_payment, kernel=kernel, payment_id=payment_id)
    results = at_once([lambda: kernel.database.run(lambda session: confirm(session))] * 8)
    assert kinds(results) == {"done": 1, "NotConfirmableError": 7}
    assert money_of(kernel, shop) == (0, 1000)


def test_a_transfer_that_meets_a_payment_from_the_balance_loses_no_money(
    kernel: Kernel, shop: Shop, at_once: AtOnce
) -> None:
    """One of them pays the invoice; what came through the bank is the client's in any case."""
    method_id = make_method(kernel, shop).id
    for number in range(1, ROUNDS + 1):
        placed = place(kernel, shop)
        payment_id = pay(kernel, shop, placed.invoice.id, method_id)
        begin_payment(kernel, payment_id)
        confirm = partial(confirm_payment, kernel=kernel, payment_id=payment_id)
        at_once(
            [
                partial(pay, kernel, shop, placed.invoice.id),
                lambda confirm=confirm: kernel.database.run(lambda session: confirm(session)),  # type: ignore[misc]
            ]
        )
        assert payment_of(kernel, payment_id).state == "done"
        assert money_of(kernel, shop) == (5000, 1000 * number)


def test_many_renewals_at_once_buy_one_period(kernel: Kernel, shop: Shop, at_once: AtOnce) -> None:
    """A client and the nightly run renew the same service."""
    service_id = open_one(kernel, shop)
    results = at_once([partial(renew, kernel, shop, service_id)] * 8)
    assert kinds(results)["done"] == 1
    assert money_of(kernel, shop) == (3000, 1000)
    run_newest(kernel, service_id)
    assert str(service_of(kernel, service_id).expires_on) == "2026-03-31"
    with kernel.database.reading() as session:
        renewals = session.scalars(select(Operation.state).where(Operation.kind == "renew"))
        assert list(renewals) == ["done"]


def test_a_renewal_that_meets_another_invoice_for_it_is_paid_once(
    kernel: Kernel, shop: Shop, at_once: AtOnce
) -> None:
    """A new invoice withdraws the old one just when somebody pays it."""
    service_id = open_one(kernel, shop)
    for number in range(ROUNDS - 1):
        old = invoice_renewal(kernel, shop, service_id)
        results = at_once(
            [
                partial(pay, kernel, shop, old.id),
                partial(invoice_renewal, kernel, shop, service_id),
            ]
        )
        if kinds(results[:1])["done"]:
            run_newest(kernel, service_id)
        held = money_of(kernel, shop)
        assert held[1] == 0, number
        assert (invoice_of(kernel, old.id).status == "paid") is bool(kinds(results[:1])["done"])
