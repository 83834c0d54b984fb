"""Invoices of made-up companies, to look at what documents look like."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from billing_hookspecs import Money, Period
from billing_kernel.documents.invoice import (
    Bank,
    Correction,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Party,
)
from billing_kernel.domain.policies.taxing import REVERSE_CHARGE
from billing_kernel.domain.states import InvoiceState

ISSUED_ON: Final = date(2026, 1, 31)
FEBRUARY: Final = Period(date(2026, 1, 31), date(2026, 2, 28))
YEAR: Final = Period(date(2026, 1, 31), date(2027, 1, 31))

RUSSIAN_COMPANY: Final = Party(
    name="ООО «Пример хостинга»",
    country="RU",
    address="664047, г. Иркутск, ул. Примерная, д. 12, офис 305",
    tax_id="7707083893",
    registration_code="770701001",
    email="billing@hosting.example",
    phone="+7 495 000-00-00",
    bank=Bank(
        recipient="ООО «Пример хостинга»",
        bank_name="АО «Пример Банк», г. Москва",
        bic="044525225",
        account="40702810900000000001",
        correspondent_account="30101810400000000225",
    ),
)
RUSSIAN_PAYER: Final = Party(
    name="ООО «Ромашка и партнёры»",
    country="RU",
    address="190000, г. Санкт-Петербург, наб. реки Мойки, д. 1",
    tax_id="7830002293",
    registration_code="783001001",
    bank=Bank(
        bank_name="ПАО «Образцовый банк»",
        bic="044030653",
        account="40702810100000000002",
        correspondent_account="30101810500000000653",
    ),
)
GERMAN_COMPANY: Final = Party(
    name="Beispiel Hosting GmbH",
    country="DE",
    address="Musterstraße 12\n10115 Berlin",
    registration_code="HRB 123456 B",
    vat_number="DE136695976",
    email="billing@hosting.example",
    phone="+49 30 000000",
    bank=Bank(
        recipient="Beispiel Hosting GmbH",
        bank_name="Beispielbank AG",
        bic="COBADEFFXXX",
        iban="DE89370400440532013000",
    ),
)
AUSTRIAN_PAYER: Final = Party(
    name="Muster & Söhne OG",
    country="AT",
    address="Beispielgasse 3/7\n1010 Wien",
    vat_number="ATU13585627",
    bank=Bank(bank_name="Musterbank", bic="BKAUATWWXXX", iban="AT611904300234573201"),
)
GERMAN_PAYER: Final = Party(
    name="Erika Mustermann", country="DE", kind="individual", address="Hauptstraße 5\n50667 Köln"
)
JAPANESE_COMPANY: Final = Party(
    name="Sakura Hosting K.K.",
    country="JP",
    address="1-2-3 Marunouchi, Chiyoda-ku\nTokyo 100-0005",
    tax_id="T1234567890123",
    email="billing@hosting.example",
    bank=Bank(
        recipient="Sakura Hosting K.K.",
        bank_name="Example Bank, Tokyo",
        bic="EXMPJPJT",
        account="0001234567",
    ),
)


def line(
    description: str,
    net_minor: int,
    tax_minor: int,
    rate: str,
    currency: str,
    *,
    kind: str = "period",
    period: Period | None = FEBRUARY,
) -> DocumentLine:
    """A line whose net and tax add up to its total."""
    net, tax = Money(net_minor, currency), Money(tax_minor, currency)
    return DocumentLine(kind, description, net, rate, tax, net + tax, period)


def invoice(
    company: Party, payer: Party, lines: tuple[DocumentLine, ...], *, language: str = "en"
) -> InvoiceDocument:
    """An invoice over these lines that waits for its money."""
    zero = Money.zero(lines[0].total.currency)
    return InvoiceDocument(
        number="INV-000042",
        kind=DocumentKind.INVOICE,
        status=InvoiceState.NEW,
        language=language,
        issued_on=ISSUED_ON,
        company=company,
        payer=payer,
        lines=lines,
        net=sum((each.net for each in lines), zero),
        tax=sum((each.tax for each in lines), zero),
        total=sum((each.total for each in lines), zero),
    )


def samples() -> Mapping[str, InvoiceDocument]:
    """Invoices by a short name: what companies in several countries would send."""
    german = invoice(
        GERMAN_COMPANY,
        GERMAN_PAYER,
        (
            line("Webhosting M, musterseite.example", 1990, 378, "0.19", "EUR"),
            line("Domain musterseite.example", 1500, 285, "0.19", "EUR", period=YEAR),
            line("E-book: running a web shop", 999, 70, "0.07", "EUR", kind="addon", period=None),
        ),
    )
    russian = invoice(
        RUSSIAN_COMPANY,
        RUSSIAN_PAYER,
        (
            line("Лицензия ispmanager 6 host, 1 мес.", 99900, 21978, "0.22", "RUB"),
            line("Виртуальный сервер «Старт», 2 ядра, 4 ГиБ", 74900, 16478, "0.22", "RUB"),
            line("Setup of Виртуальный сервер «Старт»", 50000, 11000, "0.22", "RUB",
                 kind="setup_fee", period=None),
        ),
        language="ru",
    )  # fmt: skip
    yen = invoice(
        JAPANESE_COMPANY,
        Party(name="Example Trading Co., Ltd.", country="JP", address="4-5-6 Umeda, Osaka"),
        (
            line("Dedicated server XL", 1280000, 128000, "0.10", "JPY"),
            line("DDoS protection", 35000, 3500, "0.10", "JPY"),
        ),
    )
    reverse = replace(
        invoice(
            GERMAN_COMPANY,
            AUSTRIAN_PAYER,
            (
                line("Server S, srv-1.muster.example", 4900, 0, "0", "EUR"),
                line("Reseller licence, 10 domains", 12900, 0, "0", "EUR", period=YEAR),
                line("Welcome discount", -1000, 0, "0", "EUR", kind="discount", period=None),
            ),
        ),
        tax_note=REVERSE_CHARGE,
    )
    advance = line("Advanced payment", 5000, 0, "0", "EUR", kind="advance_payment", period=None)
    long = invoice(
        GERMAN_COMPANY,
        GERMAN_PAYER,
        tuple(
            line(f"Webhosting M, customer-{number:03}.example", 1990, 378, "0.19", "EUR")
            for number in range(1, 201)
        ),
    )
    return {
        "russian": russian,
        "german": german,
        "reverse-charge": reverse,
        "yen": yen,
        "credit-note": replace(
            german,
            number="CN-000007",
            kind=DocumentKind.CREDIT_NOTE,
            corrects=Correction("INV-000042", ISSUED_ON),
        ),
        "paid": replace(russian, status=InvoiceState.PAID, paid_on=date(2026, 2, 2)),
        "advance-payment": replace(
            invoice(GERMAN_COMPANY, GERMAN_PAYER, (advance,)), kind=DocumentKind.ADVANCE_PAYMENT
        ),
        "long": long,
    }
