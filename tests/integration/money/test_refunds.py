"""Money that goes back: never more than came, always by an entry, and with a document."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from tests.factories import (
    NOON,
    invoice_of,
    open_tasks,
    operation_of,
    pay,
    place,
    with_plan,
)
from tests.tills import Till, captured

from billing_hookspecs import (
    InvalidInputError,
    Money,
    OutcomeUnknownError,
    RefundPending,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.completing import complete_task
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.registering import Caller, create_administrator
from billing_kernel.domain.ledger import InsufficientFundsError
from billing_kernel.domain.refunds import (
    RefundNotPossibleError,
    RefundTooEarlyError,
    RefundTooLargeError,
)
from billing_kernel.domain.states import IllegalTransitionError
from billing_kernel.models import Event, Invoice, LedgerAccount, LedgerEntry, Refund, Task


def complete(till: Till, task: Task, **facts: Any) -> None:
    def work(session: Session) -> None:
        person = create_administrator(session, "ops@provider.test", "Ops", "-")
        session.flush()
        complete_task(session, till.kernel, task.id, Caller("administrator", person.id, 0), facts)

    till.kernel.database.run(work)


def entries_of(till: Till, refund: Refund) -> list[LedgerEntry]:
    with till.kernel.database.reading() as session:
        return list(
            session.scalars(
                select(LedgerEntry)
                .where(LedgerEntry.source_type == "refund", LedgerEntry.source_id == refund.id)
                .order_by(LedgerEntry.id)
            )
        )


def credit_notes(till: Till) -> list[Invoice]:
    with till.kernel.database.reading() as session:
        notes = select(Invoice).where(Invoice.kind == "credit_note").order_by(Invoice.id)
        return list(session.scalars(notes))


def events(till: Till, name: str) -> list[dict[str, Any]]:
    with till.kernel.database.reading() as session:
        told = select(Event).where(Event.name == name).order_by(Event.id)
        return [event.facts for event in session.scalars(told)]


def test_a_refund_to_the_balance_is_done_at_once(till: Till) -> None:
    """What was earned is the client's again, and a credit note says so."""
    payment = till.sell()
    refund = till.refund(payment, 300, to="balance")
    assert (refund.state, till.money) == ("done", (300, 0))
    (note,) = credit_notes(till)
    assert (note.number, note.total_minor, note.status) == ("CN-000001", -300, "paid")
    assert note.corrects_invoice_id == payment.invoice_id
    assert "not what was expected" in note.lines[0].description
    assert till.books() == {
        "client_balance RUB": 300,
        "revenue RUB": 700,
        "gateway_clearing RUB": -1000,
    }
    assert events(till, "PaymentRefunded") == [
        {"refund_id": refund.id, "payment_id": payment.id, "amount_minor": 300, "currency": "RUB"}
    ]


def test_a_refund_to_the_gateway_is_sent_by_a_worker(till: Till) -> None:
    """The books lose the money when it is asked for; the gateway is asked outside of them."""
    payment = till.sell()
    refund = till.refund(payment, 400)
    assert (refund.state, till.books()["revenue RUB"], credit_notes(till)) == ("new", 600, [])
    till.work()
    sent = till.refunded(refund.id)
    assert (sent.state, sent.external_id) == ("done", f"back-{refund.reference}")
    assert till.gateway.refunds == {refund.reference: Money(400, "RUB")}
    assert till.gateway.calls("refund")[0].payment_external_id == payment.external_id
    assert till.books() == {"revenue RUB": 600, "gateway_clearing RUB": -600}
    assert [note.total_minor for note in credit_notes(till)] == [-400]


def test_what_is_left_is_refunded_if_no_amount_is_named(till: Till) -> None:
    """Parts and the rest add up to all that was captured, and then nothing is left."""
    payment = till.sell()
    till.refund(payment, 1, to="balance")
    rest = till.refund(payment)
    till.work()
    assert rest.amount_minor == 999
    assert till.payment(payment.id).refunded_minor == 1000
    assert till.books() == {"client_balance RUB": 1, "gateway_clearing RUB": -1}
    for to in ("gateway", "balance"):
        with pytest.raises(RefundTooLargeError):
            till.refund(payment, None, to)


@pytest.mark.parametrize("minor", [1001, 0, -1, -1000])
@pytest.mark.parametrize("to", ["gateway", "balance"])
def test_no_refund_exceeds_what_was_captured_or_takes_money(
    till: Till, minor: int, to: str
) -> None:
    """A negative refund would be a charge that nobody agreed to."""
    payment = till.sell()
    with pytest.raises(RefundTooLargeError):
        till.refund(payment, minor, to)
    assert till.books() == {"revenue RUB": 1000, "gateway_clearing RUB": -1000}


@pytest.mark.parametrize("to", ["gateway", "balance"])
def test_sixteen_refunds_at_once_return_what_there_is(
    till: Till, at_once: Callable[..., list[object]], to: str
) -> None:
    """Each asks for a third: three of them fit, whoever comes first."""
    payment = till.sell()
    answers = at_once([lambda: till.refund(payment, 333, to) for _ in range(16)])
    refused = [answer for answer in answers if isinstance(answer, RefundTooLargeError)]
    assert (len(answers) - len(refused), len(refused)) == (3, 13)
    assert till.payment(payment.id).refunded_minor == 999
    till.work()
    assert till.books()["revenue RUB"] == 1


def test_a_refused_refund_is_reversed_and_told(till: Till) -> None:
    """The reversal names what it reverses; the same money can be refunded again."""
    payment = till.sell()
    till.gateway.answers["refund"] = [UpstreamRefusedError("card_closed", "the card is closed")]
    refund = till.refund(payment)
    till.work()
    booked, reversal = entries_of(till, refund)
    assert (reversal.kind, reversal.reverses_entry_id) == ("reversal", booked.id)
    assert till.refunded(refund.id).state == "failed"
    assert till.books() == {"revenue RUB": 1000, "gateway_clearing RUB": -1000}
    (task,) = open_tasks(till.kernel)
    assert (task.kind, task.payment_id) == ("refused_refund", payment.id)
    assert "the card is closed" in task.detail
    assert credit_notes(till) == []
    till.refund(payment, None, "balance")
    assert till.money == (1000, 0)


@pytest.mark.parametrize(
    "trouble",
    [
        UpstreamBusyError("later", 1),
        OutcomeUnknownError("no answer"),
        RefundPending(60, "back-soon"),
        RuntimeError("a fault of the driver"),
    ],
)
def test_a_refund_is_asked_for_again_under_the_same_name(till: Till, trouble: Any) -> None:
    """Only the same reference makes repeating safe: the gateway returns the money once."""
    payment = till.sell()
    till.gateway.answers["refund"] = [trouble]
    refund = till.refund(payment)
    till.work()
    assert till.refunded(refund.id).state in ("new", "unknown", "pending")
    assert till.payment(payment.id).refunded_minor == 1000
    till.work(later=True)
    assert till.refunded(refund.id).state == "done"
    references = {request.reference for request in till.gateway.calls("refund")}
    assert (references, len(till.gateway.calls("refund"))) == ({refund.reference}, 2)


def test_a_refund_that_nobody_can_tell_of_is_for_a_person(till: Till) -> None:
    """It isn't repeated for ever: gateways forget the names of requests after a while."""
    payment = till.sell()
    till.gateway.answers["refund"] = [OutcomeUnknownError("no answer")] * 100
    refund = till.refund(payment)
    till.work()
    while till.work(later=True):
        pass
    (task,) = open_tasks(till.kernel)
    assert task.kind == "unclear_refund"
    with pytest.raises(InvalidInputError, match="outcome"):
        complete(till, task)
    complete(till, task, outcome="done")
    assert till.refunded(refund.id).state == "done"
    assert open_tasks(till.kernel) == []
    assert till.books() == {}


def test_a_refund_by_hand_is_done_when_its_task_is(silent: Till) -> None:
    """A bank transfer goes back by a person; until then it is under way and booked."""
    till = silent
    till.gateway.capabilities = till.gateway.capabilities - {"refund"}  # type: ignore[misc]
    payment = till.sell()
    refund = till.refund(payment, 400)
    till.work()
    assert (refund.state, till.gateway.calls("refund")) == ("pending", [])
    (task,) = open_tasks(till.kernel)
    assert (task.kind, "4.00 RUB" in task.title) == ("manual_refund", True)
    complete(till, task)
    assert till.refunded(refund.id).state == "done"
    assert [note.total_minor for note in credit_notes(till)] == [-400]
    assert open_tasks(till.kernel) == []


def test_a_refund_by_hand_may_turn_out_impossible(silent: Till) -> None:
    """The payee's account is closed: the money stays ours, or the client's."""
    till = silent
    till.gateway.capabilities = till.gateway.capabilities - {"refund"}  # type: ignore[misc]
    payment = till.sell()
    refund = till.refund(payment)
    (task,) = open_tasks(till.kernel)
    complete(till, task, outcome="not_done")
    assert till.refunded(refund.id).state == "failed"
    assert till.books() == {"revenue RUB": 1000, "gateway_clearing RUB": -1000}
    assert [task.kind for task in open_tasks(till.kernel)] == ["refused_refund"]


def test_money_in_advance_goes_back_as_far_as_it_is_unspent(till: Till) -> None:
    """What bought something isn't there any more, and the balance never lends."""
    payment = till.advance(2500)
    pay(till.kernel, till.shop, place(till.kernel, till.shop).invoice.id)
    with pytest.raises(InsufficientFundsError, match=r"15\.00 RUB"):
        till.refund(payment, 1501)
    till.refund(payment, 1500)
    assert till.money == (0, 1000)
    assert credit_notes(till) == []
    till.work()
    with pytest.raises(InsufficientFundsError):
        till.refund(payment, 1)


def test_money_in_advance_is_on_the_balance_already(till: Till) -> None:
    """Refunding it there would double it."""
    payment = till.advance(500)
    with pytest.raises(RefundNotPossibleError):
        till.refund(payment, 500, "balance")
    assert till.money == (500, 0)


def test_a_refund_never_draws_on_credit(till: Till) -> None:
    """A credit limit lets a client order, not carry money away."""
    payment = till.advance(500)
    cheap = with_plan_shop(till, 500)
    pay(till.kernel, cheap, place(till.kernel, cheap).invoice.id)
    limit = update(LedgerAccount).values(credit_limit_minor=10_000)
    till.kernel.database.run(lambda session: session.execute(limit))
    with pytest.raises(InsufficientFundsError):
        till.refund(payment, 1)


def with_plan_shop(till: Till, price_minor: int) -> Any:
    return with_plan(till.kernel, till.shop, price_minor)


def test_a_payment_from_the_balance_returns_to_the_balance_alone(till: Till) -> None:
    """No gateway has it."""
    till.advance(1000)
    invoice = till.order()
    payment_id = pay(till.kernel, till.shop, invoice.id)
    service_id = invoice.lines[0].service_id
    assert service_id
    run_operation(till.kernel, operation_of(till.kernel, service_id).id)
    payment = till.payment(payment_id)
    with pytest.raises(RefundNotPossibleError):
        till.refund(payment, 100)
    till.refund(payment, 100, "balance")
    assert till.money == (100, 0)


@pytest.mark.parametrize("to", ["gateway", "balance"])
def test_money_that_is_held_waits_for_its_service(till: Till, to: str) -> None:
    """Nobody knows yet whether it is earned or goes back by itself."""
    payment = till.receive(till.order())
    with pytest.raises(RefundTooEarlyError):
        till.refund(payment, 1, to)
    assert till.money == (0, 1000)


def test_what_the_upstream_refused_goes_back_from_the_balance(till: Till) -> None:
    """A refused service's money lies on the balance: no revenue is taken back for it."""
    placed = place(till.kernel, till.shop)
    payment = till.receive(placed.invoice)
    module_refuses(till)
    run_operation(till.kernel, operation_of(till.kernel, placed.services[0].id).id)
    assert till.money == (1000, 0)
    with pytest.raises(RefundNotPossibleError):
        till.refund(payment, 1000, "balance")
    till.refund(payment)
    till.work()
    assert (till.books(), credit_notes(till)) == ({}, [])


def module_refuses(till: Till) -> None:
    driver = till.kernel.extensions.processing_modules.find("fake")
    driver.answers.append(UpstreamRefusedError("no"))  # type: ignore[attr-defined]


def test_of_two_services_the_refused_one_is_repaid_and_the_other_credited(till: Till) -> None:
    """One payment, both ends: the refund takes what lies on the balance, then what was earned."""
    placed = place(till.kernel, till.shop, quantity=2)
    payment = till.receive(placed.invoice)
    run_operation(till.kernel, operation_of(till.kernel, placed.services[0].id).id)
    module_refuses(till)
    run_operation(till.kernel, operation_of(till.kernel, placed.services[1].id).id)
    assert (till.money, till.books()["revenue RUB"]) == ((1000, 0), 1000)
    refund = till.refund(payment, 1300)
    till.work()
    assert till.refunded(refund.id).credited_minor == 300
    assert till.books() == {"revenue RUB": 700, "gateway_clearing RUB": -700}
    assert [note.total_minor for note in credit_notes(till)] == [-300]


def test_a_surplus_goes_back_before_what_was_earned(till: Till) -> None:
    """It was never asked for; spent, it isn't in the way of refunding the service."""
    payment = till.receive(invoice := till.order(), 1500)
    service_id = invoice.lines[0].service_id
    assert service_id
    run_operation(till.kernel, operation_of(till.kernel, service_id).id)
    assert till.money == (500, 0)
    first = till.refund(payment, 200)
    assert (first.credited_minor, till.money) == (0, (300, 0))
    pay(till.kernel, dear := with_plan_shop(till, 300), place(till.kernel, dear).invoice.id)
    second = till.refund(payment, 1000)
    assert (second.credited_minor, till.money) == (1000, (0, 300))
    with pytest.raises(InsufficientFundsError):
        till.refund(payment, 1)
    till.work()


def test_credit_notes_have_numbers_of_their_own_without_gaps(till: Till) -> None:
    """Also where a refund between them was refused: it never became a document."""
    payment = till.sell()
    till.refund(payment, 1, "balance")
    till.gateway.answers["refund"] = [UpstreamRefusedError("no")]
    till.refund(payment, 2)
    till.work()
    till.refund(payment, 3, "balance")
    other = till.order()
    numbers = [note.number for note in credit_notes(till)]
    assert (numbers, other.number) == (["CN-000001", "CN-000002"], "INV-000002")


def test_an_ended_refund_stays_as_it_ended(till: Till) -> None:
    """A late answer must neither issue a second document nor take the first one back."""
    from billing_kernel.application.refunding import fail_refund, finish_refund

    payment = till.sell()
    refund = till.refund(payment, 10, "balance")

    def again(ending: Callable[..., None], *more: Any) -> None:
        def work(session: Session) -> None:
            row = session.get_one(Refund, refund.id)
            ending(session, till.kernel, row, till.payment(payment.id), *more)

        till.kernel.database.run(work)

    for ending, more in ((finish_refund, ()), (fail_refund, ("no",))):
        with pytest.raises(IllegalTransitionError):
            again(ending, *more)
    assert len(credit_notes(till)) == 1
    assert NOON.date() == credit_notes(till)[0].issued_on
    assert invoice_of(till.kernel, payment.invoice_id or 0).status == "paid"


def test_a_refund_made_at_the_gateway_is_booked_here(till: Till) -> None:
    """Somebody pressed a button there: the money is gone, and our books must say so."""
    payment = till.sell()
    told = captured(payment.reference, Money(1000, "RUB"), refunded=Money(300, "RUB"))
    for _ in range(2):
        till.tell(told)
    assert till.books() == {"revenue RUB": 700, "gateway_clearing RUB": -700}
    assert [note.total_minor for note in credit_notes(till)] == [-300]
    assert (till.payment(payment.id).refunded_minor, open_tasks(till.kernel)) == (300, [])


def test_our_own_refund_is_not_booked_again_when_the_gateway_tells_of_it(till: Till) -> None:
    """Its notification may overtake its answer."""
    payment = till.sell()
    refund = till.refund(payment, 300)
    till.tell(captured(payment.reference, Money(1000, "RUB"), refunded=Money(300, "RUB")))
    till.work()
    assert till.refunded(refund.id).state == "done"
    assert till.payment(payment.id).refunded_minor == 300


def test_a_refund_at_the_gateway_that_can_not_be_booked_waits_for_a_person(till: Till) -> None:
    """The money is held for a service that is being opened; once that ended, it can be booked."""
    placed = place(till.kernel, till.shop)
    payment = till.receive(placed.invoice)
    till.tell(captured(payment.reference, Money(1000, "RUB"), refunded=Money(1000, "RUB")))
    (task,) = open_tasks(till.kernel)
    assert (task.kind, till.books()["held RUB"]) == ("refund_elsewhere", 1000)
    with pytest.raises(RefundTooEarlyError):
        complete(till, task)
    run_operation(till.kernel, operation_of(till.kernel, placed.services[0].id).id)
    complete(till, task)
    assert (till.books(), open_tasks(till.kernel)) == ({}, [])


def test_a_refund_that_fails_because_it_was_made_elsewhere_is_booked_once(till: Till) -> None:
    """Ours is refused because the money went back there already; the books follow the gateway."""
    payment = till.sell()
    refund = till.refund(payment)
    till.gateway.answers["refund"] = [UpstreamRefusedError("already_refunded")]
    till.tell(captured(payment.reference, Money(1000, "RUB"), refunded=Money(1000, "RUB")))
    till.work()
    assert till.refunded(refund.id).state == "failed"
    assert (till.books(), till.payment(payment.id).refunded_minor) == ({}, 1000)
