"""Amounts of money as the selling BILLmanager writes them. Pure."""

import re
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from billing_hookspecs import Money, UnknownCurrencyError, minor_units

_AMOUNT = re.compile(r"[-−]?\d(?:[\d.,'\s]*\d)?")
_CODE = re.compile(r"\b[A-Z]{3}\b")
_SIGNS = {"€": "EUR", "$": "USD", "₽": "RUB", "руб": "RUB", "£": "GBP"}
_SHORT_OF_FUNDS = re.compile(
    r"(not[\s_]?enough|insufficient|lack[\s_]of)[\s_\w]*(money|funds|balance|credit)"
    r"|no[\s_]?money|low[\s_]balance"
    r"|недостаточн\w*\s+(\w+\s+)*(средств|денег)|не\s*хватает\s+(\w+\s+)*(средств|денег)",
    re.IGNORECASE,
)


def is_about_money(text: str) -> bool:
    """Whether a refusal's text says that the account's balance is too small."""
    return _SHORT_OF_FUNDS.search(text) is not None


def decimal_of(text: str) -> Decimal | None:
    """The first number in ``text``, whichever way it is grouped; None where there is none.

    The last point or comma starts the decimals, except a lone comma before three digits.
    """
    found = _AMOUNT.search(text)
    if not found:
        return None
    digits = re.sub(r"[\s']", "", found[0]).replace("−", "-")
    whole, mark, decimals = _split_at_last_mark(digits)
    grouped = mark == "," and len(decimals) == 3 and "." not in whole
    if not mark or grouped or mark in whole:
        return Decimal(re.sub(r"[.,]", "", digits))
    return Decimal(f"{re.sub(r'[.,]', '', whole)}.{decimals}")


def _split_at_last_mark(digits: str) -> tuple[str, str, str]:
    mark = max(".", ",", key=digits.rfind)
    return digits.rpartition(mark) if mark in digits else (digits, "", "")


def currency_of(*texts: str) -> str:
    """The first ISO 4217 code or known sign among ``texts``; "" where there is none."""
    for text in texts:
        for code in _CODE.findall(text.upper() if len(text) == 3 else text):
            try:
                minor_units(code)
            except UnknownCurrencyError:
                continue
            return str(code)
        for sign, code in _SIGNS.items():
            if sign in text.lower():
                return code
    return ""


def available(amount: Decimal, currency: str) -> Money:
    """A balance in minor units, rounded down: never more than there is."""
    return _rounded(amount, currency, ROUND_FLOOR)


def cost(amount: Decimal, currency: str) -> Money:
    """A price in minor units, rounded half up; upstream prices may have more decimals."""
    return _rounded(amount, currency, ROUND_HALF_UP)


def _rounded(amount: Decimal, currency: str, rounding: str) -> Money:
    unit = Decimal(1).scaleb(-minor_units(currency))
    return Money.from_decimal(amount.quantize(unit, rounding=rounding), currency)
