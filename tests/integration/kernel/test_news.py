"""News: what happened is told to each listener once, apart from all others."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from tests.factories import (
    FakeModule,
    Shop,
    make_kernel,
    make_shop,
    pay,
    place,
    run_newest,
)

from billing_hookspecs import EVENT_NAMES, Event, PluginManifest, UpstreamRefusedError, impl
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.sweeping import sweep
from billing_kernel.application.telling import DELIVERIES_MAX, deliver_event
from billing_kernel.domain.ledger import InsufficientFundsError
from billing_kernel.models import Event as EventRow
from billing_kernel.models import EventDelivery, OutboxMessage
from billing_kernel.settings import Settings


class Attentive:
    """Hears everything."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest("attentive", "Attentive", ">=1.0,<2")

    def __init__(self) -> None:
        self.heard: list[Event] = []

    @impl
    def billing_on_event(self, event: Event) -> None:
        self.heard.append(event)


class Clumsy(Attentive):
    """Fails as often as it was told to, before it hears anything."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest("clumsy", "Clumsy", ">=1.0,<2")

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    @impl
    def billing_on_event(self, event: Event) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("mail server is away")
        self.heard.append(event)


@pytest.fixture
def attentive() -> Attentive:
    return Attentive()


@pytest.fixture
def clumsy() -> Clumsy:
    return Clumsy()


@pytest.fixture
def kernel(
    settings: Settings, module: FakeModule, attentive: Attentive, clumsy: Clumsy
) -> Iterator[Kernel]:
    built = make_kernel(settings, module, plugins=(attentive, clumsy))
    yield built
    built.database.close()


def deliver_all(kernel: Kernel) -> None:
    """Every delivery that there is, as workers would: also those that were made already."""
    with kernel.database.reading() as session:
        ids = list(session.scalars(select(EventDelivery.id).order_by(EventDelivery.id)))
    for delivery_id in ids:
        deliver_event(kernel, delivery_id)


def names(listener: Attentive) -> list[str]:
    return [event.name for event in listener.heard]


SALE = ["InvoiceIssued", "OrderPlaced", "InvoicePaid", "ServiceOpened"]


def sell(kernel: Kernel, shop: Shop) -> int:
    placed = place(kernel, shop)
    pay(kernel, shop, placed.invoice.id)
    run_newest(kernel, placed.services[0].id)
    return placed.services[0].id


def test_a_sale_is_told_to_each_listener_once(
    kernel: Kernel, shop: Shop, attentive: Attentive, clumsy: Clumsy
) -> None:
    """Messages that come twice are told once."""
    service_id = sell(kernel, shop)
    deliver_all(kernel)
    deliver_all(kernel)
    assert names(attentive) == names(clumsy) == SALE
    assert attentive.heard[-1].facts == {"service_id": service_id, "expires_on": "2026-02-28"}
    assert attentive.heard == clumsy.heard
    assert set(SALE) <= set(EVENT_NAMES)


def test_a_listener_that_fails_is_told_again_and_troubles_nobody(
    kernel: Kernel, shop: Shop, attentive: Attentive, clumsy: Clumsy
) -> None:
    """A mail server that is away must not keep the accounting export from hearing."""
    clumsy.failures = len(SALE)
    sell(kernel, shop)
    deliver_all(kernel)
    assert (names(attentive), names(clumsy)) == (SALE, [])
    deliver_all(kernel)
    assert (names(attentive), names(clumsy)) == (SALE, SALE)


def test_failed_deliveries_pause_longer_each_time_and_end(
    kernel: Kernel, shop: Shop, clumsy: Clumsy
) -> None:
    """A listener that is broken for good isn't told for ever; what it said is kept."""
    clumsy.failures = 10**6
    place(kernel, shop)
    with kernel.database.reading() as session:
        first = session.scalars(select(EventDelivery.id).filter_by(plugin="clumsy")).first()
    assert first is not None
    pauses = []
    for _ in range(DELIVERIES_MAX + 3):
        deliver_event(kernel, first)
        pauses.append(longest_pause(kernel, first))
    growing = pauses[: DELIVERIES_MAX - 1]
    assert growing == sorted(set(growing))
    assert growing[0] > timedelta(0)
    with kernel.database.reading() as session:
        delivery = session.get_one(EventDelivery, first)
    assert (delivery.attempts, delivery.delivered_at) == (DELIVERIES_MAX, None)
    assert "mail server is away" in delivery.failure


def longest_pause(kernel: Kernel, delivery_id: int) -> timedelta:
    """How far ahead the latest message for a delivery is due."""
    with kernel.database.reading() as session:
        rows = session.scalars(select(OutboxMessage).filter_by(actor="deliver_event"))
        mine = [row for row in rows if row.arguments == {"delivery_id": delivery_id}]
    return max(row.due_at - row.created_at for row in mine)


def test_what_did_not_happen_is_not_told(
    kernel: Kernel, shop: Shop, attentive: Attentive, module: FakeModule
) -> None:
    """News is committed with what it tells of, or not at all."""
    poor = make_shop(kernel, balance_minor=0, email="poor@client.test")
    placed = place(kernel, poor)
    with pytest.raises(InsufficientFundsError):
        pay(kernel, poor, placed.invoice.id)
    module.answers.append(UpstreamRefusedError("no_stock"))
    sell(kernel, shop)
    deliver_all(kernel)
    heard = names(attentive)
    assert (heard.count("InvoicePaid"), heard.count("ServiceOpened")) == (1, 0)
    assert heard[-2:] == ["TaskOpened", "OperationRefused"]


def test_news_for_a_plugin_that_is_gone_is_kept_for_its_return(
    kernel: Kernel, settings: Settings, shop: Shop, module: FakeModule, attentive: Attentive
) -> None:
    """An upgrade without it loses nothing that it hadn't heard."""
    place(kernel, shop)
    bare = make_kernel(settings, module)
    deliver_all(bare)
    bare.database.close()
    with kernel.database.reading() as session:
        failures = set(session.scalars(select(EventDelivery.failure)))
    assert all("listens to events" in failure for failure in failures)
    deliver_all(kernel)
    assert names(attentive) == ["InvoiceIssued", "OrderPlaced"]


def test_events_tell_when_they_happened_by_the_business_clock(
    kernel: Kernel, shop: Shop, attentive: Attentive
) -> None:
    """A delivery that was late still tells the right day; ids grow with time."""
    sell(kernel, shop)
    deliver_all(kernel)
    assert {event.occurred_at for event in attentive.heard} == {kernel.clock.now()}
    ids = [event.id for event in attentive.heard]
    assert ids == sorted(set(ids))


def test_a_delivery_whose_message_was_lost_is_found_again(
    kernel: Kernel, shop: Shop, attentive: Attentive
) -> None:
    """The database knows what nobody was told yet; a broker may forget it."""
    place(kernel, shop)

    def lose(session: Session) -> None:
        session.execute(delete(OutboxMessage))
        for delivery in session.scalars(select(EventDelivery)):
            delivery.created_at -= timedelta(hours=1)

    kernel.database.run(lose)
    assert sweep(kernel) == 4
    assert sweep(kernel) == 0


def test_without_listeners_news_is_kept_and_nothing_is_sent(
    settings: Settings, module: FakeModule
) -> None:
    """The events themselves are history that people read."""
    kernel = make_kernel(settings, module)
    place(kernel, make_shop(kernel))
    with kernel.database.reading() as session:
        assert session.scalars(select(EventRow.name)).all() == ["InvoiceIssued", "OrderPlaced"]
        assert session.scalars(select(EventDelivery.id)).all() == []
    kernel.database.close()
