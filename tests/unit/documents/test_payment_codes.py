"""QR codes for transfers: byte for byte what the standards say."""

from dataclasses import replace
from io import BytesIO

import pytest
import segno

from billing_hookspecs import Money
from billing_kernel.documents import Bank, Party
from billing_kernel.documents.payment_codes import payment_code
from billing_kernel.documents.samples import GERMAN_COMPANY, JAPANESE_COMPANY, RUSSIAN_COMPANY


def drawn(payload: bytes, *, boost_error: bool) -> str:
    """The picture of a QR code with this payload."""
    code = segno.make_qr(payload, error="m", boost_error=boost_error)
    picture = BytesIO()
    code.save(picture, kind="svg", xmldecl=False, border=0, omitsize=True, nl=False)
    return picture.getvalue().decode()


def test_euros_are_asked_for_as_the_payments_council_says() -> None:
    """Service tag, version, character set, kind, BIC, name, IBAN, amount, no purpose, text."""
    payload = (
        b"BCD\n002\n2\nSCT\nCOBADEFFXXX\nBeispiel Hosting GmbH\nDE89370400440532013000\n"
        b"EUR52.22\n\n\nInvoice INV-000042"
    )
    code = payment_code(GERMAN_COMPANY, Money(5222, "EUR"), "Invoice INV-000042")
    assert code == drawn(payload, boost_error=False)


def test_roubles_are_asked_for_as_the_russian_standard_says() -> None:
    """UTF-8, the five fields that must be there first, the sum in kopecks."""
    payload = (
        "ST00012|Name=ООО «Пример хостинга»|PersonalAcc=40702810900000000001"
        "|BankName=АО «Пример Банк», г. Москва|BIC=044525225|CorrespAcc=30101810400000000225"
        "|Sum=274256|Purpose=Оплата|PayeeINN=7707083893|KPP=770701001"
    ).encode()
    code = payment_code(RUSSIAN_COMPANY, Money(274256, "RUB"), "Оплата")
    assert code == drawn(payload, boost_error=True)


def test_no_value_can_begin_another_field() -> None:
    """A recipient called ``x|Sum=1`` must not change the sum, nor a line break the account."""
    payee = replace(RUSSIAN_COMPANY, bank=replace(RUSSIAN_COMPANY.bank, recipient="x|Sum=1\ny"))
    clean = replace(payee, bank=replace(payee.bank, recipient="x Sum=1 y"))
    roubles = Money(100, "RUB")
    assert payment_code(payee, roubles, "a|b") == payment_code(clean, roubles, "a b")
    payee = replace(GERMAN_COMPANY, bank=replace(GERMAN_COMPANY.bank, recipient="x\nDE00\nEUR1"))
    clean = replace(payee, bank=replace(payee.bank, recipient="x DE00 EUR1"))
    euros = Money(100, "EUR")
    assert payment_code(payee, euros, "a\nb") == payment_code(clean, euros, "a b")


@pytest.mark.parametrize(
    ("payee", "amount"),
    [
        (JAPANESE_COMPANY, Money(100, "JPY")),
        (RUSSIAN_COMPANY, Money(100, "EUR")),
        (GERMAN_COMPANY, Money(100, "RUB")),
        (GERMAN_COMPANY, Money(0, "EUR")),
        (GERMAN_COMPANY, Money(-100, "EUR")),
        (GERMAN_COMPANY, Money(10**11, "EUR")),
        (Party("", bank=Bank(iban="DE89370400440532013000")), Money(100, "EUR")),
        (replace(RUSSIAN_COMPANY, bank=Bank(account="40702810900000000001")), Money(100, "RUB")),
    ],
)
def test_without_a_standard_or_the_data_there_is_no_code(payee: Party, amount: Money) -> None:
    """A code that a bank misreads is worse than none."""
    assert payment_code(payee, amount, "Invoice 1") == ""


def test_a_long_name_is_cut_to_what_fits() -> None:
    """A code that can't be made must not keep an invoice from being made."""
    bank = Bank(recipient="Имя " * 60, iban="DE89370400440532013000", bic="BAD")
    assert payment_code(Party("x", bank=bank), Money(100, "EUR"), "y" * 500).startswith("<svg")


def test_what_no_code_can_hold_gets_none() -> None:
    """The same for a name whose letters take three bytes each."""
    bank = Bank(recipient="日" * 70, iban="DE89370400440532013000")
    assert payment_code(Party("x", bank=bank), Money(100, "EUR"), "日" * 140) == ""
