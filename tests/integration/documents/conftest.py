"""A kernel with a shop of a German company in euros, and people at its API."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from tests.factories import NOON, FakeModule, Shop, make_client, make_kernel, make_shop
from tests.factories import pay as pay_invoice_of
from tests.servers.applications import served

from billing_hookspecs import Money
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import place_order
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.registering import create_administrator, open_session
from billing_kernel.documents import Party
from billing_kernel.documents.samples import AUSTRIAN_PAYER, GERMAN_COMPANY
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import (
    Administrator,
    Client,
    Company,
    Document,
    Invoice,
    OutboxMessage,
    Payer,
    Provider,
    TaxRate,
)
from billing_kernel.settings import Settings

Http = TestClient[Litestar]
Headers = dict[str, str]


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    made = make_kernel(settings, FakeModule())
    yield made
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    """Sells a thing at 10.00 EUR a month; its company is German and taxes what it sells."""
    made = make_shop(kernel, currency="EUR", prices=(PriceTerm(1, Money(1000, "EUR")),))

    def incorporate(session: Session) -> None:
        company = Company(**columns_of(GERMAN_COMPANY), email=GERMAN_COMPANY.email)
        session.add_all([company, TaxRate(country="DE", rate="0.19", valid_from=NOON.date())])
        session.flush()
        provider = session.get_one(Provider, made.provider.id)
        provider.company_id, provider.tax = company.id, {"policy": "standard"}

    kernel.database.run(incorporate)
    return made


@pytest.fixture
def make_payer(kernel: Kernel, shop: Shop) -> Callable[..., Payer]:
    """Make a payer of the shop's client: an Austrian company, but for what is said otherwise."""

    def make(**overrides: str) -> Payer:
        columns = {**columns_of(AUSTRIAN_PAYER), "kind": AUSTRIAN_PAYER.kind, **overrides}
        payer = Payer(client_id=shop.client.id, **columns)
        kernel.database.run(lambda session: session.add(payer))
        return payer

    return make


@pytest.fixture
def order(kernel: Kernel, shop: Shop) -> Callable[..., Invoice]:
    """Order a thing for a payer, paid from the balance at once if asked to; its invoice."""

    def place(payer: Payer | None = None, *, paid: bool = False) -> Invoice:
        def work(session: Session) -> Invoice:
            item = OrderItem(shop.plan.id, 1, {"name": "my thing"})
            payer_id = payer.id if payer else None
            invoice = place_order(session, kernel, shop.client.id, item, payer_id).invoice
            if paid:
                pay_invoice(session, kernel, invoice.id, shop.client.id, PayWith(balance=True))
            return invoice

        return kernel.database.run(work)

    return place


@pytest.fixture
def pay(kernel: Kernel, shop: Shop) -> Callable[[Invoice], int]:
    """Pay an invoice from the balance, in a transaction of its own."""
    return lambda invoice: pay_invoice_of(kernel, shop, invoice.id)


@pytest.fixture
def kept(kernel: Kernel) -> Callable[[], list[Document]]:
    """The documents that are kept now, and those that couldn't be made yet."""

    def read() -> list[Document]:
        with kernel.database.reading() as session:
            return list(session.scalars(select(Document).order_by(Document.id)))

    return read


@pytest.fixture
def asked(kernel: Kernel) -> Callable[[], list[int]]:
    """The invoices whose documents workers are asked for."""

    def read() -> list[int]:
        with kernel.database.reading() as session:
            rows = session.scalars(select(OutboxMessage).filter_by(actor="render_document"))
            return [row.arguments["invoice_id"] for row in rows]

    return read


@pytest.fixture
def http(kernel: Kernel) -> Iterator[Http]:
    with served(kernel) as client:
        yield client


@pytest.fixture
def log_in(kernel: Kernel) -> Callable[[Client | Administrator], Headers]:
    def enter(person: Client | Administrator) -> Headers:
        opened = kernel.database.run(lambda session: open_session(session, person))
        return {"Authorization": f"Bearer {opened.token}"}

    return enter


@pytest.fixture
def client(shop: Shop, log_in: Callable[[Client], Headers]) -> Headers:
    """The headers of the shop's client."""
    return log_in(shop.client)


@pytest.fixture
def stranger(kernel: Kernel, shop: Shop, log_in: Callable[[Client], Headers]) -> Headers:
    """The headers of another client."""
    return log_in(
        kernel.database.run(lambda session: make_client(session, shop.provider, "two@client.test"))
    )


@pytest.fixture
def administrator(kernel: Kernel, log_in: Callable[[Administrator], Headers]) -> Headers:
    return log_in(
        kernel.database.run(
            lambda session: create_administrator(session, "root@provider.test", "Root", "-")
        )
    )


def columns_of(party: Party) -> dict[str, Any]:
    """What payers and companies are stored with."""
    names = ("name", "country", "address", "tax_id", "registration_code", "vat_number")
    bank = {name: value for name, value in asdict(party.bank).items() if value}
    return {**{name: getattr(party, name) for name in names}, "bank": bank}
