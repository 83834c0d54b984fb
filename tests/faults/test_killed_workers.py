"""Workers are killed with SIGKILL at every step of buying a licence."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.faults.conftest import PRICE_MINOR, Sale

from billing_hookspecs import Money
from billing_kernel.application.ordering import PlacedOrder
from billing_kernel.application.posting import balance_of
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.states import ServiceState

# The first pass is the order, the second the look-up that finds the licence activated.
MOMENTS = [
    f"{point}:{nth}"
    for point in (
        "outbox.claimed",
        "operation.claimed",
        "operation.answered",
        "operation.outcome_written",
        "operation.recorded",
    )
    for nth in (1, 2)
]


@contextmanager
def working(sale: Sale) -> Iterator[None]:
    worker = sale.worker()
    try:
        yield
    finally:
        worker.terminate()
        worker.join(30)


def assert_sold_once(sale: Sale, placed: PlacedOrder) -> None:
    """One licence at the vendor, the client charged once, the books right."""
    service = sale.service(placed)
    assert service.status == ServiceState.ACTIVE
    assert service.facts["license_key"]
    assert len(sale.vendor.licenses) == 1
    with sale.kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()
        assert balance_of(session, sale.owner.balance("EUR")) == Money(9 * PRICE_MINOR, "EUR")
        assert balance_of(session, sale.owner.held("EUR")) == Money(0, "EUR")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_licence_is_bought_once_whenever_the_worker_dies(sale: Sale, moment: str) -> None:
    """Whoever takes over must see what was sent before anything is sent again."""
    placed = sale.order()

    dying = sale.worker(crash_at=moment)
    dying.join(60)
    assert dying.exitcode == -signal.SIGKILL
    with working(sale):
        sale.wait(lambda: sale.service(placed).status != ServiceState.OPENING)

    assert_sold_once(sale, placed)


def test_the_command_of_operators_dies_alike(sale: Sale) -> None:
    """The other workers here begin as copies of a process; this one as in earnest."""
    sale.order()
    dying = sale.worker_by_command(crash_at="outbox.claimed")
    assert dying.wait(60) == -signal.SIGKILL


def test_a_lost_answer_is_found_again_and_adopted(sale: Sale) -> None:
    """The vendor sold the licence and the answer never came: buying again would cost twice."""
    sale.vendor.fail(kind="answer_lost", function="soft.order.param")
    placed = sale.order()

    with working(sale):
        sale.wait(lambda: sale.service(placed).status != ServiceState.OPENING)

    assert_sold_once(sale, placed)
    assert len(sale.vendor.requests("soft.order.param")) == 1


def test_an_order_that_is_worked_on_late_is_not_repeated(sale: Sale) -> None:
    """The vendor acts after our look-up found nothing: only the quiet period prevents a second."""
    sale.vendor.fail(kind="late", function="soft.order.param", delay_s=2)
    placed = sale.order()

    with working(sale):
        sale.wait(lambda: sale.service(placed).status != ServiceState.OPENING)

    assert_sold_once(sale, placed)


def test_an_order_that_never_arrived_is_sent_again(sale: Sale) -> None:
    """The other side of caution: what was surely not done must be done in the end."""
    sale.vendor.fail(kind="dropped", function="soft.order.param")
    placed = sale.order()

    with working(sale):
        sale.wait(lambda: sale.service(placed).status != ServiceState.OPENING)

    assert_sold_once(sale, placed)
    assert len(sale.vendor.requests("soft.order.param")) == 2


def test_a_refusal_returns_the_money(sale: Sale) -> None:
    """A client never pays for what the vendor won't sell."""
    sale.vendor.fail(kind="refused", function="soft.order.param", message="not for you")
    placed = sale.order()

    with working(sale):
        sale.wait(lambda: sale.service(placed).status != ServiceState.OPENING)

    assert sale.service(placed).status == ServiceState.FAILED
    assert sale.vendor.licenses == []
    with sale.kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()
        assert balance_of(session, sale.owner.balance("EUR")) == Money(10 * PRICE_MINOR, "EUR")


def test_two_workers_share_many_orders_without_buying_one_twice(sale: Sale) -> None:
    """Workers are harmless to each other, also when one of them is killed in the middle."""
    orders = [sale.order(f"server-{n}", f"192.0.2.{n}") for n in range(1, 9)]

    dying = sale.worker(crash_at="operation.answered")
    with working(sale):
        dying.join(60)
        sale.wait(
            lambda: all(sale.service(order).status != ServiceState.OPENING for order in orders)
        )

    assert {sale.service(order).status for order in orders} == {ServiceState.ACTIVE}
    assert len(sale.vendor.licenses) == len(orders)
    with sale.kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()
