"""Put an invoice into words, in the payer's language."""

from dataclasses import dataclass
from typing import Final

from babel import Locale

from billing_kernel.documents.catalogue import Catalogue, catalogue_for
from billing_kernel.documents.formats import Formats
from billing_kernel.documents.invoice import (
    Bank,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Party,
)
from billing_kernel.documents.page import Column, Fact, Page, PartyBlock, PaymentBlock, Row
from billing_kernel.documents.payment_codes import payment_code
from billing_kernel.domain.countries import EU
from billing_kernel.domain.states import InvoiceState

VAT_COUNTRIES: Final = EU | frozenset(
    "AM AZ BY CH GB GE KG KZ LI MC MD NO RS RU TJ TR UA UZ".split()
)
"""Where the tax on sales is called value-added tax; elsewhere it is just called tax."""

TAXED_COLUMNS: Final = ("position", "description", "net", "rate", "tax", "total")
UNTAXED_COLUMNS: Final = ("position", "description", "total")


def page_of(document: InvoiceDocument) -> Page:
    """The words of a document."""
    words = catalogue_for(document.language)
    formats = Formats(Locale.parse(words.locale), words.period_format)
    return _Writer(document, words, formats).page()


@dataclass(frozen=True, slots=True)
class _Writer:
    """One document, the words of its language and how that writes numbers."""

    document: InvoiceDocument
    words: Catalogue
    formats: Formats

    def page(self) -> Page:
        document, words = self.document, self.words
        title = words.titles[document.kind]
        issued = self.formats.day(document.issued_on)
        status, tone = self._status()
        columns = TAXED_COLUMNS if document.shows_tax else UNTAXED_COLUMNS
        return Page(
            language=words.language,
            heading=words.label("heading", title=title, number=document.number, date=issued),
            title=title,
            number=words.label("number", number=document.number),
            issued=Fact(words.label("issued"), issued),
            corrects=self._correction(),
            status=status,
            tone=tone,
            company=self._party("company", document.company, self._contacts()),
            payer=self._party("payer", document.payer, self._payer_accounts()),
            columns=tuple(Column(key, self._column_label(key)) for key in columns),
            rows=tuple(self._row(place, line) for place, line in enumerate(document.lines, 1)),
            subtotals=self._subtotals(),
            total=self._total(),
            notes=self._notes(),
            payment=self._payment(),
            footer=self._footer(),
            pages=words.label("page", page="{page}", pages="{pages}"),
        )

    def _status(self) -> tuple[str, str]:
        document = self.document
        if document.asks_for_money:
            return self.words.label("to_pay", amount=self.formats.money(document.total)), "due"
        if document.status is InvoiceState.CANCELLED:
            return self.words.label("cancelled"), "cancelled"
        if document.kind is not DocumentKind.CREDIT_NOTE and document.paid_on:
            return self.words.label("paid", date=self.formats.day(document.paid_on)), "paid"
        return "", ""

    def _correction(self) -> str:
        corrected = self.document.corrects
        if corrected is None:
            return ""
        day = self.formats.day(corrected.issued_on)
        return self.words.label("corrects", number=corrected.number, date=day)

    def _party(self, label: str, party: Party, more: tuple[Fact, ...]) -> PartyBlock:
        address = [line.strip() for line in party.address.splitlines() if line.strip()]
        if party.country:
            address.append(self.formats.country(party.country))
        return PartyBlock(
            self.words.label(label), party.name, tuple(address), (*self._numbers(party), *more)
        )

    def _numbers(self, party: Party) -> tuple[Fact, ...]:
        words, country = self.words, party.country
        numbers = (
            (words.tax_id, party.tax_id),
            (words.registration_code, party.registration_code),
            (words.vat_number, party.vat_number),
        )
        return tuple(
            Fact(names.get(country, names["default"]), number)
            for names, number in numbers
            if number
        )

    def _contacts(self) -> tuple[Fact, ...]:
        company = self.document.company
        return self._facts(("email", company.email), ("phone", company.phone))

    def _payer_accounts(self) -> tuple[Fact, ...]:
        payer, bank = self.document.payer, self.document.payer.bank
        return self._accounts(bank, bank.recipient if bank.recipient != payer.name else "")

    def _accounts(self, bank: Bank, recipient: str) -> tuple[Fact, ...]:
        return self._facts(
            ("recipient", recipient),
            ("iban", _grouped(bank.iban)),
            ("account", bank.account),
            ("bank_name", bank.bank_name),
            ("bic", bank.bic),
            ("correspondent_account", bank.correspondent_account),
        )

    def _facts(self, *pairs: tuple[str, str]) -> tuple[Fact, ...]:
        return tuple(Fact(self.words.label(label), value) for label, value in pairs if value)

    def _tax(self, name: str) -> str:
        """What is called differently where the tax is another one."""
        kind = "vat" if self.document.company.country in VAT_COUNTRIES else "other"
        return self.words.tax[kind][name]

    def _column_label(self, key: str) -> str:
        currency = self.document.currency
        if key == "net":
            return self._tax("net").format(currency=currency)
        return self.words.label(key, tax=self._tax("name"), currency=currency)

    def _row(self, place: int, line: DocumentLine) -> Row:
        cells = {
            "position": str(place),
            "description": self.words.phrase(line.description),
            "net": self.formats.amount(line.net),
            "rate": self.formats.percent(line.tax_rate),
            "tax": self.formats.amount(line.tax),
            "total": self.formats.amount(line.total),
        }
        period = self.formats.period(line.period) if line.period else ""
        kind = self.words.line_kinds.get(line.kind, "")
        return Row(cells, " · ".join(part for part in (kind, period) if part))

    def _subtotals(self) -> tuple[Fact, ...]:
        if not self.document.shows_tax:
            return ()
        tax, amount = self._tax("name"), self.formats.amount
        net = Fact(self._tax("total_net"), amount(self.document.net))
        taxes = (
            Fact(
                self.words.label(
                    "total_tax",
                    tax=tax,
                    rate=self.formats.percent(total.rate),
                    net=amount(total.net),
                ),
                amount(total.tax),
            )
            for total in self.document.tax_totals()
        )
        return (net, *taxes)

    def _total(self) -> Fact:
        is_credit = self.document.kind is DocumentKind.CREDIT_NOTE
        label = self.words.label("total_credit" if is_credit else "total_due")
        return Fact(label, self.formats.money(self.document.total))

    def _notes(self) -> tuple[str, ...]:
        if self.document.tax_note:
            return (self.words.phrase(self.document.tax_note),)
        if self.document.shows_tax or self.document.kind is DocumentKind.ADVANCE_PAYMENT:
            return ()
        return (self._tax("untaxed"),)

    def _payment(self) -> PaymentBlock:
        document, words = self.document, self.words
        company, bank = document.company, document.company.bank
        if bank == Bank():
            return PaymentBlock("", (), "", "")
        accounts = self._accounts(bank, bank.recipient or company.name)
        if not document.asks_for_money:
            return PaymentBlock(words.label("bank_details"), accounts, "", "")
        purpose = words.label("purpose_text", number=document.number)
        code = payment_code(company, document.total, purpose)
        return PaymentBlock(
            words.label("payment"),
            (
                Fact(words.label("amount"), self.formats.money(document.total)),
                *accounts,
                Fact(words.label("purpose"), purpose),
            ),
            code,
            words.label("scan") if code else "",
        )

    def _footer(self) -> str:
        company = self.document.company
        numbers = (f"{fact.label} {fact.value}" for fact in self._numbers(company))
        return " · ".join((company.name, *numbers))


def _grouped(iban: str) -> str:
    """In fours, as people read and write it."""
    compact = "".join(iban.split())
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))
