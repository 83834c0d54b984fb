"""Sixty-four requests pay one invoice at the same moment: one of them charges."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from tests.factories import FakeModule, Shop, make_kernel, make_method, place
from tests.tills import FakeGateway, FakePayments

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.models import LedgerEntry, Payment
from billing_kernel.settings import Settings

pytestmark = pytest.mark.on_both

MANY = 64


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def kernel(settings: Settings, module: FakeModule, gateway: FakeGateway) -> Iterator[Kernel]:
    made = make_kernel(settings, module, plugins=(FakePayments(gateway),))
    yield made
    with made.database.reading() as session:
        assert verify_ledger(session).problems == ()
    made.database.close()


@pytest.fixture
def pay_at_once(address: str, client: Any, shop: Shop, kernel: Kernel):
    """Many requests for one invoice; the statuses of their answers, and the answers that paid."""

    def pay(body_of: Callable[[int], dict[str, Any]], key_of: Callable[[int], str]) -> Any:
        invoice = place(kernel, shop).invoice
        barrier = threading.Barrier(MANY)

        def ask(number: int) -> httpx.Response:
            headers = {"Authorization": f"Bearer {client.token}"}
            if key := key_of(number):
                headers["Idempotency-Key"] = key
            with httpx.Client(timeout=120) as http:
                barrier.wait()
                return http.post(
                    f"{address}/invoices/{invoice.id}/payments",
                    json={"pay_with": body_of(number)},
                    headers=headers,
                )

        with ThreadPoolExecutor(MANY) as pool:
            answers = list(pool.map(ask, range(MANY)))
        return invoice, Counter(it.status_code for it in answers), answers

    return pay


def attempts(kernel: Kernel, invoice_id: int) -> tuple[int, int]:
    """How many payments an invoice has, and how often its money was held."""
    with kernel.database.reading() as session:
        mine = select(func.count(Payment.id)).where(Payment.invoice_id == invoice_id)
        holds = select(func.count(LedgerEntry.id)).where(
            LedgerEntry.kind == "hold", LedgerEntry.source_id == invoice_id
        )
        return session.scalar(mine) or 0, session.scalar(holds) or 0


@pytest.mark.slow
def test_one_key_is_one_payment_however_often_it_is_sent(pay_at_once, kernel):
    """An impatient client area repeats the request: everybody gets the same answer."""
    invoice, statuses, answers = pay_at_once(lambda _: {"balance": True}, lambda _: "one")
    assert statuses == {201: MANY}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert attempts(kernel, invoice.id) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("keyed", [True, False])
def test_different_requests_charge_once(pay_at_once, kernel, keyed):
    """Sixty-four windows, each with a key of its own or none: one pays, the rest conflict."""
    invoice, statuses, _ = pay_at_once(
        lambda _: {"balance": True}, lambda number: f"key-{number}" if keyed else ""
    )
    assert statuses == {201: 1, 409: MANY - 1}
    assert attempts(kernel, invoice.id) == (1, 1)


@pytest.mark.slow
def test_two_methods_and_the_balance_charge_once(pay_at_once, kernel, shop, gateway):
    """Whatever way is first; no payment is begun at a gateway beside it."""
    ids = [make_method(kernel, shop, gateway.key).id for _ in range(2)]
    ways = [{"balance": True}, *({"payment_method_id": each} for each in ids)]
    invoice, statuses, _ = pay_at_once(lambda number: ways[number % 3], lambda _: "")
    assert statuses == {201: 1, 409: MANY - 1}
    payments, holds = attempts(kernel, invoice.id)
    begun = {request.reference for request in gateway.calls("start_payment")}
    assert (payments, holds + len(begun)) == (1, 1)
