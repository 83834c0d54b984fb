"""Services that are renewed by the page against the same ones renewed one by one."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from tests.addons import ADDONS
from tests.factories import FakeModule, Shop, give, make_kernel, make_shop, sell_under
from tests.nights import EXPIRES_ON, NIGHT, Crowd, everything, ledger_hash, seed
from tests.servers.databases import SqliteDatabases
from tests.servers.places import private_folder

from billing_hookspecs import (
    Adjustment,
    BillingError,
    Event,
    Money,
    PluginManifest,
    QuoteView,
    Secret,
    impl,
)
from billing_kernel.application.collecting import due_for_renewal, renew_due
from billing_kernel.application.counting import Tally
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import STEPS
from billing_kernel.application.renewing import RenewService, renew_service
from billing_kernel.application.stepping import Stepper
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.database import Database
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies
from billing_kernel.models import Client, LedgerAccount, Provider, Service, TariffVersion
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

CLIENTS, SERVICES_EACH = 4, 3
PRICES = tuple(PriceTerm(each, Money(1000 * each, "RUB")) for each in (1, 3, 12))
FEE = {"policy": "fixed", "amount": {"amount_minor": 150, "currency": "RUB"}}
LATE = TariffPolicies(late_renewal_fee=FEE, weekend_suspension={"policy": "keep"})


class Neighbour:
    """Takes a tenth off for every second client, refuses to judge one tariff's long periods,
    and hears the news.
    """

    MANIFEST = PluginManifest("neighbour", "Neighbour", ">=1.0,<2")

    @impl
    def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
        if quote.period_months == 12:
            raise RuntimeError("no idea")
        if quote.client_id is None or quote.client_id % 2:
            return ()
        return (Adjustment(-(quote.net.amount_minor // 10), "A tenth off", "neighbour.tenth"),)

    @impl
    def billing_on_event(self, event: Event) -> None:
        """Nothing: whoever listens gets deliveries."""


@dataclass(frozen=True)
class World:
    """A small shop to copy; ``versions`` are plain, late with a fee, and with addons."""

    kernel: Kernel
    shop: Shop
    file: str
    service_ids: tuple[int, ...]
    client_ids: tuple[int, ...]
    versions: tuple[int, ...]

    def on(self, file: str) -> Kernel:
        """The kernel on another database file."""
        elsewhere = replace(self.kernel.settings, database_url=Secret(f"sqlite:///{file}"))
        return replace(self.kernel, settings=elsewhere, database=Database(elsewhere))


@pytest.fixture(scope="module")
def world(sqlite_databases: SqliteDatabases) -> Iterator[World]:
    with sqlite_databases.migrated() as url:
        at = Settings(database_url=Secret(url), secret_keys=(Secret(new_key()),))
        clock = FixedClock(NIGHT)
        kernel = make_kernel(at, FakeModule(), clock=clock, plugins=(Neighbour(),))
        shop = make_shop(kernel, time_zone="UTC", tax_rate="0.20", prices=PRICES)
        seed(kernel, shop, Crowd(CLIENTS, SERVICES_EACH, 1))
        sell_under(kernel, shop, policies=LATE)
        sell_under(kernel, shop, policies=TariffPolicies(), addons=ADDONS)
        with kernel.database.reading() as session:
            service_ids = tuple(session.scalars(select(Service.id).order_by(Service.id)))
            made = World(
                kernel,
                shop,
                url.removeprefix("sqlite:///"),
                service_ids,
                tuple(session.scalars(select(Client.id).where(Client.name.like("Client %")))),
                tuple(session.scalars(select(TariffVersion.id).order_by(TariffVersion.id))),
            )
        # Whatever is in its log is in the file then, which is what is copied.
        kernel.database.close()
        yield made


@dataclass(frozen=True)
class Wish:
    """How one service stands that night; ``version`` counts those of the world."""

    days_left: int
    is_wanted: bool
    status: str
    months: int
    version: int
    disk: int
    has_module: bool
    is_invoiced: bool


WISHES = st.builds(
    Wish,
    st.sampled_from([0, 0, 0, -1, -2, -9, 1]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["active", "active", "suspended"]),
    st.sampled_from([1, 1, 3, 12, 6]),
    st.integers(0, 2),
    st.sampled_from([10, 20]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, False, True]),
)


@st.composite
def nights(draw: st.DrawFn) -> dict[str, Any]:
    """A night: how all services stand, and what their clients have."""
    count = CLIENTS * SERVICES_EACH
    amounts = st.sampled_from([0, 700, 1200, 2400, 3600, 9000])
    return {
        "wishes": draw(st.lists(WISHES, min_size=count, max_size=count)),
        "balances": draw(st.lists(amounts, min_size=CLIENTS, max_size=CLIENTS)),
        "countries": draw(
            st.lists(st.sampled_from(["RU", "KZ"]), min_size=CLIENTS, max_size=CLIENTS)
        ),
        "credit_minor": draw(st.sampled_from([0, 0, 1000])),
        "is_gross": draw(st.booleans()),
    }


def stand(session: Session, world: World, night: dict[str, Any]) -> None:
    """Bring services and clients to where the night finds them."""
    for service_id, wish in zip(world.service_ids, night["wishes"], strict=True):
        service = session.get_one(Service, service_id)
        service.expires_on = EXPIRES_ON + timedelta(days=wish.days_left)
        service.auto_renewal, service.status = wish.is_wanted, wish.status
        service.period_months = wish.months
        service.tariff_version_id = world.versions[wish.version]
        service.addons = {"disk": wish.disk} if wish.version == 2 else {}
        service.processing_module_id = world.shop.module_id if wish.has_module else None
    for number, client_id in enumerate(world.client_ids):
        session.get_one(Client, client_id).country = night["countries"][number]
        if amount := night["balances"][number]:
            owner = Owner(world.shop.provider.id, client_id)
            give(session, owner, Money(amount, "RUB"), number)
    session.execute(
        update(LedgerAccount)
        .where(LedgerAccount.kind == "client_balance")
        .values(credit_limit_minor=night["credit_minor"])
    )
    session.get_one(Provider, world.shop.provider.id).prices_include_tax = night["is_gross"]


def invoice_some(kernel: Kernel, world: World, night: dict[str, Any]) -> None:
    """Some clients asked for a renewal by themselves, and haven't paid yet."""
    for number, wish in enumerate(night["wishes"]):
        if wish.is_invoiced:
            client_id = world.client_ids[number // SERVICES_EACH]
            command = RenewService(world.service_ids[number], 1)
            invoice = partial(renew_service, kernel=kernel, command=command, client_id=client_id)
            with suppress(BillingError):
                kernel.database.run(invoice)


def one_by_one(kernel: Kernel) -> None:
    """What a night's renewals are: each due service, the longest due first, by itself."""
    with kernel.database.reading() as session:
        due = session.scalars(
            select(Service.id)
            .where(*due_for_renewal(EXPIRES_ON))
            .order_by(Service.expires_on, Service.id)
        ).all()
    for service_id in due:
        renew = partial(renew_due, kernel=kernel, service_id=service_id, today=EXPIRES_ON)
        with suppress(BillingError):
            kernel.database.run(renew)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(night=nights())
def test_a_page_writes_what_one_by_one_is_written(world: World, night: dict[str, Any]) -> None:
    """Invoices, lines with their derivations, payments, postings, operations, messages: all rows.

    With late fees and kept weekends, addons, taxes by country, gross prices, money that isn't
    enough for all, credit, unpaid invoices, and a plugin that fails.
    """
    with private_folder("nights") as folder:
        files = [str(folder / name) for name in ("begun.sqlite3", "page.sqlite3", "single.sqlite3")]
        shutil.copyfile(world.file, files[0])
        begun = world.on(files[0])
        begun.database.run(lambda session: stand(session, world, night))
        invoice_some(begun, world, night)
        begun.database.close()
        kernels = []
        for file in files[1:]:
            shutil.copyfile(files[0], file)
            kernels.append(world.on(file))
        paged, single = kernels
        by_pages(paged)
        one_by_one(single)
        with paged.database.reading() as one, single.database.reading() as other:
            rows, expected = everything(one), everything(other)
            assert rows == expected
            assert ledger_hash(one) == ledger_hash(other)
            for session in (one, other):
                assert verify_ledger(session).problems == ()
        for kernel in kernels:
            kernel.database.close()


def by_pages(kernel: Kernel) -> None:
    """The same by the run's own step."""
    step = next(each for each in STEPS if each.name == "renewed")
    with kernel.database.reading() as session:
        due = step.due_at(session.scalars(select(Provider.id)).one(), EXPIRES_ON)
    for _ in Stepper(kernel, Tally(), step, due, is_dry=False).stretches():
        pass
