"""Money that nobody expected waits in suspense until somebody says whose it is."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from tests.factories import invoice_of, make_client, open_tasks
from tests.tills import Till, captured, uncaptured

from billing_hookspecs import Money
from billing_kernel.application.receiving import ReceiptAssignedError, assign_receipt
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import LedgerEntry, PaymentMethod, Provider, UnmatchedReceipt


def receipts(till: Till) -> list[UnmatchedReceipt]:
    with till.kernel.database.reading() as session:
        return list(session.scalars(select(UnmatchedReceipt).order_by(UnmatchedReceipt.id)))


def assign(till: Till, receipt_id: int, client_id: int | None = None) -> UnmatchedReceipt:
    owner = client_id or till.shop.client.id
    return till.kernel.database.run(
        lambda session: assign_receipt(session, till.kernel, receipt_id, owner)
    )


def test_money_for_nothing_that_we_know_waits_for_a_person(till: Till) -> None:
    """Somebody typed the wrong reference into a transfer; the bank statement is right."""
    stranger = captured("who-knows", Money(700, "RUB"))
    for _ in range(2):
        till.tell(stranger)
    (receipt,) = receipts(till)
    assert till.books() == {"suspense RUB": 700, "gateway_clearing RUB": -700}
    (task,) = open_tasks(till.kernel)
    assert (task.kind, task.subject) == ("unmatched_money", f"receipt:{receipt.id}")
    assert "7.00 RUB" in task.detail


def test_it_is_assigned_once(till: Till) -> None:
    """Two administrators assign it at the same time: one client has it."""
    till.tell(captured("who-knows", Money(700, "RUB")))
    assign(till, 1)
    assert (till.money, open_tasks(till.kernel)) == ((700, 0), [])
    with pytest.raises(ReceiptAssignedError):
        assign(till, 1)
    assert till.books() == {"client_balance RUB": 700, "gateway_clearing RUB": -700}


def test_it_is_never_given_to_a_client_of_another_provider(till: Till) -> None:
    """Each provider's money is its own."""

    def elsewhere(session) -> int:  # type: ignore[no-untyped-def]
        other = Provider(
            name="Other", currency="RUB", time_zone="UTC", default_country="RU",
            notification_email="ops@other.test",
        )  # fmt: skip
        session.add(other)
        session.flush()
        return make_client(session, other, "elsewhere@client.test").id

    client_id = till.kernel.database.run(elsewhere)
    till.tell(captured("who-knows", Money(700, "RUB")))
    for nobody in (client_id, 999):
        with pytest.raises(MissingError):
            assign(till, 1, nobody)
    with pytest.raises(MissingError):
        assign(till, 999)


def test_strange_money_at_once_is_kept_once(
    till: Till, at_once: Callable[..., list[object]]
) -> None:
    """The same notification in several processes at a time."""
    till.gateway.letters["strange"] = (captured("who-knows", Money(700, "RUB")),)
    assert at_once([lambda: till.deliver("strange") for _ in range(8)]) == [None] * 8
    assert till.books() == {"suspense RUB": 700, "gateway_clearing RUB": -700}


def test_news_of_a_stranger_that_brought_nothing_is_no_receipt(till: Till) -> None:
    """Somebody else's failed payment at a shared account isn't ours to keep."""
    till.tell(uncaptured("who-knows"))
    assert (receipts(till), open_tasks(till.kernel)) == ([], [])


def test_a_second_payment_under_our_reference_is_nobodys_yet(till: Till) -> None:
    """The payer paid twice at the gateway: one settles the invoice, the other waits."""
    payment = till.receive(invoice := till.order())
    till.tell(captured(payment.reference, Money(1000, "RUB"), external_id="again"))
    assert invoice_of(till.kernel, invoice.id).status == "paid"
    assert till.payment(payment.id).external_id == f"at-{payment.reference}"
    assert (till.money, till.books()["suspense RUB"]) == ((0, 1000), 1000)
    assign(till, 1)
    assert till.money == (1000, 1000)


def test_money_that_came_before_its_name_is_booked_once(till: Till) -> None:
    """It was unknown until the gateway told its reference: what waited is that payment's."""
    payment = till.begin(invoice := till.order())
    money = Money(1000, "RUB")
    till.notify(captured("", money, external_id="early"))
    assert till.books()["suspense RUB"] == 1000
    till.notify(captured(payment.reference, money, external_id="early"))
    assert invoice_of(till.kernel, invoice.id).status == "paid"
    assert till.books() == {"held RUB": 1000, "gateway_clearing RUB": -1000}
    assert (receipts(till)[0].payment_id, open_tasks(till.kernel)) == (payment.id, [])
    with till.kernel.database.reading() as session:
        booked = {entry.kind: entry for entry in session.scalars(select(LedgerEntry))}
    assert booked["reversal"].reverses_entry_id == booked["suspense"].id
    with pytest.raises(ReceiptAssignedError):
        assign(till, 1)


def test_money_that_a_person_gave_away_is_not_booked_again(till: Till) -> None:
    """Its name came after it was assigned by hand; a second booking would double it."""
    payment = till.begin(invoice := till.order())
    till.notify(captured("", Money(1000, "RUB"), external_id="early"))
    assign(till, 1)
    till.notify(captured(payment.reference, Money(1000, "RUB"), external_id="early"))
    assert (till.money, till.payment(payment.id).captured_minor) == ((1000, 0), 0)
    assert invoice_of(till.kernel, invoice.id).status == "new"
    (task,) = open_tasks(till.kernel)
    assert "assigned by hand" in task.title


def test_money_by_a_method_that_nobody_offers_any_more_is_kept_too(till: Till) -> None:
    """It is booked with the provider that used the method last."""

    def unoffer(session) -> None:  # type: ignore[no-untyped-def]
        session.get_one(PaymentMethod, till.method.id).providers = []

    till.receive(till.order())
    till.kernel.database.run(unoffer)
    till.tell(captured("who-knows", Money(700, "RUB")))
    assert receipts(till)[0].provider_id == till.shop.provider.id
