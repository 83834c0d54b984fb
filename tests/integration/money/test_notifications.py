"""Notifications: anybody can send one, true ones come twice, and none may be lost."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.factories import make_method
from tests.tills import Till, captured

from billing_hookspecs import (
    Money,
    Notification,
    NotificationRejectedError,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.noticing import take_notification
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import GatewayNotification, PaymentMethod


def kept(till: Till) -> list[GatewayNotification]:
    with till.kernel.database.reading() as session:
        return list(session.scalars(select(GatewayNotification).order_by(GatewayNotification.id)))


def change_method(till: Till, **columns: Any) -> None:
    def work(session: Any) -> None:
        row = session.get_one(PaymentMethod, till.method.id)
        for name, value in columns.items():
            setattr(row, name, value)

    till.kernel.database.run(work)


def test_a_notification_is_kept_as_it_came(till: Till) -> None:
    """Whoever has to find out later what a gateway said reads its own words, once."""
    payment = till.begin(till.order())
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    till.deliver("letter-1")
    (row,) = kept(till)
    assert (row.raw_body, row.method, row.query) == (b"letter-1", "POST", {})
    assert "captured" in row.facts


def test_requests_without_a_body_are_told_apart_by_their_query(till: Till) -> None:
    """Some gateways send the payer's browser, with everything in the address."""
    for number in ("1", "2", "2"):
        request = Notification("GET", {"x-signature": "right"}, {"payment": number}, b"")
        take_notification(till.kernel, till.method.id, request)
    assert [(row.method, row.query) for row in kept(till)] == [
        ("GET", {"payment": "1"}),
        ("GET", {"payment": "2"}),
    ]


def test_an_unsigned_notification_leaves_no_trace(till: Till) -> None:
    """Neither money nor rows: anybody can send a million of them."""
    payment = till.begin(till.order())
    till.gateway.letters["forged"] = (captured(payment.reference, Money(1000, "RUB")),)
    with pytest.raises(NotificationRejectedError):
        till.deliver("forged", origin="nowhere")
    assert (till.payment(payment.id).state, till.money, kept(till)) == ("pending", (0, 0), [])


def test_sixteen_deliveries_at_once_book_once(
    till: Till, at_once: Callable[..., list[object]]
) -> None:
    """Gateways repeat impatiently, and to several processes."""
    payment = till.begin(till.order())
    fact = captured(payment.reference, Money(1000, "RUB"))
    till.gateway.known[fact.external_id] = fact
    till.gateway.letters["paid"] = (fact,)
    assert at_once([lambda: till.deliver("paid") for _ in range(16)]) == [None] * 16
    assert (till.money, len(kept(till))) == ((0, 1000), 1)


def test_a_method_that_is_no_longer_offered_is_still_heard(till: Till) -> None:
    """Its page is open in somebody's browser: the money comes all the same."""
    payment = till.begin(till.order())
    change_method(till, is_enabled=False)
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    assert till.payment(payment.id).state == "done"


def test_unknown_methods_and_silent_ones_take_nothing(till: Till) -> None:
    """The address is guessed, or of a method that people confirm."""
    by_hand = make_method(till.kernel, till.shop)
    for method_id in (by_hand.id, 999, 0, 2**70):
        with pytest.raises(MissingError):
            till.deliver("any", method_id=method_id)


def test_a_gateway_whose_plugin_is_away_sends_it_again(till: Till) -> None:
    """During an upgrade nothing may be answered with "never heard of it"."""
    change_method(till, driver="not_installed")
    with pytest.raises(UpstreamBusyError):
        till.deliver("any")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (UpstreamRefusedError("wrong_key"), UpstreamBusyError),
        (UpstreamBusyError("later"), UpstreamBusyError),
        (OutcomeUnknownError("no answer"), OutcomeUnknownError),
        (RuntimeError("a fault of the driver"), OutcomeUnknownError),
    ],
)
def test_what_can_not_be_read_now_is_sent_again(
    till: Till, trouble: Exception, told: type[Exception]
) -> None:
    """Only a success is acknowledged; everything else the gateway repeats for days."""
    payment = till.begin(till.order())
    till.gateway.letters["paid"] = (captured(payment.reference, Money(1000, "RUB")),)
    till.gateway.answers["handle_notification"] = [trouble]
    with pytest.raises(told):
        till.deliver("paid")
    assert till.payment(payment.id).state == "pending"
    till.deliver("paid")
    assert till.payment(payment.id).state == "done"


@pytest.mark.parametrize("trouble", [UpstreamBusyError("later"), UpstreamRefusedError("no right")])
def test_an_authentic_notification_counts_if_its_gateway_can_not_be_asked(
    till: Till, trouble: Exception
) -> None:
    """The client waits for its service; the gateway is asked as soon as it can be."""
    payment = till.begin(till.order())
    till.gateway.answers["fetch_payment"] = [trouble]
    till.tell(captured(payment.reference, Money(1000, "RUB")))
    assert (till.payment(payment.id).state, till.money) == ("done", (0, 1000))
    assert till.payment(payment.id).check_at is not None
    till.look_again()
    assert till.payment(payment.id).check_at is None


def test_one_notification_may_tell_of_several_payments(till: Till) -> None:
    """All of them, or none of them."""
    payments = [till.begin(till.order()) for _ in range(2)]
    till.tell(*(captured(payment.reference, Money(1000, "RUB")) for payment in payments))
    assert till.money == (0, 2000)
