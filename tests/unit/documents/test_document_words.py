"""What a document says: who, what, how much, how it is taxed and how it stands."""

from dataclasses import replace
from datetime import date

from billing_hookspecs import Money
from billing_kernel.documents import Bank, DocumentKind, InvoiceDocument, Party
from billing_kernel.documents.page import Fact, Page
from billing_kernel.documents.samples import (
    GERMAN_COMPANY,
    GERMAN_PAYER,
    ISSUED_ON,
    JAPANESE_COMPANY,
    invoice,
    line,
    samples,
)
from billing_kernel.documents.writing import page_of
from billing_kernel.domain.states import InvoiceState

NARROW = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})


def plain(fact: Fact) -> tuple[str, str]:
    return fact.label.translate(NARROW), fact.value.translate(NARROW)


def written(name: str) -> Page:
    return page_of(samples()[name])


def free_of_tax(**changes: object) -> InvoiceDocument:
    document = invoice(GERMAN_COMPANY, GERMAN_PAYER, (line("Thing", 500, 0, "0", "EUR"),))
    return replace(document, **changes)


def test_an_invoice_in_the_language_of_its_payer() -> None:
    """Everything around what the client chose is in Russian here, numbers too."""
    page = written("russian")
    assert page.heading.translate(NARROW) == "Счёт на оплату № INV-000042 от 31 января 2026 г."
    assert (page.company.label, page.payer.label) == ("Поставщик", "Плательщик")
    assert [column.label for column in page.columns] == [
        "№", "Наименование", "Без НДС, RUB", "НДС", "НДС, RUB", "Сумма, RUB",
    ]  # fmt: skip
    assert {key: cell.translate(NARROW) for key, cell in page.rows[0].cells.items()} == {
        "position": "1",
        "description": "Лицензия ispmanager 6 host, 1 мес.",
        "net": "999,00",
        "rate": "22 %",
        "tax": "219,78",
        "total": "1 218,78",
    }
    assert page.rows[0].detail == "31.01.2026 – 27.02.2026"
    assert (page.rows[2].cells["description"], page.rows[2].detail) == (
        "Подключение: Виртуальный сервер «Старт»", "Разово",
    )  # fmt: skip
    assert [plain(fact) for fact in page.subtotals] == [
        ("Итого без НДС", "2 248,00"),
        ("НДС 22 % от 2 248,00", "494,56"),
    ]
    assert plain(page.total) == ("Всего", "2 742,56 ₽")
    assert page.status.translate(NARROW) == "К оплате: 2 742,56 ₽"


def test_both_sides_are_named_with_their_numbers_and_accounts() -> None:
    """An accountant on either side needs them all, called as their country calls them."""
    page = written("russian")
    assert page.company.name == "ООО «Пример хостинга»"
    assert page.company.address == (
        "664047, г. Иркутск, ул. Примерная, д. 12, офис 305", "Россия",
    )  # fmt: skip
    assert [(fact.label, fact.value) for fact in page.company.facts] == [
        ("ИНН", "7707083893"),
        ("КПП", "770701001"),
        ("Эл. почта", "billing@hosting.example"),
        ("Телефон", "+7 495 000-00-00"),
    ]
    assert [(fact.label, fact.value) for fact in page.payer.facts] == [
        ("ИНН", "7830002293"),
        ("КПП", "783001001"),
        ("Расчётный счёт", "40702810100000000002"),
        ("Банк", "ПАО «Образцовый банк»"),
        ("БИК", "044030653"),
        ("Корр. счёт", "30101810500000000653"),
    ]
    assert Fact("IBAN", "AT61 1904 3002 3457 3201") in written("reverse-charge").payer.facts


def test_each_rate_of_tax_has_its_total() -> None:
    page = written("german")
    assert [plain(fact) for fact in page.subtotals] == [
        ("Total without VAT", "44.89"),
        ("VAT 19% on 34.90", "6.63"),
        ("VAT 7% on 9.99", "0.70"),
    ]
    assert plain(page.total) == ("Total", "€52.22")


def test_reverse_charge_shows_its_zero_and_says_why() -> None:
    """Without these words the recipient's tax office asks the seller for the tax."""
    page = written("reverse-charge")
    assert page.notes == ("Reverse charge: the recipient accounts for the tax",)
    assert [row.cells["rate"] for row in page.rows] == ["0%", "0%", "0%"]
    assert plain(page.subtotals[-1]) == ("VAT 0% on 168.00", "0.00")
    russian = page_of(replace(samples()["reverse-charge"], language="ru"))
    assert russian.notes[0].startswith("Обратное начисление")


def test_what_is_not_taxed_has_no_empty_columns_of_tax() -> None:
    """It says that there is none, in the name that the tax has in that country."""
    page = page_of(free_of_tax())
    assert [column.key for column in page.columns] == ["position", "description", "total"]
    assert (page.subtotals, page.notes) == ((), ("No VAT is charged.",))
    assert page_of(free_of_tax(company=JAPANESE_COMPANY)).notes == ("No tax is charged.",)


def test_an_advance_payment_says_what_it_is_and_nothing_of_tax() -> None:
    """Whether what it will be spent on is taxed, nobody knows yet."""
    page = written("advance-payment")
    assert (page.title, page.notes) == ("Advance payment invoice", ())
    russian = page_of(replace(samples()["advance-payment"], language="ru"))
    assert russian.rows[0].cells["description"] == "Авансовый платёж"


def test_a_credit_note_names_what_it_corrects_and_asks_for_nothing() -> None:
    page = written("credit-note")
    assert (page.title, page.number) == ("Credit note", "CN-000007")
    assert page.corrects == "Corrects invoice INV-000042 of 31 January 2026"
    assert plain(page.total) == ("Total credited", "€52.22")
    assert (page.status, page.tone, page.payment.code) == ("", "", "")


def test_the_status_is_the_one_of_the_invoice() -> None:
    """Paid says when; cancelled must not be paid; free of charge asks for nothing."""
    paid = page_of(free_of_tax(status=InvoiceState.PAID, paid_on=date(2026, 2, 2)))
    assert (paid.status, paid.tone) == ("Paid on 2 February 2026", "paid")
    cancelled = page_of(free_of_tax(status=InvoiceState.CANCELLED))
    assert (cancelled.status, cancelled.tone) == ("Cancelled", "cancelled")
    free = page_of(free_of_tax(total=Money.zero("EUR"), net=Money.zero("EUR")))
    assert (free.status, free.tone) == ("", "")
    for page in (paid, cancelled, free):
        assert page.payment.title == "Bank details"
        assert page.payment.code == ""
        assert "Amount" not in [fact.label for fact in page.payment.facts]


def test_an_unpaid_invoice_says_how_to_pay_it() -> None:
    """What is copied into the bank's form, or scanned."""
    payment = written("german").payment
    assert [plain(fact) for fact in payment.facts] == [
        ("Amount", "€52.22"),
        ("Recipient", "Beispiel Hosting GmbH"),
        ("IBAN", "DE89 3704 0044 0532 0130 00"),
        ("Bank", "Beispielbank AG"),
        ("BIC", "COBADEFFXXX"),
        ("Reference", "Invoice INV-000042"),
    ]
    assert payment.code.startswith("<svg")
    assert payment.code_caption == "Scan to pay with your bank's app"


def test_a_provider_without_a_company_still_sends_an_invoice() -> None:
    """Nothing but a name is known then; nothing is made up."""
    document = replace(
        invoice(Party("Hosting"), Party("Client"), (line("Thing", 500, 0, "0", "RUB"),)),
        issued_on=ISSUED_ON,
    )
    page = page_of(document)
    assert (page.company.name, page.company.address, page.company.facts) == ("Hosting", (), ())
    assert page.payment.facts == ()
    assert page.footer == "Hosting"


def test_a_recipient_of_another_name_is_shown_with_the_accounts() -> None:
    """Banks refuse transfers whose recipient doesn't match."""
    payer = replace(
        GERMAN_PAYER, bank=Bank(recipient="E. Mustermann", iban="DE89370400440532013000")
    )
    page = page_of(replace(free_of_tax(), payer=payer, kind=DocumentKind.INVOICE))
    assert Fact("Recipient", "E. Mustermann") in page.payer.facts
