"""Cards and wallets that a gateway keeps: whose they are, and when they are charged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from tests.factories import invoice_of, make_client, make_method, open_tasks, place
from tests.tills import Till, captured, card, uncaptured

from billing_hookspecs import (
    Money,
    OutcomeUnknownError,
    PaymentState,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.charging import charge_stored
from billing_kernel.application.paying import (
    MethodNotOfferedError,
    PayWith,
    cancel_payment,
    pay_invoice,
)
from billing_kernel.application.storing import (
    NotChargeableError,
    NotStorableError,
    begin_storing,
    forget_stored,
    open_storing,
)
from billing_kernel.application.withdrawing import PaymentInProgressError
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import Client, Invoice, Payment, PaymentMethod, StoredMethod


def stored(till: Till) -> list[StoredMethod]:
    with till.kernel.database.reading() as session:
        return list(session.scalars(select(StoredMethod).order_by(StoredMethod.id)))


def place_for_card(till: Till, method: PaymentMethod | None = None) -> StoredMethod:
    return till.kernel.database.run(
        lambda session: begin_storing(
            session, till.kernel, till.shop.client.id, method or till.method
        )
    )


def forget(till: Till, stored_id: int, client_id: int | None = None) -> None:
    owner = client_id or till.shop.client.id
    till.kernel.database.run(lambda session: forget_stored(session, till.kernel, stored_id, owner))


@pytest.fixture
def card_id(till: Till) -> int:
    """A card that the client has stored by itself."""
    place = place_for_card(till)
    till.notify(uncaptured(place.uid, external_id="setup", stored_method=card()))
    return place.id


def charge(till: Till, invoice: Invoice, card_id: int, client_id: int | None = None) -> Payment:
    choice = PayWith(stored_method_id=card_id)
    owner = client_id or till.shop.client.id

    def work(session: Session) -> int:
        payment = pay_invoice(session, till.kernel, invoice.id, owner, choice)
        assert payment is not None
        session.flush()
        return payment.id

    return till.payment(till.kernel.database.run(work))


def test_a_card_is_stored_by_itself(till: Till) -> None:
    """The client goes to the gateway's page; the token comes by a notification, sealed."""
    place = place_for_card(till)
    assert open_storing(till.kernel, place.id, "https://shop.test") == "https://gateway.test/card"
    (request,) = till.gateway.calls("store_method")
    assert (request.reference, request.amount) == (place.uid, Money(0, "RUB"))
    assert request.payer is not None
    assert stored(till)[0].sealed_token is None
    till.notify(uncaptured(place.uid, external_id="setup", stored_method=card()))
    (row,) = stored(till)
    assert (row.title, row.expires_on) == ("Card 4242", "2030-12")
    assert b"token-4242" not in (row.sealed_token or b"")
    assert open_tasks(till.kernel) == []


@pytest.mark.parametrize("agreed", [True, False])
def test_a_card_is_stored_with_a_payment_if_its_payer_agreed(till: Till, agreed: bool) -> None:
    """Some gateways tell of a card that nobody asked them to keep."""
    payment = till.begin(till.order(), store_method=agreed)
    for _ in range(2):
        till.tell(captured(payment.reference, Money(1000, "RUB"), stored_method=card()))
    assert [row.client_id for row in stored(till)] == [till.shop.client.id] * agreed
    assert till.gateway.calls("start_payment")[0].store_method is agreed


def test_a_method_that_stores_nothing_says_so(till: Till) -> None:
    """Before the client is sent anywhere."""
    by_hand = make_method(till.kernel, till.shop)
    with pytest.raises(NotStorableError):
        place_for_card(till, by_hand)
    with pytest.raises(NotStorableError):
        till.begin(till.order(), payment_method_id=by_hand.id, store_method=True)


def test_a_stored_card_pays_an_invoice(till: Till, card_id: int) -> None:
    """A worker charges it; the client needs to do nothing."""
    invoice = till.order()
    payment = charge(till, invoice, card_id)
    assert (payment.state, till.gateway.calls("charge_stored")) == ("new", [])
    till.work()
    (request,) = till.gateway.calls("charge_stored")
    assert (request.reference, request.amount) == (payment.reference, Money(1000, "RUB"))
    assert request.token == "token-4242"
    assert invoice_of(till.kernel, invoice.id).status == "paid"
    assert len(stored(till)) == 1


def test_charging_again_does_not_store_the_card_again(till: Till, card_id: int) -> None:
    """Gateways repeat the card with every payment that it makes."""
    payment = charge(till, till.order(), card_id)
    fact = captured(payment.reference, Money(1000, "RUB"), stored_method=card("token-5"))
    till.gateway.known[fact.external_id] = fact
    till.work()
    assert len(stored(till)) == 1


def test_a_card_that_is_not_ready_or_not_theirs_is_never_charged(till: Till, card_id: int) -> None:
    """Another client's is not found: not even that it exists is told."""
    unfinished = place_for_card(till)
    with pytest.raises(NotChargeableError):
        charge(till, till.order(), unfinished.id)
    other = till.kernel.database.run(
        lambda session: make_client(session, till.shop.provider, "other@client.test").id
    )
    for theirs in (card_id, 999):
        with pytest.raises(MissingError):
            charge(till, _order_of(till, other), theirs, other)
    with pytest.raises(MissingError):
        forget(till, card_id, other)
    assert till.gateway.calls("charge_stored") == []


def _order_of(till: Till, client_id: int) -> Invoice:
    with till.kernel.database.reading() as session:
        other = replace(till.shop, client=session.get_one(Client, client_id))
    return place(till.kernel, other).invoice


def test_a_removed_card_is_never_charged_and_its_token_is_gone(till: Till, card_id: int) -> None:
    """At once for us; a worker deletes it at the gateway, once."""
    begun = charge(till, till.order(), card_id)
    forget(till, card_id)
    forget(till, card_id)
    with pytest.raises(NotChargeableError):
        charge(till, till.order(), card_id)
    till.work()
    assert (till.payment(begun.id).state, till.gateway.calls("charge_stored")) == ("failed", [])
    assert till.payment(begun.id).facts["reason"] == "stored_method_removed"
    assert till.gateway.forgotten == ["token-4242"]
    assert stored(till)[0].sealed_token is None


def test_a_card_that_is_removed_while_it_is_stored_is_deleted(till: Till) -> None:
    """The token comes after the client changed its mind: it is known only to be deleted."""
    place = place_for_card(till)
    forget(till, place.id)
    till.work()
    till.notify(uncaptured(place.uid, external_id="setup", stored_method=card()))
    till.work()
    assert till.gateway.forgotten == ["token-4242"]
    assert stored(till)[0].sealed_token is None


def test_a_lost_deletion_is_found_again(till: Till, card_id: int) -> None:
    """The gateway would keep the card for ever."""
    forget(till, card_id)
    till.lose_messages()
    till.look_again()
    assert till.gateway.forgotten == ["token-4242"]


def test_a_declined_card_fails_and_makes_room(till: Till, card_id: int) -> None:
    """The client is told, and can pay in another way."""
    till.gateway.answers["charge_stored"] = [UpstreamRefusedError("insufficient_funds")]
    payment = charge(till, invoice := till.order(), card_id)
    till.work()
    failed = till.payment(payment.id)
    assert (failed.state, failed.facts["reason"]) == ("failed", "insufficient_funds")
    till.receive(invoice)
    assert invoice_of(till.kernel, invoice.id).status == "paid"


def test_a_charge_that_the_gateway_decides_later_is_asked_after(till: Till, card_id: int) -> None:
    """Some banks take a minute."""
    payment = charge(till, till.order(), card_id)
    pending = uncaptured(payment.reference)
    till.gateway.known[pending.external_id] = pending
    till.work()
    assert till.payment(payment.id).state == "pending"
    till.gateway.known[pending.external_id] = captured(payment.reference, Money(1000, "RUB"))
    till.look_again()
    assert till.payment(payment.id).state == "done"


@pytest.mark.parametrize("was_taken", [True, False])
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
    till: Till, card_id: int, was_taken: bool
) -> None:
    """Charged or not: the card is charged once."""
    payment = charge(till, invoice := till.order(), card_id)
    till.gateway.answers["charge_stored"] = [OutcomeUnknownError("no answer")]
    if was_taken:
        fact = captured(payment.reference, Money(1000, "RUB"))
        till.gateway.known[fact.external_id] = fact
    till.work()
    assert till.payment(payment.id).state == "unknown"
    with pytest.raises(PaymentInProgressError):
        till.begin(invoice)
    till.work(later=True)
    assert till.payment(payment.id).state == "done"
    assert len(till.gateway.calls("charge_stored")) == (1 if was_taken else 2)
    assert {it.reference for it in till.gateway.calls("charge_stored")} == {payment.reference}


def test_a_gateway_that_can_not_be_asked_is_repeated_to(silent: Till) -> None:
    """Its contract promises that one reference charges once."""
    place = place_for_card(silent)
    silent.notify(uncaptured(place.uid, external_id="setup", stored_method=card()))
    payment = charge(silent, silent.order(), place.id)
    silent.gateway.answers["charge_stored"] = [OutcomeUnknownError("no answer")]
    silent.work()
    silent.work(later=True)
    assert silent.payment(payment.id).state == "done"
    references = [it.reference for it in silent.gateway.calls("charge_stored")]
    assert references == [payment.reference] * 2


def test_a_busy_gateway_is_tried_again_without_looking_anything_up(
    till: Till, card_id: int
) -> None:
    """It said that nothing was done."""
    payment = charge(till, till.order(), card_id)
    till.gateway.answers["charge_stored"] = [UpstreamBusyError("later", 1)]
    till.work()
    assert till.payment(payment.id).state == "new"
    till.work(later=True)
    assert till.payment(payment.id).state == "done"
    assert till.gateway.calls("fetch_payment") == []


def test_an_unclear_charge_ends_with_a_person(till: Till, card_id: int) -> None:
    """Never with a guess: it may have been taken."""
    payment = charge(till, invoice := till.order(), card_id)
    till.gateway.answers["charge_stored"] = [OutcomeUnknownError("no answer")]
    till.gateway.answers["fetch_payment"] = [OutcomeUnknownError("no answer")] * 100
    till.work()
    while till.work(later=True):
        pass
    assert till.payment(payment.id).state == "unknown"
    (task,) = open_tasks(till.kernel)
    assert task.kind == "unclear_payment"
    till.gateway.answers["fetch_payment"] = []
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    assert invoice_of(till.kernel, invoice.id).status == "paid"
    assert open_tasks(till.kernel) == []


def test_what_was_charged_is_booked_although_it_was_given_up(till: Till, card_id: int) -> None:
    """An administrator cancelled the attempt while the gateway was taking the money."""
    payment = charge(till, invoice := till.order(), card_id)
    reference = payment.reference

    class Cancelling(dict[str, Any]):
        def setdefault(self, key: str, fact: Any = None) -> Any:
            cancel = cancel_payment
            till.kernel.database.run(lambda session: cancel(session, till.kernel, payment.id))
            return fact

    till.gateway.known = Cancelling()
    till.work()
    assert till.payment(payment.id).state == "done"
    assert invoice_of(till.kernel, invoice.id).status == "paid"
    assert till.gateway.calls("charge_stored")[0].reference == reference


def test_eight_workers_at_one_charge_charge_once(
    till: Till, card_id: int, at_once: Callable[..., list[object]]
) -> None:
    """Messages are repeated; the gateway gets one reference and moves money once."""
    payment = charge(till, till.order(), card_id)
    at_once([lambda: charge_stored(till.kernel, payment.id) for _ in range(8)])
    till.look_again()
    assert till.payment(payment.id).state == "done"
    assert {it.reference for it in till.gateway.calls("charge_stored")} == {payment.reference}
    assert till.books()["gateway_clearing RUB"] == -1000


def test_a_card_of_a_method_that_is_not_offered_any_more_rests(till: Till, card_id: int) -> None:
    """The administrator switched the method off: it must not be charged behind that."""
    off = update(PaymentMethod).values(is_enabled=False)
    till.kernel.database.run(lambda session: session.execute(off))
    with pytest.raises(MethodNotOfferedError):
        charge(till, till.order(), card_id)


def test_a_token_is_in_no_answer_and_no_text(till: Till, card_id: int) -> None:
    """Rows and requests are logged and shown; the token means money."""
    charge(till, till.order(), card_id)
    till.work()
    shown = [repr(row) for row in stored(till)] + [repr(it) for _, it in till.gateway.asked]
    assert not any("token-4242" in text for text in shown)
    assert PaymentState.CAPTURED in {fact.state for fact in till.gateway.known.values()}
