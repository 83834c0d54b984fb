"""A gateway's facts may come twice, late and in any order; the books end up the same."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
from tests.tills import Till, captured, uncaptured

from billing_hookspecs import Money, PaymentFact, PaymentState
from billing_kernel.models import Payment

Life = Callable[[str], list[PaymentFact]]


def rub(minor: int) -> Money:
    return Money(minor, "RUB")


def refunded_and_disputed(reference: str) -> list[PaymentFact]:
    """Five looks at one payment, in the order in which they became true."""
    paid = captured(reference, rub(1000))
    return [
        uncaptured(reference),
        paid,
        replace(paid, refunded=rub(300)),
        replace(paid, refunded=rub(500)),
        replace(paid, refunded=rub(500), disputed=rub(400)),
    ]


def failed_before_it_was_paid(reference: str) -> list[PaymentFact]:
    """The payer needed two tries, and the bank took the money back and gave it again."""
    paid = captured(reference, rub(1000))
    return [
        uncaptured(reference),
        uncaptured(reference, state=PaymentState.FAILED),
        paid,
        replace(paid, disputed=rub(1000)),
        replace(paid, disputed=rub(0)),
    ]


def change(till: Till, before: dict[str, int]) -> dict[str, int]:
    after = till.books()
    changes = {name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after}}
    return {name: minor for name, minor in changes.items() if minor}


def totals(payment: Payment) -> tuple[str, int, int, int]:
    return (payment.state, payment.captured_minor, payment.refunded_minor, payment.disputed_minor)


def live(till: Till, life: Life, order: tuple[int, ...], knows: bool) -> Payment:
    """A service is bought by a payment whose news come in this order, with work in between."""
    payment = till.begin(till.order(quantity=1))
    facts = life(payment.reference)
    if knows:
        till.gateway.known[payment.external_id or ""] = facts[-1]
    for index in order:
        till.notify(facts[index])
        till.work()
    return till.payment(payment.id)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_all_orders_of_what_a_gateway_tells_end_alike(silent: Till, part: int) -> None:
    """A gateway that can't be asked: totals only grow, so the difference is what counts."""
    for order in list(permutations(range(5)))[part::4]:
        before = silent.books()
        payment = live(silent, refunded_and_disputed, order, knows=False)
        assert totals(payment) == ("done", 1000, 500, 400), order
        assert change(silent, before) == {
            "gateway_clearing RUB": -100, "revenue RUB": 500, "disputed RUB": -400,
        }, order  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_all_orders_of_what_a_gateway_can_be_asked_end_alike(till: Till, part: int) -> None:
    """A dispute that was won looks like one that wasn't: the gateway is asked how it is now."""
    for order in list(permutations(range(5)))[part::4]:
        before = till.books()
        payment = live(till, failed_before_it_was_paid, order, knows=True)
        assert totals(payment) == ("done", 1000, 0, 0), order
        assert change(till, before) == {"gateway_clearing RUB": -1000, "revenue RUB": 1000}, order


def test_repeated_facts_move_nothing(silent: Till) -> None:
    """Gateways send each notification again until they are sure that it was heard."""
    payment = live(silent, refunded_and_disputed, (0, 1, 2, 3, 4), knows=False)
    before = silent.books()
    for fact in refunded_and_disputed(payment.reference):
        silent.notify(fact, fact)
    assert (change(silent, before), totals(silent.payment(payment.id))) == ({}, totals(payment))


def test_a_chargeback_is_claimed_from_the_client(till: Till) -> None:
    """The bank took the money from us; what the client has on the balance stays there."""
    payment = till.sell()
    till.tell(captured(payment.reference, rub(1000), disputed=rub(1000)))
    assert till.books() == {"revenue RUB": 1000, "disputed RUB": -1000}
    assert till.payment(payment.id).left == rub(0)


def test_a_dispute_that_changes_its_amount_is_booked_anew(till: Till) -> None:
    """Each entry stays what it was: the old one is reversed and names which."""
    payment = till.sell()
    for minor in (1000, 400, 700, 0, 200):
        till.tell(captured(payment.reference, rub(1000), disputed=rub(minor)))
        assert till.books().get("disputed RUB", 0) == -minor
    assert till.payment(payment.id).disputed_minor == 200


def test_a_dispute_told_late_is_put_right_by_asking_again(till: Till) -> None:
    """The gateway couldn't be asked when old news came; later it can."""
    payment = till.sell()
    now = captured(payment.reference, rub(1000), disputed=rub(0))
    till.gateway.known[now.external_id] = now
    till.gateway.answers["fetch_payment"] = [RuntimeError("away")]
    till.notify(replace(now, disputed=rub(1000)))
    assert till.books()["disputed RUB"] == -1000
    till.look_again()
    assert till.books() == {"revenue RUB": 1000, "gateway_clearing RUB": -1000}
