"""Payers: whom invoices are made out to, checked once and copied onto each document."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
from tests.factories import FakeModule, Shop, make_kernel, make_shop

from billing_hookspecs import (
    Context,
    FieldKind,
    FormField,
    InvalidInputError,
    PaymentGateway,
    PaymentStarted,
    PluginManifest,
    StartPayment,
    impl,
)
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.naming import (
    PAYERS_MAX,
    TooManyPayersError,
    archive_payer,
    change_company,
    change_payer,
    create_company,
    create_payer,
    missing_payer_fields,
    party_of,
    payer_of_client,
    require_payer_fields,
    view_payer,
)
from billing_kernel.application.ordering import PlacedOrder, place_order
from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.parties import Party
from billing_kernel.models import Company, Invoice, Payer, PaymentMethod, Provider
from billing_kernel.settings import Settings

MakePayer = Callable[..., Payer]
MakeMethod = Callable[..., PaymentMethod]


def order(kernel: Kernel, shop: Shop, payer_id: int | None) -> PlacedOrder:
    item = OrderItem(shop.plan.id, 1, {"name": "my thing"})
    return kernel.database.run(
        lambda session: place_order(session, kernel, shop.client.id, item, payer_id)
    )


def describe(kernel: Kernel, shop: Shop, payer_id: int, **changes: Any) -> Payer:
    def work(session: Any) -> Payer:
        payer = payer_of_client(session, payer_id, shop.client.id)
        before = party_of(payer)
        kept = {name: getattr(before, name) for name in before.__dataclass_fields__}
        return change_payer(session, kernel, payer, Party(**{**kept, **changes}), "ru")

    return kernel.database.run(work)


def test_numbers_are_stored_in_their_plain_form(
    kernel: Kernel, shop: Shop, make_payer: MakePayer, russian_bank: dict[str, str]
) -> None:
    """What is stored goes onto documents and to gateways as it is."""
    bank = {**russian_bank, "account": "40602 810 7 0000 0000025"}
    payer = make_payer(shop, country="ru", tax_id="7707 083893", bank=bank)
    assert (payer.country, payer.tax_id) == ("RU", "7707083893")
    assert payer.bank == russian_bank


def test_a_payer_that_is_described_wrongly_is_not_stored(
    kernel: Kernel, shop: Shop, make_payer: MakePayer, russian_bank: dict[str, str]
) -> None:
    """All mistakes are told at once, each with its place."""
    with pytest.raises(InvalidInputError) as refused:
        make_payer(shop, tax_id="1", bank={**russian_bank, "account": "40602810800000000025"})
    assert [error.pointer for error in refused.value.errors] == ["/tax_id", "/bank/account"]
    with kernel.database.reading() as session:
        assert session.query(Payer).count() == 0


def test_a_changed_payer_does_not_change_its_invoices(
    kernel: Kernel, shop: Shop, make_payer: MakePayer
) -> None:
    """A document says who owed the money on that day; the next one says who owes it now."""
    payer = make_payer(shop, name="Before", tax_id="7707083893")
    placed = order(kernel, shop, payer.id)
    describe(kernel, shop, payer.id, name="After")
    later = order(kernel, shop, payer.id)
    with kernel.database.reading() as session:
        first, second = (session.get_one(Invoice, each.invoice.id) for each in (placed, later))
    assert (first.payer["name"], first.payer["tax_id"]) == ("Before", "7707083893")
    assert (second.payer["name"], second.language) == ("After", "ru")
    assert first.payer_id == second.payer_id == payer.id


def test_a_changed_company_does_not_change_issued_invoices(kernel: Kernel, shop: Shop) -> None:
    """The provider moves house: invoices of before keep the address that they were sent from."""

    def found(session: Any) -> Company:
        company = create_company(session, kernel, Party(None, "Hosting LLC", "RU", "Old street"))
        session.get_one(Provider, shop.provider.id).company_id = company.id
        return company

    company = kernel.database.run(found)
    placed = order(kernel, shop, None)

    def move(session: Any) -> None:
        row = session.get_one(Company, company.id)
        party = Party(None, "Hosting LLC", "RU", "New street")
        change_company(session, kernel, row, party, "office@hosting.test", "")

    kernel.database.run(move)
    with kernel.database.reading() as session:
        invoice = session.get_one(Invoice, placed.invoice.id)
    assert invoice.company["address"] == "Old street"


def test_a_deleted_payer_stays_on_its_invoices_and_pays_no_more(
    kernel: Kernel, shop: Shop, make_payer: MakePayer
) -> None:
    """Deleting takes it out of use; documents need it for as long as they are kept."""
    payer = make_payer(shop, name="Gone")
    placed = order(kernel, shop, payer.id)
    kernel.database.run(lambda session: archive_payer(session, payer.id, shop.client.id))
    with pytest.raises(MissingError):
        order(kernel, shop, payer.id)
    with pytest.raises(MissingError):
        kernel.database.run(lambda session: archive_payer(session, payer.id, shop.client.id))
    with kernel.database.reading() as session:
        invoice = session.get_one(Invoice, placed.invoice.id)
        assert (invoice.payer_id, invoice.payer["name"]) == (payer.id, "Gone")
        assert session.get_one(Payer, payer.id).is_archived


def test_another_clients_payer_is_nobodys(
    kernel: Kernel, shop: Shop, make_payer: MakePayer
) -> None:
    """Ids are guessable; whose they are is not told either."""
    payer = make_payer(shop)
    stranger = shop.client.id + 1
    with pytest.raises(MissingError):
        kernel.database.run(lambda session: payer_of_client(session, payer.id, stranger))


def test_a_client_has_a_bounded_number_of_payers(kernel: Kernel, shop: Shop) -> None:
    """Deleted ones don't count: they are out of the way."""
    party = Party("individual", "One of many", "RU")

    def fill(session: Any) -> int:
        made = [create_payer(session, kernel, shop.client.id, party) for _ in range(PAYERS_MAX)]
        return made[0].id

    first = kernel.database.run(fill)
    with pytest.raises(TooManyPayersError):
        kernel.database.run(lambda session: create_payer(session, kernel, shop.client.id, party))
    kernel.database.run(lambda session: archive_payer(session, first, shop.client.id))
    kernel.database.run(lambda session: create_payer(session, kernel, shop.client.id, party))


def test_a_method_asks_companies_for_what_it_needs(
    kernel: Kernel,
    shop: Shop,
    make_payer: MakePayer,
    make_method: MakeMethod,
    russian_bank: dict[str, str],
) -> None:
    """The gateway declares the fields; the kernel names what is missing of them."""
    method = make_method(shop)
    bare, complete = make_payer(shop), make_payer(shop, bank=russian_bank)
    missing = [error.pointer for error in missing_payer_fields(kernel, method, bare)]
    assert missing == ["/bank/recipient", "/bank/bank_name", "/bank/bic"]
    assert missing_payer_fields(kernel, method, complete) == []
    with kernel.database.reading() as session, pytest.raises(InvalidInputError) as refused:
        require_payer_fields(session, kernel, method, bare.id)
    assert [error.pointer for error in refused.value.errors] == [f"/payer{it}" for it in missing]


def test_persons_are_not_asked_for_their_bank(
    kernel: Kernel, shop: Shop, make_payer: MakePayer, make_method: MakeMethod
) -> None:
    """A person pays from whichever account is at hand; nor does a client without a payer owe it."""
    method = make_method(shop)
    person = make_payer(shop, kind="individual")
    with kernel.database.reading() as session:
        require_payer_fields(session, kernel, method, person.id)
        require_payer_fields(session, kernel, method, None)


class Mint(PaymentGateway):
    """A gateway that asks for something that no other one does."""

    key: ClassVar[str] = "mint"
    title: ClassVar[dict[str, str]] = {"en": "Mint"}
    payer_fields: ClassVar[tuple[FormField, ...]] = (
        FormField("bic", {"en": "BIC"}),
        FormField("branch", {"en": "Branch"}, FieldKind.INTEGER, minimum=1),
    )

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        return PaymentStarted()


class MintPlugin:
    MANIFEST: ClassVar[PluginManifest] = PluginManifest("mint", "Mint", ">=1.0,<2")

    @impl
    def billing_payment_gateways(self) -> Sequence[PaymentGateway]:
        return (Mint(),)


def test_a_plugins_own_bank_fields_are_kept_and_shown_to_it(settings: Settings) -> None:
    """A gateway that the kernel has never heard of may ask for what only it needs."""
    kernel = make_kernel(settings, FakeModule(), plugins=(MintPlugin(),))
    shop = make_shop(kernel)
    bank: dict[str, Any] = {"bic": "DEUTDEFF", "branch": 7, "recipient": "Me"}
    party = Party("company", "Payer", "DE", bank=bank)
    payer = kernel.database.run(
        lambda session: create_payer(session, kernel, shop.client.id, party)
    )
    assert payer.bank == bank
    method = PaymentMethod(driver="mint")
    with kernel.database.reading() as session:
        view = view_payer(session, kernel, method, shop.client.id, payer.id)
        own = view_payer(session, kernel, method, shop.client.id, None)
    assert view.bank == {"bic": "DEUTDEFF", "branch": "7"}
    assert (view.name, view.kind, view.country) == ("Payer", "company", "DE")
    assert (own.name, own.kind, own.email) == ("Client", "individual", "client@client.test")

    wrong = Party("company", "Payer", "DE", bank={"bic": 7, "branch": 0, "colour": "red"})
    with pytest.raises(InvalidInputError) as refused:
        kernel.database.run(lambda session: create_payer(session, kernel, shop.client.id, wrong))
    pointers = {error.pointer for error in refused.value.errors}
    assert pointers == {"/bank/bic", "/bank/branch", "/bank/colour"}
    kernel.database.close()
