"""Numbers that tax offices give out: INN and KPP in Russia, VAT numbers in the EU.

Every function returns the number without spaces and separators, in capitals, or raises
ValueError that says what is wrong with it.
"""

import re

from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError
from stdnum.ru import inn

from billing_kernel.domain.countries import EU

INN_DIGITS = {"company": 10, "individual": 12}
NORTHERN_IRELAND = "XI"

_KPP = re.compile(r"\d{4}[0-9A-Z]{2}\d{3}", re.ASCII)
_GREEK_PREFIX = {"GR": "EL"}


def checked_inn(number: str, kind: str | None = None) -> str:
    """A Russian taxpayer's number; ``kind`` None takes a company's and a person's.

    Its check digits catch nearly every wrong digit: a remainder of ten counts as zero.
    """
    compact = _compact(number)
    lengths = [INN_DIGITS[kind]] if kind else [*INN_DIGITS.values()]
    if not compact.isdecimal() or not compact.isascii() or len(compact) not in lengths:
        if kind == "company" and len(compact) == INN_DIGITS["individual"]:
            raise ValueError("must have 10 digits; a sole proprietor (12 digits) is an individual")
        raise ValueError(f"must have {' or '.join(str(length) for length in lengths)} digits")
    if not inn.is_valid(compact):
        raise ValueError("has a wrong check digit: compare it with the original")
    return compact


def checked_kpp(code: str) -> str:
    """The code of a Russian company's reason for registration; it has no check digit."""
    compact = _compact(code)
    if not _KPP.fullmatch(compact):
        raise ValueError("must have 9 characters, such as 770701001")
    return compact


def checked_vat_number(number: str, country: str) -> str:
    """The VAT number of a company in an EU country, with its prefix.

    Numbers of Northern Ireland (XI) hold for goods only, never for services: they are refused.
    """
    compact = _compact(number)
    if country not in EU:
        if compact.startswith(NORTHERN_IRELAND):
            raise ValueError("numbers of Northern Ireland (XI) are for trade in goods only")
        raise ValueError("is for companies in the EU; other numbers belong to tax_id")
    prefix = vat_prefix(country)
    if not compact.startswith(prefix):
        raise ValueError(f"must begin with {prefix}, the prefix of the payer's country {country}")
    try:
        return str(vat.validate(compact))
    except InvalidChecksum:
        raise ValueError("has a wrong check digit: compare it with the original") from None
    except InvalidLength:
        raise ValueError(f"has a wrong length for a number of {country}") from None
    except ValidationError:
        raise ValueError(f"doesn't have the form of a number of {country}") from None


def vat_prefix(country: str) -> str:
    """What VAT numbers of an EU country begin with: its code, but EL for Greece."""
    return _GREEK_PREFIX.get(country, country)


def _compact(text: str) -> str:
    return re.sub(r"[\s./-]", "", text).upper()
