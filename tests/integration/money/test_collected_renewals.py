"""Renewals that are charged to a card by themselves: agreed to, once a night, never twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.factories import give, invoice_of, invoice_renewal, sell_under, service_of
from tests.tills import Till, captured, card, uncaptured

from billing_hookspecs import (
    BillingError,
    Money,
    OperationKind,
    OutcomeUnknownError,
    UpstreamRefusedError,
)
from billing_kernel.application.closing import act_on_service
from billing_kernel.application.collecting import NIGHTS_MAX, collect_due
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.running import carry_out, start_run
from billing_kernel.application.sourcing import Source, change_renewal
from billing_kernel.application.storing import begin_storing, forget_stored
from billing_kernel.application.subscribing import NotSubscribableError
from billing_kernel.application.withdrawing import PaymentInProgressError
from billing_kernel.clock import FixedClock
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import Invoice, Payment, Subscription

ON_SQLITE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
EXPIRY = date(2026, 2, 28)
DECLINED = UpstreamRefusedError("insufficient_funds")

AtOnce = Callable[[list[Callable[[], object]]], list[object]]


def store_card(till: Till) -> int:
    place = till.kernel.database.run(
        lambda session: begin_storing(session, till.kernel, till.shop.client.id, till.method)
    )
    till.notify(uncaptured(place.uid, external_id=f"setup-{place.id}", stored_method=card()))
    return place.id


def charge(till: Till, invoice: Invoice, card_id: int, **more: bool) -> int:
    """The payment of an invoice by a card, begun."""
    choice = PayWith(stored_method_id=card_id, **more)

    def work(session: Session) -> int:
        payment = pay_invoice(session, till.kernel, invoice.id, till.shop.client.id, choice)
        session.flush()
        return payment.id if payment else 0

    return till.kernel.database.run(work)


@dataclass
class Subscribed:
    """A monthly service that expires on February 28th, and the card that its client gave for it."""

    till: Till
    service_id: int
    card_id: int

    def night(self, day: date) -> dict[str, int]:
        """A run at noon of a day, before any worker has done what follows from it."""
        kernel = self.till.kernel
        cast(FixedClock, kernel.clock).instant = datetime.combine(day, datetime.min.time(), UTC)
        run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False))
        return {name: count for name, count in carry_out(kernel, run.id).counts.items() if count}

    @property
    def status(self) -> str:
        return service_of(self.till.kernel, self.service_id).status

    @property
    def expires_on(self) -> date | None:
        return service_of(self.till.kernel, self.service_id).expires_on

    @property
    def charges(self) -> int:
        return len(self.till.gateway.calls("charge_stored"))

    def subscriptions(self) -> list[tuple[int, str]]:
        """The card and the end of each, oldest first."""
        with self.till.kernel.database.reading() as session:
            rows = session.scalars(select(Subscription).order_by(Subscription.id))
            return [(row.stored_method_id, row.end_reason) for row in rows]

    def renewals(self) -> list[Invoice]:
        with self.till.kernel.database.reading() as session:
            found = select(Invoice).where(Invoice.kind == "renewal").order_by(Invoice.id)
            return list(session.scalars(found))

    def choose(self, **said: object) -> None:
        kernel, client_id = self.till.kernel, self.till.shop.client.id
        kernel.database.run(
            lambda session: change_renewal(session, kernel, self.service_id, client_id, **said)  # type: ignore[arg-type]
        )


@pytest.fixture
def subscribed(till: Till) -> Subscribed:
    """Bought and subscribed by one payment: F-164."""
    card_id = store_card(till)
    invoice = till.order()
    charge(till, invoice, card_id, subscribes=True)
    till.work()
    service_id = invoice_of(till.kernel, invoice.id).lines[0].service_id
    assert service_id is not None
    made = Subscribed(till, service_id, card_id)
    assert (made.status, made.expires_on, made.charges) == ("active", EXPIRY, 1)
    return made


@ON_SQLITE
def test_at_69_a_saved_card_subscribes_to_what_it_pays_for(subscribed: Subscribed) -> None:
    """Months pass without the client; each night that something is due charges it once."""
    assert subscribed.subscriptions() == [(subscribed.card_id, "")]
    assert subscribed.night(EXPIRY - timedelta(days=1)) == {}
    assert subscribed.night(EXPIRY) == {"collected": 1}
    assert subscribed.night(EXPIRY) == {}
    assert (subscribed.status, subscribed.charges) == ("active", 1)
    subscribed.till.work()
    assert (subscribed.expires_on, subscribed.charges) == (date(2026, 3, 31), 2)
    assert subscribed.night(date(2026, 3, 31)) == {"collected": 1}
    subscribed.till.work()
    assert subscribed.expires_on == date(2026, 4, 30)
    assert subscribed.till.books()["gateway_clearing RUB"] == -3000


@ON_SQLITE
def test_the_balance_is_spent_before_the_card(subscribed: Subscribed) -> None:
    """What was paid in advance is there for this; half of it isn't enough."""
    subscribed.till.kernel.database.run(
        lambda session: give(session, subscribed.till.shop.owner, Money(1500, "RUB"))
    )
    assert subscribed.night(EXPIRY) == {"renewed": 1}
    subscribed.till.work()
    assert subscribed.night(date(2026, 3, 31)) == {"collected": 1}
    subscribed.till.work()
    assert (subscribed.charges, subscribed.till.money) == (2, (500, 0))


@ON_SQLITE
def test_a_declined_card_stops_the_service_and_is_tried_on_later_nights(
    subscribed: Subscribed,
) -> None:
    """Nobody is served for days because a bank said no; and nobody is charged without end."""
    till = subscribed.till
    till.gateway.answers["charge_stored"] = [DECLINED] * NIGHTS_MAX
    assert subscribed.night(EXPIRY) == {"collected": 1}
    till.work()
    assert subscribed.status == "suspended"
    assert subscribed.night(EXPIRY) == {}
    [invoice] = subscribed.renewals()
    assert invoice.status == "new"
    for late in range(1, NIGHTS_MAX):
        assert subscribed.night(EXPIRY + timedelta(days=late)) == {"collected": 1}
        till.work()
    assert subscribed.night(EXPIRY + timedelta(days=NIGHTS_MAX)) == {}
    assert subscribed.charges == 1 + NIGHTS_MAX
    assert [each.status for each in subscribed.renewals()] == ["cancelled", "cancelled", "new"]
    subscribed.choose(source=Source(store_card(till)))
    assert subscribed.night(EXPIRY + timedelta(days=NIGHTS_MAX)) == {"collected": 1}
    till.work()
    assert (subscribed.status, subscribed.charges) == ("active", 2 + NIGHTS_MAX)


@ON_SQLITE
def test_a_card_that_works_a_day_later_starts_the_service_again(subscribed: Subscribed) -> None:
    """The second night's invoice is of that day; its renewal resumes what the first one stopped."""
    till = subscribed.till
    till.gateway.answers["charge_stored"] = [DECLINED]
    subscribed.night(EXPIRY)
    till.work()
    assert subscribed.status == "suspended"
    assert subscribed.night(EXPIRY + timedelta(days=1)) == {"collected": 1}
    till.work()
    assert (subscribed.status, subscribed.expires_on) == ("active", date(2026, 4, 1))


@ON_SQLITE
def test_an_unclear_charge_is_never_followed_by_another(subscribed: Subscribed) -> None:
    """The answer was lost: whatever night it is, the service runs until the gateway tells."""
    till = subscribed.till
    till.gateway.answers["charge_stored"] = [OutcomeUnknownError("no answer")]
    till.gateway.answers["fetch_payment"] = [OutcomeUnknownError("no answer")]
    subscribed.night(EXPIRY)
    till.work()
    for late in range(3):
        assert subscribed.night(EXPIRY + timedelta(days=late)) == {}
    with pytest.raises(PaymentInProgressError):
        invoice_renewal(till.kernel, till.shop, subscribed.service_id)
    assert (subscribed.status, subscribed.charges) == ("active", 2)
    [invoice] = subscribed.renewals()
    with till.kernel.database.reading() as session:
        unclear = session.scalars(select(Payment).where(Payment.invoice_id == invoice.id)).one()
    assert unclear.state == "unknown"
    till.tell(captured(unclear.reference, Money(1000, "RUB")))
    assert till.payment(unclear.id).state == "done"
    # Begun in time, it isn't late because the gateway was.
    till.work()
    assert (subscribed.expires_on, till.money) == (date(2026, 3, 31), (0, 0))


@ON_SQLITE
def test_subscriptions_end_with_the_card_the_wish_and_the_service(subscribed: Subscribed) -> None:
    """A card is charged for nothing that its owner doesn't want any more."""
    till, first = subscribed.till, subscribed.card_id
    second = store_card(till)
    subscribed.choose(source=Source(second))
    subscribed.choose(is_on=False)
    subscribed.choose(source=Source(first))
    assert service_of(till.kernel, subscribed.service_id).auto_renewal
    till.kernel.database.run(
        lambda session: forget_stored(session, till.kernel, first, till.shop.client.id)
    )
    assert subscribed.night(EXPIRY) == {"suspended": 1}
    till.work()
    subscribed.choose(source=Source(second))
    till.kernel.database.run(
        lambda session: act_on_service(
            session, till.kernel, subscribed.service_id, OperationKind.CLOSE
        )
    )
    till.work()
    assert subscribed.subscriptions() == [
        (first, "replaced"),
        (second, "auto_renewal_off"),
        (first, "stored_method_removed"),
        (second, "service_deleted"),
    ]
    with pytest.raises(NotSubscribableError):
        subscribed.choose(source=Source(second))
    assert subscribed.charges == 1


@ON_SQLITE
def test_a_declined_payment_subscribes_to_nothing(till: Till) -> None:
    """Paid in another way later, the card isn't charged for renewals behind its owner's back."""
    card_id = store_card(till)
    till.gateway.answers["charge_stored"] = [DECLINED]
    charge(till, invoice := till.order(), card_id, subscribes=True)
    till.work()
    till.receive(invoice)
    till.work()
    service_id = invoice_of(till.kernel, invoice.id).lines[0].service_id
    assert service_of(till.kernel, service_id or 0).renewal_method_id is None


@ON_SQLITE
def test_only_what_is_renewed_is_subscribed_even_where_it_costs_nothing_yet(till: Till) -> None:
    """Free at first, there is no payment to wait for; sold once and for all, nothing ever comes."""
    sell_under(till.kernel, till.shop, prices=(PriceTerm(1, Money(0, "RUB")),))
    card_id = store_card(till)
    invoice = till.order()
    assert charge(till, invoice, card_id, subscribes=True) == 0
    service_id = invoice_of(till.kernel, invoice.id).lines[0].service_id
    assert service_of(till.kernel, service_id or 0).renewal_method_id == card_id
    sell_under(till.kernel, till.shop, prices=(PriceTerm(0, Money(1000, "RUB")),))
    with pytest.raises(NotSubscribableError):
        charge(till, till.order(period_months=0), card_id, subscribes=True)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_nights_and_their_client_at_once_charge_a_card_once(
    subscribed: Subscribed, at_once: AtOnce
) -> None:
    """Four runs, and the client who renews by the same card: one of them wins."""
    till = subscribed.till
    cast(FixedClock, till.kernel.clock).instant = datetime(2026, 2, 28, 12, tzinfo=UTC)

    def collect() -> object:
        return till.kernel.database.run(
            lambda session: collect_due(session, till.kernel, subscribed.service_id, EXPIRY)
        )

    def renew() -> object:
        invoice = invoice_renewal(till.kernel, till.shop, subscribed.service_id)
        return charge(till, invoice, subscribed.card_id)

    results = at_once([collect, renew, collect, collect, renew, collect])
    assert sum(not isinstance(each, BillingError) and bool(each) for each in results) == 1
    till.work()
    assert subscribed.charges == 2
    assert (subscribed.expires_on, till.money) == (date(2026, 3, 31), (0, 0))
