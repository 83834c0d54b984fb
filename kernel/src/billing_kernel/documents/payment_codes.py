"""QR codes that banking apps fill transfers from: EPC069-12 for euros, ST00012 for roubles."""

from io import BytesIO
from typing import Final

import segno
from segno import helpers

from billing_hookspecs import Money
from billing_kernel.documents.invoice import Party

EPC_NAME_LENGTH_MAX: Final = 70
RUSSIAN_NAME_LENGTH_MAX: Final = 160
RUSSIAN_BANK_LENGTH_MAX: Final = 45
PURPOSE_LENGTH_MAX: Final = 140
EPC_AMOUNT_MINOR_MAX: Final = 99_999_999_999
BIC_LENGTHS: Final = (8, 11)
BORDER_MODULES: Final = 0
"""The page itself leaves the quiet zone free."""


def payment_code(payee: Party, amount: Money, purpose: str) -> str:
    """The transfer as a QR code in SVG; "" where no standard covers it or data is missing."""
    if amount.amount_minor <= 0:
        return ""
    try:
        if amount.currency == "EUR":
            return _epc(payee, amount, purpose)
        if amount.currency == "RUB":
            return _st00012(payee, amount, purpose)
    except ValueError:  # more than a code may hold: an invoice does without
        return ""
    return ""


def _epc(payee: Party, amount: Money, purpose: str) -> str:
    bank = payee.bank
    name = _line(bank.recipient or payee.name, EPC_NAME_LENGTH_MAX)
    iban, bic = _compact(bank.iban), _compact(bank.bic)
    if not name or not iban or amount.amount_minor > EPC_AMOUNT_MINOR_MAX:
        return ""
    return _svg(
        helpers.make_epc_qr(
            name=name,
            iban=iban,
            amount=amount.to_decimal(),
            text=_line(purpose, PURPOSE_LENGTH_MAX),
            bic=bic if len(bic) in BIC_LENGTHS else None,
        )
    )


def _st00012(payee: Party, amount: Money, purpose: str) -> str:
    """By the Russian standard R 56042-2014: five fields must be there, ``Sum`` is in kopecks."""
    bank = payee.bank
    required = {
        "Name": _line(bank.recipient or payee.name, RUSSIAN_NAME_LENGTH_MAX),
        "PersonalAcc": _compact(bank.account),
        "BankName": _line(bank.bank_name, RUSSIAN_BANK_LENGTH_MAX),
        "BIC": _compact(bank.bic),
        "CorrespAcc": _compact(bank.correspondent_account),
    }
    if not all(required.values()):
        return ""
    more = {
        "Sum": str(amount.amount_minor),
        "Purpose": _line(purpose, PURPOSE_LENGTH_MAX),
        "PayeeINN": payee.tax_id,
        "KPP": payee.registration_code,
    }
    pairs = {**required, **{name: value for name, value in more.items() if value}}
    # The standard has no escape for its separator.
    text = "|".join(
        ["ST00012", *(f"{name}={value.replace('|', ' ')}" for name, value in pairs.items())]
    )
    return _svg(segno.make_qr(text.encode(), error="m"))


def _svg(code: segno.QRCode) -> str:
    picture = BytesIO()
    code.save(picture, kind="svg", xmldecl=False, border=BORDER_MODULES, omitsize=True, nl=False)
    return picture.getvalue().decode()


def _line(text: str, length_max: int) -> str:
    """One line, short enough: a line break would begin another field."""
    return " ".join(text.split())[:length_max]


def _compact(text: str) -> str:
    return "".join(text.split())
