"""Orders and their money: on the balance, held, earned, or back again."""

import pytest
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    invoice_of,
    let_come_due,
    make_shop,
    money_of,
    open_tasks,
    pay,
    place,
    run_newest,
    service_of,
    switch_modules,
)

from billing_hookspecs import InvalidInputError, Money, UpstreamRefusedError
from billing_kernel.application.entitling import QuantityTooLargeError, ServiceLimitError
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import cancel_order
from billing_kernel.application.paying import InvoiceNotPayableError
from billing_kernel.application.posting import balance_of
from billing_kernel.application.quoting import TariffNotForSaleError
from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.ledger import AccountKey, AccountKind, InsufficientFundsError
from billing_kernel.domain.states import IllegalTransitionError
from billing_kernel.domain.tariffs import PeriodNotSoldError, PriceTerm


def earned(kernel: Kernel, shop: Shop) -> tuple[int, int]:
    """Minor units of revenue, and of tax that is owed."""
    keys = [
        AccountKey(kind, shop.provider.id, shop.provider.currency)
        for kind in (AccountKind.REVENUE, AccountKind.TAX)
    ]
    with kernel.database.reading() as session:
        revenue, tax = (balance_of(session, key).amount_minor for key in keys)
    return revenue, tax


def cancel(kernel: Kernel, shop: Shop, order_id: int) -> str:
    return kernel.database.run(
        lambda session: cancel_order(session, kernel, order_id, shop.client.id).status
    )


def test_money_is_held_until_the_service_is_open_and_earned_then(
    kernel: Kernel, shop: Shop
) -> None:
    """The whole way of an order: nobody earns before anything was delivered."""
    placed = place(kernel, shop)
    service_id = placed.services[0].id
    assert service_of(kernel, service_id).status == "ordered"
    assert money_of(kernel, shop) == (5000, 0)
    pay(kernel, shop, placed.invoice.id)
    assert service_of(kernel, service_id).status == "opening"
    assert money_of(kernel, shop) == (4000, 1000)
    assert run_newest(kernel, service_id).state == "done"
    service = service_of(kernel, service_id)
    assert (service.status, service.upstream_id, service.facts["key"]) == ("active", "up-1", "K-1")
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((4000, 0), (1000, 0))
    assert invoice_of(kernel, placed.invoice.id).status == "paid"


def test_tax_is_owed_from_the_moment_of_earning(kernel: Kernel) -> None:
    """What the client paid beside the price never belongs to the provider."""
    shop = make_shop(kernel, prices=(PriceTerm(1, Money(999, "RUB")),), tax_rate="0.20")
    service_id = buy(kernel, shop).services[0].id
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((3801, 1199), (0, 0))
    run_newest(kernel, service_id)
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((3801, 0), (999, 200))


def test_each_service_of_an_order_is_earned_by_itself(kernel: Kernel, module: FakeModule) -> None:
    """One of two may fail; the client pays for the other one only, setup fees included."""
    shop = make_shop(kernel, setup_fee=Money(300, "RUB"))
    first, second = buy(kernel, shop, quantity=2).services
    assert money_of(kernel, shop) == (2400, 2600)
    run_newest(kernel, first.id)
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((2400, 1300), (1300, 0))
    module.answers.append(UpstreamRefusedError("no_stock"))
    run_newest(kernel, second.id)
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((3700, 0), (1300, 0))


def test_a_refusal_gives_the_money_back_and_tells_a_department(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """A paid order ends active, or with the money back and a person who knows why."""
    module.answers.append(UpstreamRefusedError("no_stock", "sold out"))
    service_id = buy(kernel, shop).services[0].id
    operation = run_newest(kernel, service_id)
    assert (operation.state, operation.reason) == ("refused", "no_stock: sold out")
    assert service_of(kernel, service_id).status == "failed"
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((5000, 0), (0, 0))
    (task,) = open_tasks(kernel)
    assert (task.kind, task.service_id, task.detail) == (
        "refused_operation",
        service_id,
        "no_stock: sold out",
    )


def test_a_balance_that_does_not_cover_it_moves_nothing(kernel: Kernel) -> None:
    """Refused as a whole: no hold, no operation, the invoice stays open."""
    shop = make_shop(kernel, balance_minor=999)
    placed = place(kernel, shop)
    with pytest.raises(InsufficientFundsError):
        pay(kernel, shop, placed.invoice.id)
    assert money_of(kernel, shop) == (999, 0)
    assert invoice_of(kernel, placed.invoice.id).status == "new"
    assert service_of(kernel, placed.services[0].id).status == "ordered"


def test_the_last_kopeck_can_be_spent(kernel: Kernel) -> None:
    """The limit is inclusive."""
    shop = make_shop(kernel, balance_minor=1000)
    buy(kernel, shop)
    assert money_of(kernel, shop) == (0, 1000)


def test_a_paid_invoice_cannot_be_paid_again(kernel: Kernel, shop: Shop) -> None:
    """A second click takes nothing."""
    placed = buy(kernel, shop)
    with pytest.raises(InvoiceNotPayableError):
        pay(kernel, shop, placed.invoice.id)
    assert money_of(kernel, shop) == (4000, 1000)


def test_an_invoice_of_another_client_cannot_be_paid(kernel: Kernel, shop: Shop) -> None:
    """Not even found: its number tells nothing."""
    placed = place(kernel, shop)
    stranger = make_shop(kernel, email="stranger@client.test")
    with pytest.raises(MissingError):
        pay(kernel, stranger, placed.invoice.id)


def test_a_cancelled_order_takes_its_invoice_and_services_along(kernel: Kernel, shop: Shop) -> None:
    """Nothing of it may be paid or opened any more."""
    placed = place(kernel, shop)
    assert cancel(kernel, shop, placed.order.id) == "cancelled"
    assert invoice_of(kernel, placed.invoice.id).status == "cancelled"
    assert service_of(kernel, placed.services[0].id).status == "deleted"
    with pytest.raises(InvoiceNotPayableError):
        pay(kernel, shop, placed.invoice.id)


def test_a_paid_order_cannot_be_cancelled(kernel: Kernel, shop: Shop) -> None:
    """Its money is under way; only its upstream or a person can end it now."""
    placed = buy(kernel, shop)
    with pytest.raises(IllegalTransitionError):
        cancel(kernel, shop, placed.order.id)
    assert money_of(kernel, shop) == (4000, 1000)


def test_an_order_that_costs_nothing_is_opened_without_a_payment(kernel: Kernel) -> None:
    """Free trials need no balance and leave no entry in the books."""
    shop = make_shop(kernel, prices=(PriceTerm(1, Money(0, "RUB")),), balance_minor=0)
    placed = place(kernel, shop)
    assert pay(kernel, shop, placed.invoice.id) == 0
    run_newest(kernel, placed.services[0].id)
    assert service_of(kernel, placed.services[0].id).status == "active"
    assert (money_of(kernel, shop), earned(kernel, shop)) == ((0, 0), (0, 0))


def test_what_is_bought_for_good_never_expires(kernel: Kernel) -> None:
    """Period 0 is paid once."""
    shop = make_shop(kernel, prices=(PriceTerm(0, Money(700, "RUB")),))
    service_id = buy(kernel, shop, period_months=0).services[0].id
    run_newest(kernel, service_id)
    service = service_of(kernel, service_id)
    assert (service.status, service.expires_on) == ("active", None)
    assert earned(kernel, shop) == (700, 0)


def test_limits_for_one_client_count_what_is_not_deleted(kernel: Kernel) -> None:
    """Cancelling makes room again, failing doesn't: a failed service may yet be looked into."""
    shop = make_shop(kernel, services_per_client_max=2)
    placed = place(kernel, shop, quantity=2)
    with pytest.raises(ServiceLimitError):
        place(kernel, shop)
    cancel(kernel, shop, placed.order.id)
    place(kernel, shop)
    with pytest.raises(ServiceLimitError):
        place(kernel, shop, quantity=2)


@pytest.mark.parametrize(
    ("quantity", "error"),
    [
        (0, InvalidInputError),
        (-1, InvalidInputError),
        (6, QuantityTooLargeError),
        (10**9, QuantityTooLargeError),
    ],
)
def test_only_so_many_services_fit_in_one_order(
    kernel: Kernel, shop: Shop, quantity: int, error: type[Exception]
) -> None:
    """Below one is no order, and beyond the plan's limit is a mistake or an attack."""
    with pytest.raises(error):
        place(kernel, shop, quantity=quantity)


def test_what_is_not_for_sale_cannot_be_ordered(kernel: Kernel, shop: Shop) -> None:
    """Unknown periods, unknown plans, and plans that no module provides any more."""
    with pytest.raises(PeriodNotSoldError):
        place(kernel, shop, period_months=7)
    with pytest.raises(MissingError):
        place(kernel, shop, tariff_plan_id=10**12)
    switch_modules(kernel, on=False)
    with pytest.raises(TariffNotForSaleError):
        place(kernel, shop)


def test_what_no_module_could_provide_when_it_was_paid_finds_one_later(kernel: Kernel) -> None:
    """The money stays held until an administrator connects a module again."""
    shop = make_shop(kernel, any_module=True)
    placed = place(kernel, shop)
    switch_modules(kernel, on=False)
    pay(kernel, shop, placed.invoice.id)
    service_id = placed.services[0].id
    assert run_newest(kernel, service_id).state == "queued"
    assert money_of(kernel, shop) == (4000, 1000)
    switch_modules(kernel, on=True)
    let_come_due(kernel, service_id)
    assert run_newest(kernel, service_id).state == "done"
    assert service_of(kernel, service_id).processing_module_id == shop.module_id
